// SPDX-License-Identifier: MIT
/* qnn-run: run a model on a device and say how well and how fast. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "compare.h"
#include "device.h"
#include "report.h"
#include "verify.h"

static enum run_exit load_model(const struct run_options *opt,
				struct qnn_device *dev,
				struct qnn_model **model, uint64_t *bytes)
{
	struct stat st;

	if (qnn_model_load(dev, opt->model, model))
		return run_error(RUN_MODEL, "%s", qnn_error());
	if (stat(opt->model, &st))
		return run_error(RUN_MODEL, "%s: %s", opt->model,
				 strerror(errno));
	*bytes = (uint64_t)st.st_size;
	if (!qnn_model_input_count(*model) || !qnn_model_output_count(*model))
		return run_error(RUN_MODEL,
				 "%s: the model has no inputs or no outputs",
				 opt->model);
	return RUN_OK;
}

/* @size bytes of each of @images. */
static enum run_exit write_all(const char *path, const void *data, size_t size,
			       uint32_t images)
{
	FILE *out = fopen(path, "we");
	bool ok;

	if (!out)
		return run_error(RUN_SYSTEM, "%s: %s", path, strerror(errno));
	ok = fwrite(data, size, images, out) == images;
	if (fclose(out) || !ok)
		return run_error(RUN_SYSTEM, "%s: cannot write: %s", path,
				 strerror(errno));
	return RUN_OK;
}

static enum run_exit write_outputs(const struct run_options *opt,
				   const struct measurement *m)
{
	enum run_exit status = RUN_OK;

	if (opt->outputs)
		status = write_all(opt->outputs, m->outputs, m->output_bytes,
				   m->images);
	if (!status && opt->floats)
		status = write_all(opt->floats, m->floats,
				   m->output_numbers * sizeof(*m->floats),
				   m->images);
	return status;
}

/* A mismatch is part of the result: it is reported like one. */
static enum run_exit report(struct result *res, struct source *src)
{
	const struct run_options *opt = res->opt;
	enum run_exit verified = RUN_OK;
	enum run_exit status = write_outputs(opt, res->m);

	if (!status && opt->verify) {
		verified = verify_run(opt, res->model, src, res->m);
		if (verified && verified != RUN_MISMATCH)
			return verified;
		res->verdict = verified ? VERDICT_DIFFERENT : VERDICT_IDENTICAL;
	}
	if (!status && opt->json)
		status = report_json(res);
	if (!status && (!opt->json || strcmp(opt->json, "-")))
		status = report_text(res);
	return status ? status : verified;
}

static enum run_exit run_model(struct result *res, struct qnn_model *model)
{
	struct measurement m = { 0 };
	enum run_exit status;
	struct source src;

	status = source_open(&src, res->opt, model);
	if (status)
		return status;
	status = measure_run(&m, res->opt, model, &src);
	res->model = model;
	res->m = &m;
	if (!status)
		status = report(res, &src);
	measure_free(&m);
	source_close(&src);
	return status;
}

int main(int argc, char **argv)
{
	struct run_options opt;
	struct result res = { .opt = &opt };
	struct qnn_device *dev = NULL;
	struct qnn_model *model = NULL;
	enum run_exit status;

	run_options_parse(&opt, argc, argv);
	if (opt.compare)
		return run_compare(argv);
	status = run_open_device(&opt, &dev, &res.device);
	if (!status)
		status = load_model(&opt, dev, &model, &res.file_bytes);
	if (!status)
		status = run_model(&res, model);
	qnn_model_free(model);
	qnn_device_close(dev);
	return status;
}
