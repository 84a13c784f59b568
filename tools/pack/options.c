// SPDX-License-Identifier: MIT
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/graph/mem.h"

enum {
	OPT_OUTPUT = 1, OPT_WEIGHTS, OPT_ACTIVATIONS, OPT_CALIB, OPT_SCALE,
	OPT_NAME, OPT_ROUNDING, OPT_CUT, OPT_REPORT, OPT_SUPPORTS,
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
	  "b (one rounding) or c (as float32); default: the rule of the\n"
	  "file's own integer arithmetic, otherwise b" },
	{ OPT_NAME, "name", "TEXT", "name of the model" },
	{ OPT_CUT, "cut", "NODE,...",
	  "pack the network only up to these nodes or values: what they\n"
	  "compute becomes the outputs" },
	{ OPT_REPORT, "report", "[KIND]",
	  "what was done with each layer, what it costs and where it is\n"
	  "stored: text (default, also: -v), json or html; to stdout, or\n"
	  "to the file that follows --report=KIND" },
	{ OPT_SUPPORTS, "supports", "[FORM]",
	  "list operators and widths that are supported, as text\n"
	  "(default) or rst, and exit" },
};

const struct cli pack_cli = {
	.program = "qnn-pack",
	.operands = "MODEL -o OUT.qnn",
	.summary = "Quantize an ONNX or TFLite network and pack it into a model file.",
	.footer =
		"Exit status: 0 success, 1 usage, 4 network (missing, damaged, not\n"
		"supported), 5 calibration set, 6 no memory or a result cannot be written.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

static unsigned int width(const char *option, const char *text, bool one)
{
	uint32_t bits = cli_u32(&pack_cli, option, text, 1, 8);

	if (bits != 8 && bits != 4 && bits != 2 && !(one && bits == 1))
		cli_usage(&pack_cli, "--%s is %s; it must be 8, 4%s", option,
			  text, one ? ", 2 or 1" : " or 2");
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
	cli_usage(&pack_cli, "--rounding is '%s'; it must be a, b or c", text);
}

/* Names between commas; several options add up. */
static void add_cuts(struct settings *s, const char *text)
{
	const char **list;

	do {
		size_t length = strcspn(text, ",");
		char *name = strndup(text, length);

		if (!length || !name)
			cli_usage(&pack_cli, "--cut has an empty name");
		list = reallocarray((void *)s->import.cut, s->import.cuts + 1,
				    sizeof(*list));
		if (!list)
			cli_usage(&pack_cli, "--cut: no memory");
		list[s->import.cuts++] = name;
		s->import.cut = list;
		text += length;
	} while (*text++);
}

/*
 * The file is the argument behind --report=KIND. Plain --report has none: what
 * follows it may be the network.
 */
static void add_report(struct settings *s, const char *kind, int argc,
		       char **argv)
{
	static const char *const kinds[] = {
		[REPORT_TEXT] = "text", [REPORT_JSON] = "json",
		[REPORT_HTML] = "html",
	};
	int k = 0;

	while (kind && k < REPORT_KINDS && strcmp(kind, kinds[k]))
		k++;
	if (k == REPORT_KINDS)
		cli_usage(&pack_cli, "--report is '%s'; it must be text, json or html",
			  kind);
	s->report[k] = "-";
	if (kind && optind < argc && (argv[optind][0] != '-' ||
				      !argv[optind][1]))
		s->report[k] = argv[optind++];
}

static const char *supports_form(const char *form)
{
	if (!form || !strcmp(form, "text"))
		return "text";
	if (strcmp(form, "rst"))
		cli_usage(&pack_cli, "--supports is '%s'; it must be text or rst",
			  form);
	return form;
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
		p->format.input_scale = cli_real(&pack_cli, "input-scale", value);
		p->format.input_scale_given = true;
		break;
	case OPT_ROUNDING:
		p->lower.rounding = rounding(value);
		p->lower.rounding_given = true;
		break;
	case OPT_NAME:
		p->name = value;
		break;
	case OPT_CUT:
		add_cuts(s, value);
		break;
	case OPT_SUPPORTS:
		s->supports = supports_form(value);
		break;
	}
}

static void check(struct settings *s, int argc, char **argv)
{
	const char *slash;

	if (s->supports)
		return;
	for (int k = 0; k < REPORT_KINDS && optind == argc; k++)
		if (s->report[k] && strcmp(s->report[k], "-"))
			cli_usage(&pack_cli, "needs one network; '%s' is where the report goes",
				  s->report[k]);
	if (optind + 1 != argc)
		cli_usage(&pack_cli, "needs one network");
	if (!s->output)
		cli_usage(&pack_cli, "-o is missing");
	if (!(s->pack.format.input_scale > 0))
		cli_usage(&pack_cli, "--input-scale must be above zero");
	s->model = argv[optind];
	for (int k = 0; k < REPORT_KINDS; k++)
		if (s->report[k] && (!strcmp(s->report[k], s->model) ||
				     !strcmp(s->report[k], s->output)))
			cli_usage(&pack_cli, "--report would overwrite %s",
				  s->report[k]);
	slash = strrchr(s->model, '/');
	s->pack.source_file = slash ? slash + 1 : s->model;
	s->pack.cut = s->import.cut;
	s->pack.cuts = s->import.cuts;
}

void settings_parse(int argc, char **argv, struct settings *s)
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
	while ((key = cli_next(&pack_cli, argc, argv, &value)) > 0) {
		if (key == OPT_REPORT)
			add_report(s, value, argc, argv);
		else
			set(s, key, value);
	}
	check(s, argc, argv);
}

void settings_free(struct settings *s)
{
	for (size_t i = 0; i < s->import.cuts; i++)
		free((void *)s->import.cut[i]);
	free((void *)s->import.cut);
	s->import = (struct import_options){ 0 };
}
