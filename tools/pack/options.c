// SPDX-License-Identifier: MIT
#include "options_files.h"
#include "options_quant.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/graph/mem.h"

enum {
	OPT_OUTPUT = 1, OPT_WEIGHTS, OPT_ACTIVATIONS, OPT_CALIB, OPT_SCALE,
	OPT_NAME, OPT_ROUNDING, OPT_CUT, OPT_REPORT, OPT_SUPPORTS,
	OPT_WEIGHTS_BY, OPT_ACTIVATIONS_BY, OPT_PERCENTILE, OPT_BOOK_CHANNELS,
	OPT_FIRST_LAST, OPT_LAYER, OPT_STOCHASTIC,
	OPT_TEACHER, OPT_SENSITIVITY, OPT_BUDGET, OPT_SUMS, OPT_COMPRESS,
	OPT_PRUNE, OPT_SLIM,
};

static const struct cli_option options[] = {
	{ OPT_OUTPUT, "output", "OUT.qnn", "file to write (needed; also: -o)" },
	{ OPT_WEIGHTS, "weights", "BITS", "1 to 8 (default: 8)" },
	{ OPT_WEIGHTS_BY, "weights-by", "METHOD",
	  "minmax, mse, cosine, binary, ternary, ttq, power2, residual,\n"
	  "codebook, codebook0 (with a level of 0), or by width (auto,\n"
	  "the default): minmax for 8 bits, binary for 1, else mse" },
	{ OPT_BOOK_CHANNELS, "book-channels", "N",
	  "output channels that share a code book (default: all)" },
	{ OPT_STOCHASTIC, "stochastic", "SEED",
	  "round weights up or down at random, with this seed" },
	{ OPT_ACTIVATIONS, "activations", "BITS", "2 to 8 (default: 8)" },
	{ OPT_ACTIVATIONS_BY, "activations-by", "METHOD",
	  "bn, bn-channels (a step for each channel), hwgq (levels at\n"
	  "any distance), minmax, percentile, mse, kl, or by width (auto,\n"
	  "the default): bn where it is known, else minmax for 5 bits and\n"
	  "more, and mse" },
	{ OPT_PERCENTILE, "percentile", "P",
	  "part of the values that is within range (default: 99.99)" },
	{ OPT_FIRST_LAST, "first-last", "BITS",
	  "width of the first and the last layers' weights, and the least\n"
	  "of what the last ones read" },
	{ OPT_SUMS, "sums", "BITS",
	  "width of results that no layer with weights reads, and of those\n"
	  "that additions read, if that is more than --activations" },
	{ OPT_LAYER, "layer", "NAME=wNaN",
	  "widths of one layer: conv1=w8, conv2=w4a8, add1=a8; a method\n"
	  "may follow: conv3=w3:codebook; may be given many times" },
	{ OPT_PRUNE, "prune", "PART",
	  "make so many of the weights 0, the smallest: 0.9 of each layer,\n"
	  "global=0.9 of all layers together, conv1=0.5 of one; may be\n"
	  "given many times" },
	{ OPT_SLIM, "prune-channels", "PART",
	  "take out so many of all channels that batch normalization makes\n"
	  "least of, where the network allows it: 0.5, or conv1=0.5 for one\n"
	  "layer; may be given many times" },
	{ OPT_CALIB, "calib", "FILE",
	  "images to take ranges from where the network does not tell\n"
	  "them: CSV or IDX, plain or gzip" },
	{ OPT_SCALE, "input-scale", "S",
	  "real value = number in FILE * S (default: 1); without --calib:\n"
	  "inputs are whole numbers from 0 to 255, times S" },
	{ OPT_TEACHER, "teacher-student", "[WHAT]",
	  "adjust weights and biases, or only biases (=bias), layer by\n"
	  "layer, until results are close to those in full precision" },
	{ OPT_SENSITIVITY, "sensitivity", "[KIND]",
	  "what each layer alone costs at each width: text (default), json\n"
	  "or svg; to stdout, or to the file that follows" },
	{ OPT_BUDGET, "budget", "WHAT=N",
	  "find widths for bytes=N (of the file), cycles=N (modelled, of an\n"
	  "image) or accuracy=N (percent, of FILE's labelled images)" },
	{ OPT_COMPRESS, "compress", NULL,
	  "store the file's parts with entropy coding" },
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
static void add_report(const char *option, const char *const *kinds, int count,
		       const char **path, const char *kind, int argc,
		       char **argv)
{
	int k = 0;

	while (kind && k < count && strcmp(kind, kinds[k]))
		k++;
	if (k == count)
		cli_usage(&pack_cli, "--%s is '%s'; it must be %s, %s or %s",
			  option, kind, kinds[0], kinds[1], kinds[2]);
	path[k] = "-";
	if (kind && optind < argc && (argv[optind][0] != '-' ||
				      !argv[optind][1]))
		path[k] = argv[optind++];
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

/* How to quantize. Returns whether the option is about that. */
static bool set_quant(struct settings *s, int key, const char *value)
{
	struct pack_options *p = &s->pack;

	switch (key) {
	case OPT_WEIGHTS:
		p->choice.weights.bits = option_weight_bits("weights", value);
		break;
	case OPT_ACTIVATIONS:
		p->choice.activation_bits =
			option_activation_bits("activations", value);
		break;
	case OPT_WEIGHTS_BY:
		p->choice.weights.method = option_weight_method(value);
		break;
	case OPT_BOOK_CHANNELS:
		p->choice.weights.book_channels =
			cli_u32(&pack_cli, "book-channels", value, 1, 65535);
		break;
	case OPT_STOCHASTIC:
		p->choice.weights.stochastic = true;
		p->choice.weights.seed = cli_u32(&pack_cli, "stochastic", value,
						 0, UINT32_MAX);
		break;
	case OPT_ACTIVATIONS_BY:
		p->format.method = option_activation_method(value);
		break;
	case OPT_PERCENTILE:
		p->format.percentile = cli_real(&pack_cli, "percentile", value);
		break;
	case OPT_FIRST_LAST:
		p->choice.ends_bits = option_weight_bits("first-last", value);
		break;
	case OPT_BUDGET:
		option_budget(s, value);
		break;
	case OPT_TEACHER:
		p->teacher.kind = option_teacher(value);
		p->lower.coarse_bias = true;
		break;
	case OPT_SUMS:
		p->choice.sums_bits = option_activation_bits("sums", value);
		break;
	case OPT_PRUNE:
		option_prune(s, value);
		break;
	case OPT_SLIM:
		option_slim(s, value);
		break;
	case OPT_LAYER:
		option_layer(s, value);
		break;
	default:
		return false;
	}
	return true;
}

static void set(struct settings *s, int key, const char *value)
{
	struct pack_options *p = &s->pack;

	if (set_quant(s, key, value))
		return;
	switch (key) {
	case OPT_OUTPUT:
		s->output = value;
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
	case OPT_COMPRESS:
		p->compress = true;
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
	if (optind == argc)
		option_no_network(s);
	if (optind + 1 != argc)
		cli_usage(&pack_cli, "needs one network");
	if (!s->output)
		cli_usage(&pack_cli, "-o is missing");
	if (!(s->pack.format.input_scale > 0))
		cli_usage(&pack_cli, "--input-scale must be above zero");
	option_check_quant(s);
	s->model = argv[optind];
	option_check_files(s);
	slash = strrchr(s->model, '/');
	s->pack.source_file = slash ? slash + 1 : s->model;
	s->pack.cut = s->import.cut;
	s->pack.cuts = s->import.cuts;
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	static char output[] = "--output", report[] = "--report";
	static const char *const reports[] = {
		[REPORT_TEXT] = "text", [REPORT_JSON] = "json",
		[REPORT_HTML] = "html",
	};
	static const char *const tables[] = {
		[SENSITIVITY_TEXT] = "text", [SENSITIVITY_JSON] = "json",
		[SENSITIVITY_SVG] = "svg",
	};
	const char *value;
	int key;

	*s = (struct settings){ .pack = {
		.lower = { .rounding = QNN_ROUND_B },
		.format = { .input_scale = 1, .percentile = 99.99 },
		.choice = { .weights = { .bits = 8 }, .activation_bits = 8 },
	} };
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-o"))
			argv[i] = output;
		else if (!strcmp(argv[i], "-v"))
			argv[i] = report;
	}
	while ((key = cli_next(&pack_cli, argc, argv, &value)) > 0) {
		if (key == OPT_REPORT)
			add_report("report", reports, REPORT_KINDS, s->report,
				   value, argc, argv);
		else if (key == OPT_SENSITIVITY)
			add_report("sensitivity", tables, SENSITIVITY_KINDS,
				   s->sensitivity, value, argc, argv);
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
	option_free_quant(s);
}
