// SPDX-License-Identifier: MIT
/*
 * qnn-bench: time models against a reference, side by side.
 *
 * The first model is the reference. Each other one is run in pairs with it,
 * reference and candidate alternating which goes first, so that whatever else
 * the machine does falls on both alike. What counts is the ratio of medians.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contender.h"
#include "qnn.h"
#include "stats.h"

#define DEFAULT_PAIRS	201
#define MAX_PAIRS	1000000
#define WARM_UP		5

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

static int bench(char **specs, int count, size_t pairs, json_t *rows)
{
	struct contender *ref, *cand = NULL;
	struct result r;
	int ret = contender_open(specs[0], &ref);

	if (ret) {
		fprintf(stderr, "qnn-bench: %s\n", qnn_error());
		return ret;
	}
	print_processor();
	printf("reference: %s, %zu interleaved pairs, times in us\n", contender_name(ref), pairs);
	printf("%-40s %10s %10s %10s %12s %8s\n", "model", "median", "p10", "p90", "reference",
	       "ratio");
	for (int i = 1; i < count && !ret; i++) {
		ret = contender_open(specs[i], &cand);
		if (!ret)
			ret = compare_pair(ref, cand, pairs, &r);
		if (ret)
			fprintf(stderr, "qnn-bench: %s: %s\n", specs[i], qnn_error());
		else
			ret = add_row(rows, ref, cand, &r);
		contender_close(cand);
		cand = NULL;
	}
	contender_close(ref);
	return ret;
}

static void usage(FILE *f)
{
	fprintf(f, "usage: qnn-bench [--pairs N] [--json FILE] REFERENCE MODEL...\n"
		   "  a model is FILE.qnn or FILE.qnn@DEVICE (default: in-process)\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pairs", required_argument, NULL, 'n' },
		{ "json", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long pairs = DEFAULT_PAIRS;
	const char *json_path = NULL;
	char *end;
	json_t *rows;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "n:j:h", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			pairs = strtoul(optarg, &end, 10);
			if (*end || !pairs || pairs > MAX_PAIRS) {
				fprintf(stderr, "qnn-bench: --pairs: 1 to %d\n", MAX_PAIRS);
				return 1;
			}
			break;
		case 'j':
			json_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 1;
		}
	}
	if (argc - optind < 2) {
		usage(stderr);
		return 1;
	}
	rows = json_array();
	ret = rows ? bench(argv + optind, argc - optind, pairs, rows) : -ENOMEM;
	if (!ret && json_path)
		ret = json_dump_file(rows, json_path, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(rows);
	return ret ? 2 : 0;
}
