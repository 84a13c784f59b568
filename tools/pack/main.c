// SPDX-License-Identifier: MIT
/* qnn-pack: quantize a network and pack it for the device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "pack.h"
#include "qnn_device.h"
#include "tools/common/cli.h"
#include "tools/common/table.h"
#include "tools/onnx/onnx.h"

/* Beside CLI_EXIT_USAGE; the same as those of the other tools. */
enum { EXIT_NETWORK = 4, EXIT_DATA = 5, EXIT_WRITE = 6 };

enum {
	OPT_OUTPUT = 1, OPT_WEIGHTS, OPT_ACTIVATIONS, OPT_CALIB, OPT_SCALE,
	OPT_NAME, OPT_ROUNDING, OPT_REPORT,
};

static const struct cli_option options[] = {
	{ OPT_OUTPUT, "output", "OUT.qnn", "file to write (needed; also: -o)" },
	{ OPT_WEIGHTS, "weights", "BITS", "8, 4, 2 or 1 (default: 8)" },
	{ OPT_ACTIVATIONS, "activations", "BITS", "8, 4 or 2 (default: 8)" },
	{ OPT_CALIB, "calib", "FILE",
	  "images to take ranges from where the network does not tell\n"
	  "them: CSV or IDX, plain or gzip" },
	{ OPT_SCALE, "input-scale", "S",
	  "real value = number in FILE * S (default: 1); without --calib:\n"
	  "inputs are whole numbers from 0 to 255, times S" },
	{ OPT_ROUNDING, "rounding", "RULE",
	  "how 8-bit results are scaled: a (two roundings, as TFLite),\n"
	  "b (one rounding, default) or c (as float32)" },
	{ OPT_NAME, "name", "TEXT", "name of the model" },
	{ OPT_REPORT, "report", NULL,
	  "table with a row for each layer (also: -v)" },
};

static const struct cli cli = {
	.program = "qnn-pack",
	.operands = "MODEL.onnx -o OUT.qnn",
	.summary = "Quantize an ONNX network and pack it into a model file.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

struct settings {
	const char *model;
	const char *output;
	bool report;
	struct pack_options pack;
};

static unsigned int width(const char *option, const char *text, bool one)
{
	uint32_t bits = cli_u32(&cli, option, text, 1, 8);

	if (bits != 8 && bits != 4 && bits != 2 && !(one && bits == 1))
		cli_usage(&cli, "--%s is %s; it must be 8, 4%s", option, text,
			  one ? ", 2 or 1" : " or 2");
	return bits;
}

static enum qnn_rounding rounding(const char *text)
{
	if (!strcmp(text, "a"))
		return QNN_ROUND_A;
	if (!strcmp(text, "b"))
		return QNN_ROUND_B;
	if (!strcmp(text, "c"))
		return QNN_ROUND_C;
	cli_usage(&cli, "--rounding is '%s'; it must be a, b or c", text);
}

static void set(struct settings *s, int key, const char *value)
{
	struct pack_options *p = &s->pack;

	switch (key) {
	case OPT_OUTPUT:
		s->output = value;
		break;
	case OPT_WEIGHTS:
		p->lower.weight_bits = width("weights", value, true);
		break;
	case OPT_ACTIVATIONS:
		p->format.activation_bits = width("activations", value, false);
		break;
	case OPT_CALIB:
		p->calib_file = value;
		break;
	case OPT_SCALE:
		p->format.input_scale = cli_real(&cli, "input-scale", value);
		p->format.input_scale_given = true;
		break;
	case OPT_ROUNDING:
		p->lower.rounding = rounding(value);
		break;
	case OPT_NAME:
		p->name = value;
		break;
	case OPT_REPORT:
		s->report = true;
		break;
	}
}

static void parse(int argc, char **argv, struct settings *s)
{
	static char output[] = "--output", report[] = "--report";
	const char *value;
	int key;

	*s = (struct settings){ .pack = {
		.lower = { .weight_bits = 8, .rounding = QNN_ROUND_B },
		.format = { .activation_bits = 8, .input_scale = 1 },
	} };
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-o"))
			argv[i] = output;
		else if (!strcmp(argv[i], "-v"))
			argv[i] = report;
	}
	while ((key = cli_next(&cli, argc, argv, &value)) > 0)
		set(s, key, value);
	if (optind + 1 != argc)
		cli_usage(&cli, "needs one network");
	if (!s->output)
		cli_usage(&cli, "-o is missing");
	if (!(s->pack.format.input_scale > 0))
		cli_usage(&cli, "--input-scale must be above zero");
	s->model = argv[optind];
	s->pack.source_file = strrchr(s->model, '/');
	s->pack.source_file = s->pack.source_file ? s->pack.source_file + 1 :
						    s->model;
}

