// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "options.h"
#include "tools/common/cli.h"

enum {
	KEY_DEVICE = 1, KEY_DATA, KEY_DATA_SCALE, KEY_IMAGES, KEY_VERIFY,
	KEY_LAYERS, KEY_JSON, KEY_TIMEOUT, KEY_OUTPUTS, KEY_FLOATS, KEY_JOBS, KEY_REPEAT,
	KEY_COMPARE,
};

static const struct cli_option options[] = {
	{ KEY_DEVICE, "device", "PATH",
	  "device node, or in-process for the device code inside this\n"
	  "process (default: the first qnn node below /dev/accel)" },
	{ KEY_DATA, "data", "FILE",
	  "images, with labels or without: CSV or IDX, plain or gzip\n"
	  "(default: generated input, the same in every run)" },
	{ KEY_DATA_SCALE, "data-scale", "S",
	  "real value = number in the file * S (default: 1)" },
	{ KEY_IMAGES, "images", "N",
	  "run the first N images (default: all; generated: 100)" },
	{ KEY_VERIFY, "verify", NULL,
	  "run every image on the in-process device too and compare all\n"
	  "output bytes" },
	{ KEY_LAYERS, "layers", NULL, "table with a row for each layer" },
	{ KEY_JSON, "json", "FILE", "write JSON, to stdout for -" },
	{ KEY_TIMEOUT, "timeout", "MS",
	  "deadline of a run (default: the device's)" },
	{ KEY_OUTPUTS, "outputs", "FILE",
	  "write the output bytes of all images, in order" },
	{ KEY_FLOATS, "floats", "FILE",
	  "the same as real numbers, what a network computes in floats\n"
	  "behind its last integers included: float32, little-endian" },
	{ KEY_JOBS, "jobs", "N", "runs in flight at once (default: 1)" },
	{ KEY_REPEAT, "repeat", "N", "run all images N times (default: 1)" },
	{ KEY_COMPARE, "compare", "FILE",
	  "run the ONNX or TFLite network that the model was packed from\n"
	  "beside it, and show for each layer how far they are apart and\n"
	  "which one goes wrong first; needs --data" },
};

static const struct cli cli = {
	.program = "qnn-run",
	.operands = "MODEL.qnn",
	.summary = "Run a quantized network: accuracy, time and modelled cycles.",
	.footer =
		"Exit status: 0 success, 1 usage, 2 device (none, no permission, a run\n"
		"failed), 3 outputs differ, 4 model file, 5 data, 6 no memory or a result\n"
		"cannot be written.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

static void parse_option(struct run_options *opt, int key, const char *value)
{
	switch (key) {
	case KEY_DEVICE:
		opt->device = value;
		break;
	case KEY_DATA:
		opt->data = value;
		break;
	case KEY_DATA_SCALE:
		opt->data_scale = cli_real(&cli, "data-scale", value);
		if (opt->data_scale == 0.0)
			cli_usage(&cli, "option --data-scale: must not be 0");
		break;
	case KEY_IMAGES:
		opt->images = cli_u32(&cli, "images", value, 1, INT32_MAX);
		break;
	case KEY_VERIFY:
		opt->verify = true;
		break;
	case KEY_LAYERS:
		opt->layers = true;
		break;
	case KEY_JSON:
		opt->json = value;
		break;
	case KEY_TIMEOUT:
		opt->timeout_ms = cli_u32(&cli, "timeout", value, 1, UINT32_MAX);
		break;
	case KEY_OUTPUTS:
		opt->outputs = value;
		break;
	case KEY_FLOATS:
		opt->floats = value;
		break;
	case KEY_JOBS:
		opt->jobs = cli_u32(&cli, "jobs", value, 1, 256);
		break;
	case KEY_REPEAT:
		opt->repeat = cli_u32(&cli, "repeat", value, 1, 1000000);
		break;
	case KEY_COMPARE:
		opt->compare = value;
		break;
	}
}

static void check_compare(const struct run_options *opt)
{
	if (!opt->data)
		cli_usage(&cli, "--compare needs --data");
	if (opt->verify || opt->layers || opt->outputs || opt->floats ||
	    opt->timeout_ms || opt->jobs > 1 || opt->repeat > 1)
		cli_usage(&cli, "--compare goes with --device, --data, --data-scale, --images and --json only");
}

void run_options_parse(struct run_options *opt, int argc, char **argv)
{
	const char *value;
	int key;

	*opt = (struct run_options) {
		.data_scale = 1.0, .jobs = 1, .repeat = 1,
	};
	while ((key = cli_next(&cli, argc, argv, &value)) != -1)
		parse_option(opt, key, value);
	if (argc - optind != 1)
		cli_usage(&cli, argc == optind ? "no model file is named" :
						 "more than one model file is named");
	opt->model = argv[optind];
	if (opt->compare)
		check_compare(opt);
}

enum run_exit run_error(enum run_exit status, const char *fmt, ...)
{
	char text[1536];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cli_error(&cli, "%s", text);
	return status;
}
