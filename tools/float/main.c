// SPDX-License-Identifier: MIT
/* qnn-float: accuracy of a network on the CPU, in single precision. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "float.h"
#include "tools/common/cli.h"
#include "tools/common/json_out.h"
#include "tools/import/import.h"

/* Beside CLI_EXIT_USAGE; the same as those of the other tools. */
enum { EXIT_NETWORK = 4, EXIT_DATA = 5, EXIT_WRITE = 6 };

enum { OPT_DATA = 1, OPT_SCALE, OPT_JSON };

static const struct cli_option options[] = {
	{ OPT_DATA, "data", "FILE",
	  "images with labels, CSV or IDX (needed)" },
	{ OPT_SCALE, "data-scale", "S",
	  "real value = number in the file * S (default: 1)" },
	{ OPT_JSON, "json", "OUT", "write the result as JSON; -: stdout" },
};

static const struct cli cli = {
	.program = "qnn-float",
	.operands = "MODEL",
	.summary = "Run a network in floating point on the CPU and print its accuracy.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

struct settings {
	const char *model;
	const char *data;
	const char *json;
	double scale;
};

static void parse(int argc, char **argv, struct settings *s)
{
	const char *value;
	int key;

	*s = (struct settings){ .scale = 1 };
	while ((key = cli_next(&cli, argc, argv, &value)) > 0) {
		switch (key) {
		case OPT_DATA:
			s->data = value;
			break;
		case OPT_SCALE:
			s->scale = cli_real(&cli, "data-scale", value);
			break;
		case OPT_JSON:
			s->json = value;
			break;
		}
	}
	if (optind + 1 != argc)
		cli_usage(&cli, "needs one model");
	if (!s->data)
		cli_usage(&cli, "--data is missing");
	if (!(s->scale > 0))
		cli_usage(&cli, "--data-scale must be above zero");
	s->model = argv[optind];
}

static int report_result(const struct settings *s, uint32_t right,
			 uint32_t images)
{
	double accuracy = 100.0 * right / images;
	json_t *root;
	int ret;

	if (!s->json || strcmp(s->json, "-"))
		printf("%s: %u of %u images right, %.2f %%\n", s->model, right,
		       images, accuracy);
	if (!s->json)
		return 0;
	root = json_object();
	json_object_set_new(root, "model", json_text(s->model));
	json_object_set_new(root, "images", json_integer(images));
	json_object_set_new(root, "accuracy", json_real(accuracy));
	ret = json_out(root, s->json);
	json_decref(root);
	if (ret)
		cli_error(&cli, "%s: %s", s->json, strerror(-ret));
	return ret ? EXIT_WRITE : 0;
}

/* Returns the exit status. */
static int measure(const struct settings *s, const struct graph *g)
{
	const struct graph_value *v = &g->value[g->input];
	struct dataset ds;
	struct float_net *net;
	uint32_t right;
	int ret = dataset_load(s->data, v->h, v->w, v->c, s->scale, &ds);

	if (ret) {
		cli_error(&cli, "%s", dataset_error());
		return EXIT_DATA;
	}
	if (!ds.labels || !ds.count) {
		cli_error(&cli, "%s: has no labels to compare with", s->data);
		dataset_free(&ds);
		return EXIT_DATA;
	}
	net = float_open(g);
	right = float_count_right(net, &ds);
	ret = report_result(s, right, ds.count);
	float_close(net);
	dataset_free(&ds);
	return ret;
}

int main(int argc, char **argv)
{
	struct report r = { 0 };
	struct settings s;
	struct graph g;
	int ret;

	parse(argc, argv, &s);
	ret = import_load(s.model, NULL, &g, &r);
	if (!ret && !float_fits(&g, &r))
		ret = -ENOMEM;
	report_print(&r.notes, stderr, "qnn-float: %s: note: ", s.model);
	report_print(&r.problems, stderr, "qnn-float: %s: ", s.model);
	if (ret && !report_problems(&r))
		cli_error(&cli, "%s: %s", s.model, strerror(-ret));
	ret = ret ? EXIT_NETWORK : measure(&s, &g);
	graph_free(&g);
	report_free(&r);
	return ret;
}