static int crc_of(const char *path, uint32_t *crc)
{
	FILE *f = fopen(path, "rbe");
	unsigned char buf[65536];
	uLong sum = crc32(0, NULL, 0);
	size_t n;
	int ret;

	if (!f)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), f)))
		sum = crc32(sum, buf, (uInt)n);
	ret = ferror(f) ? -EIO : 0;
	fclose(f);
	*crc = (uint32_t)sum;
	return ret;
}

static void format_cells(struct table *t, const struct value_format *f)
{
	table_cell(t, "%s", qnn_elem_name(f->elem));
	table_cell(t, "%s", format_source_name(f->source));
	if (f->source == FORMAT_RAW)
		table_cell(t, "%s", "");
	else
		table_cell(t, "%.6g", f->q.scale);
}

static void print_layers(const struct packed *p)
{
	struct table *t = table_create("layer:l|from:l|weights:l|by:l|output:l|range:l|step:r|stage:l");

	if (!t)
		return;
	table_cell(t, "%s", p->g->value[p->g->input].name);
	for (int i = 0; i < 3; i++)
		table_cell(t, "%s", i ? "" : "input");
	format_cells(t, &p->fmt[p->units.input]);
	table_cell(t, "%s", "");
	for (size_t i = 0; i < p->units.count; i++) {
		const struct lower_note *n = &p->lowered.note[i];

		table_cell(t, "%s", p->units.unit[i].name);
		table_cell(t, "%s", p->units.unit[i].op);
		table_cell(t, "%s", n->weight_type ?
			   qnn_elem_name(n->weight_type) : "");
		table_cell(t, "%s", n->weights ? n->weights : "");
		format_cells(t, &p->fmt[p->units.unit[i].out]);
		table_cell(t, "%s", n->stage);
	}
	table_print(t, stdout);
	table_free(t);
}

static int load_calibration(const struct settings *s, const struct graph *g,
			    struct dataset *ds)
{
	const struct graph_value *v = &g->value[g->input];
	int ret = dataset_load(s->pack.calib_file, v->h, v->w, v->c,
			       s->pack.format.input_scale, ds);

	if (ret)
		cli_error(&cli, "%s", dataset_error());
	else if (!ds->count)
		cli_error(&cli, "%s: has no images", s->pack.calib_file);
	return ret || !ds->count ? EXIT_DATA : 0;
}

/* Returns the exit status. */
static int pack(struct settings *s, struct graph *g, struct report *r)
{
	struct dataset ds = { 0 };
	struct packed p = { 0 };
	int ret = 0;

	if (s->pack.calib_file)
		ret = load_calibration(s, g, &ds);
	s->pack.calib_images = ds.count;
	if (!ret && pack_build(&p, g, ds.count ? &ds : NULL, &s->pack, r))
		ret = EXIT_NETWORK;
	if (!ret && pack_save(&p, &s->pack, s->output, r))
		ret = EXIT_WRITE;
	if (!ret && s->report)
		print_layers(&p);
	pack_free(&p);
	dataset_free(&ds);
	return ret;
}

int main(int argc, char **argv)
{
	struct report r = { 0 };
	struct settings s;
	struct graph g = { 0 };
	int ret;

	parse(argc, argv, &s);
	ret = onnx_load(s.model, &g, &r);
	if (!ret)
		ret = crc_of(s.model, &s.pack.source_crc);
	if (ret && !report_problems(&r))
		cli_error(&cli, "%s: %s", s.model, strerror(-ret));
	ret = ret ? EXIT_NETWORK : pack(&s, &g, &r);
	report_print(&r.notes, stderr, "qnn-pack: %s: note: ", s.model);
	report_print(&r.problems, stderr, "qnn-pack: %s: ", s.model);
	graph_free(&g);
	report_free(&r);
	return ret;
}
