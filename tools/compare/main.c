// SPDX-License-Identifier: MIT
/*
 * qnn-compare: what qnn-run --compare starts, with the same arguments. A
 * program of its own, because it needs the importers and their libraries,
 * which qnn-run can do without.
 */
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "tools/import/import.h"
#include "tools/run/device.h"

/* Everything that is open; zeroed at first. */
struct session {
	const struct run_options *opt;
	struct qnn_device *dev;
	struct dump d;
	struct known k;
	struct graph source;
	struct graph g;
	struct report r;
};

/* Says what was collected; @ret is -errno. */
static enum run_exit failed(struct session *s, enum run_exit status, int ret)
{
	report_print(&s->r.problems, stderr, "qnn-run: %s: ", s->opt->compare);
	if (report_problems(&s->r))
		return status;
	return run_error(status, "%s: %s", s->opt->compare, strerror(-ret));
}

static enum run_exit open_model(struct session *s)
{
	struct qnn_device_info info;
	enum run_exit status = run_open_device(s->opt, &s->dev, &info);

	if (status)
		return status;
	if (dump_open(&s->d, s->dev, s->opt->model))
		return run_error(RUN_MODEL, "%s", qnn_error());
	if (qnn_model_input_count(s->d.plain) != 1 ||
	    !qnn_model_output_count(s->d.plain))
		return run_error(RUN_MODEL, "%s: the model has %u inputs and %u outputs; those of qnn-pack have one input, and outputs",
				 s->opt->model,
				 qnn_model_input_count(s->d.plain),
				 qnn_model_output_count(s->d.plain));
	if (known_read(&s->k, &s->d, &s->r)) {
		report_print(&s->r.problems, stderr, "qnn-run: %s: ",
			     s->opt->model);
		return RUN_MODEL;
	}
	return RUN_OK;
}

/* Was the model packed from this very file? */
static void check_source(const struct session *s)
{
	char sum[SHA256_DIGEST_STRING_LENGTH];

	if (*s->k.sha256 && SHA256File(s->opt->compare, sum) &&
	    strcmp(sum, s->k.sha256))
		run_error(RUN_OK, "%s: warning: not the file that %s was packed from",
			  s->opt->compare, s->opt->model);
}

static enum run_exit open_source(struct session *s)
{
	struct import_options cut = { s->k.cut, s->k.cuts };
	const struct qnn_tensor *t = qnn_model_input(s->d.plain, 0);
	const struct graph_value *v;
	int ret = import_load(s->opt->compare, &cut, &s->source, &s->r);

	if (!ret)
		ret = import_load(s->opt->compare, &cut, &s->g, &s->r);
	if (ret)
		return failed(s, RUN_MODEL, ret);
	graph_simplify(&s->g);
	check_source(s);
	v = &s->g.value[s->g.input];
	if (v->h != t->height || v->w != t->width || v->c != t->channels)
		return run_error(RUN_MODEL, "%s: its input is %u x %u x %u, that of the model %u x %u x %u (height, width, channels)",
				 s->opt->compare, v->h, v->w, v->c, t->height,
				 t->width, t->channels);
	if (!float_fits(&s->g, &s->r) ||
	    known_match(&s->k, &s->d, &s->g, &s->r))
		return failed(s, RUN_MODEL, 0);
	return RUN_OK;
}

static enum run_exit compare(struct session *s)
{
	struct comparison c = {
		.d = &s->d, .k = &s->k, .g = &s->g, .source = &s->source,
	};
	struct source src;
	enum run_exit status = source_open(&src, s->opt, s->d.plain);

	if (status)
		return status;
	status = compare_run(&c, &src);
	if (!status && s->opt->json)
		status = compare_json(&c, s->opt);
	if (!status && (!s->opt->json || strcmp(s->opt->json, "-")))
		status = compare_text(&c);
	compare_free(&c);
	source_close(&src);
	return status;
}

int main(int argc, char **argv)
{
	struct run_options opt;
	struct session s = { .opt = &opt };
	enum run_exit status;

	run_options_parse(&opt, argc, argv);
	if (!opt.compare)
		return run_error(RUN_USAGE, "--compare is missing");
	status = open_model(&s);
	if (!status)
		status = open_source(&s);
	if (!status)
		status = compare(&s);
	report_free(&s.r);
	graph_free(&s.source);
	graph_free(&s.g);
	known_free(&s.k);
	dump_close(&s.d);
	qnn_device_close(s.dev);
	return status;
}
