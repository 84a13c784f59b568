// SPDX-License-Identifier: MIT
/*
 * qnn-bench: time models against a reference, side by side.
 *
 * The first model is the reference. Each other one is run in pairs with it,
 * reference and candidate alternating which goes first, so that whatever else
 * the machine does falls on both alike. What counts is the ratio of medians.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_driver.h"
#include "bench_layers.h"
#include "bench_load.h"
#include "contender.h"
#include "peak.h"
#include "qnn.h"
#include "stats.h"
#include "tools/common/cli.h"
#include "tools/common/json_out.h"

#define DEFAULT_PAIRS	201
#define MAX_PAIRS	1000000
#define WARM_UP		5
#define EXIT_FAILED	2	/* a model, a device, or the result file */

enum { OPT_PAIRS = 1, OPT_JSON, OPT_LAYER, OPT_LOAD, OPT_DRIVER };

static const struct cli_option options[] = {
	{ OPT_PAIRS, "pairs", "N", "runs of each model and the reference (default: 201)" },
	{ OPT_LAYER, "layer", "LAYER", "instead of models: one layer against the processor's peak, "
		"as 3x3:64-64:56x56:w4a8, 3x3/2:3-16:32x32:w8a8, dw3x3:128:56x56:w8a8, "
		"fc:4096-4096:w2a8 or cb3a8 for a code book; several: with commas; "
		"standard: those of the documentation" },
	{ OPT_LOAD, "load", "FILE.qnn", "instead of models: loading one against reading the file" },
	{ OPT_DRIVER, "driver", "DEVICE", "models on the kernel's device against the same in the "
		"process, and how fast jobs start and end there" },
	{ OPT_JSON, "json", "FILE", "also write the results as JSON; -: stdout" },
};

static const struct cli cli = {
	.program = "qnn-bench",
	.operands = "[REFERENCE MODEL...]",
	.summary = "Times models against a reference, side by side.",
	.footer = "A model is FILE.qnn, FILE.qnn@DEVICE (default: in-process), or layer:LAYER.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

struct result {
	double median_us, p10_us, p90_us;	/* of the candidate */
	double reference_us;			/* median of the reference */
	double ratio;				/* candidate / reference */
};

static int run_pairs(struct contender *ref, struct contender *cand, size_t pairs,
		     double *ref_us, double *cand_us)
{
	for (size_t i = 0; i < pairs + WARM_UP; i++) {
		size_t slot = i < WARM_UP ? 0 : i - WARM_UP;
		int ref_first = i & 1;

		if (ref_first)
			ref_us[slot] = contender_run(ref);
		cand_us[slot] = contender_run(cand);
		if (!ref_first)
			ref_us[slot] = contender_run(ref);
		if (ref_us[slot] < 0 || cand_us[slot] < 0)
			return -EIO;
	}
	return 0;
}

static int compare_pair(struct contender *ref, struct contender *cand, size_t pairs,
			struct result *r)
{
	double *ref_us = calloc(pairs, sizeof(*ref_us));
	double *cand_us = calloc(pairs, sizeof(*cand_us));
	int ret = -ENOMEM;

	if (ref_us && cand_us)
		ret = run_pairs(ref, cand, pairs, ref_us, cand_us);
	if (!ret) {
		r->median_us = stats_quantile(cand_us, pairs, 0.5);
		r->p10_us = stats_quantile(cand_us, pairs, 0.1);
		r->p90_us = stats_quantile(cand_us, pairs, 0.9);
		r->reference_us = stats_quantile(ref_us, pairs, 0.5);
		r->ratio = r->median_us / r->reference_us;
	}
	free(ref_us);
	free(cand_us);
	return ret;
}

/* The line of /proc/cpuinfo that names the processor, or "unknown". */
static void print_processor(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[512], *colon = NULL;

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "model name", 10))
			continue;
		colon = strchr(line, ':');
		break;
	}
	printf("processor: %s", colon ? colon + 2 : "unknown\n");
	printf("clock: %.2f GHz; peak: %.1f GMAC/s of 8 bits (%s)\n", peak_clock(),
	       peak_run(peak_bytes()) / 1e3, peak_name(peak_bytes()));
	if (f)
		fclose(f);
}

static int add_row(json_t *rows, const struct contender *ref, const struct contender *cand,
		   const struct result *r)
{
	char id[256];

	snprintf(id, sizeof(id), "%s/%s", contender_name(cand), contender_name(ref));
	printf("%-40s %10.1f %10.1f %10.1f %12.1f %8.3f\n", contender_name(cand), r->median_us,
	       r->p10_us, r->p90_us, r->reference_us, r->ratio);
	return json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:n, s:n}",
						     "id", id, "ours", r->median_us,
						     "reference", r->reference_us,
						     "ratio", r->ratio, "target", "holds"));
}

static void report(const char *spec, int ret)
{
	cli_error(&cli, "%s: %s", spec, *qnn_error() ? qnn_error() : strerror(-ret));
}

static int bench(char **specs, int count, size_t pairs, json_t *rows)
{
	struct contender *ref, *cand = NULL;
	struct result r;
	int ret = contender_open(specs[0], &ref);

	if (ret) {
		report(specs[0], ret);
		return ret;
	}
	printf("reference: %s, %zu interleaved pairs, times in us\n", contender_name(ref), pairs);
	printf("%-40s %10s %10s %10s %12s %8s\n", "model", "median", "p10", "p90", "reference",
	       "ratio");
	for (int i = 1; i < count && !ret; i++) {
		ret = contender_open(specs[i], &cand);
		if (!ret)
			ret = compare_pair(ref, cand, pairs, &r);
		if (ret)
			report(specs[i], ret);
		else
			ret = add_row(rows, ref, cand, &r);
		contender_close(cand);
		cand = NULL;
	}
	contender_close(ref);
	return ret;
}

int main(int argc, char **argv)
{
	const char *json_path = NULL, *layers = NULL, *load = NULL, *driver = NULL, *value;
	size_t pairs = DEFAULT_PAIRS;
	json_t *rows;
	int key, ret;

	while ((key = cli_next(&cli, argc, argv, &value)) > 0) {
		if (key == OPT_PAIRS)
			pairs = cli_u32(&cli, "pairs", value, 1, MAX_PAIRS);
		else if (key == OPT_LAYER)
			layers = value;
		else if (key == OPT_LOAD)
			load = value;
		else if (key == OPT_DRIVER)
			driver = value;
		else
			json_path = value;
	}
	if (!!layers + !!load + !!driver > 1)
		cli_usage(&cli, "one of --layer, --load and --driver");
	if (layers || load ? argc > optind : argc - optind < (driver ? 1 : 2))
		cli_usage(&cli, "needs a reference and a model, or layers or a file and no model");
	if (layers && !layers[strspn(layers, ",")])
		cli_usage(&cli, "--layer: no layer");
	rows = json_array();
	print_processor();
	if (!rows)
		ret = -ENOMEM;
	else if (driver)
		ret = bench_driver(&cli, driver, argv + optind, argc - optind, pairs, rows);
	else if (load)
		ret = bench_load(&cli, load, pairs, rows);
	else if (layers)
		ret = bench_layers(&cli, layers, pairs, rows);
	else
		ret = bench(argv + optind, argc - optind, pairs, rows);
	if (!ret && json_path) {
		ret = json_out(rows, json_path);
		if (ret)
			cli_error(&cli, "%s: %s", json_path, strerror(-ret));
	}
	json_decref(rows);
	return ret ? EXIT_FAILED : 0;
}
