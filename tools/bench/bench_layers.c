// SPDX-License-Identifier: MIT
#include "bench_layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contender.h"
#include "firmware/qnn_program.h"
#include "layer.h"
#include "peak.h"
#include "qnn.h"
#include "stats.h"
#include "tools/common/cli.h"

/* Shapes of ResNets and of MobileNets, and what is held against the peak. */
static const char *const shapes[] = {
	"3x3:256-256:14x14", "3x3:64-64:56x56", "1x1:256-1024:14x14",
};

static const struct {
	const char *widths;
	double target;
} targets[] = {
	{ "w8a8", 0.95 }, { "w4a8", 0.92 }, { "w4a4", 0.92 }, { "w2a8", 0.92 },
	{ "cb3a8", 0.92 }, { "w2a2", 1.15 }, { "w1a2", 2.2 }, { "w1a1", 4.4 },
};

static const char *const others[] = {
	"3x3:16-16:32x32:w8a8", "3x3:3-16:32x32:w8a8", "7x7/2:3-64:224x224:w8a8",
	"dw3x3:128:56x56:w8a8", "dw3x3/2:128:56x56:w8a8", "fc:4096-4096:w8a8",
	"fc:4096-4096:w4a8", "fc:4096-4096:w2a8", "fc:4096-4096:w2a2", "fc:4096-4096:w1a1",
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define WARM_UP		3
#define AVX2_TARGET	0.9	/* of its own limits */

struct sample {
	double us;
	double share;		/* of the peak at the same time */
};

/*
 * The loop that a layer is held against, and how often it takes it for each
 * product. VNNI's is the same for all widths.
 */
static enum peak_kind limit_of(const struct layer *l, double *times)
{
	enum peak_kind bytes = peak_bytes();

	*times = 1;
	if (bytes != PEAK_BYTES || l->depthwise)
		return bytes;
	switch (l->weight_type) {
	case QNN_ELEM_S4:
	case QNN_ELEM_S2:
		return PEAK_SHORT;
	case QNN_ELEM_B1:
		if (l->activation_type != QNN_ELEM_B1 && l->activation_type != QNN_ELEM_U2)
			return PEAK_SHORT;
		*times = l->activation_type == QNN_ELEM_U2 ? 2 : 1;
		return PEAK_COUNT;
	default:
		return PEAK_BYTES;
	}
}

static int measure(struct contender *c, const struct layer *layer, size_t pairs,
		   struct sample *out)
{
	const uint64_t macs = layer_macs(layer);
	double times;
	const enum peak_kind limit = limit_of(layer, &times);

	double *us = calloc(pairs, sizeof(*us)), *share = calloc(pairs, sizeof(*share));
	int ret = us && share ? 0 : -ENOMEM;

	for (size_t i = 0; i < pairs + WARM_UP && !ret; i++) {
		size_t slot = i < WARM_UP ? 0 : i - WARM_UP;
		double peak = peak_run(limit) / times;

		us[slot] = contender_run(c);
		share[slot] = peak > 0 ? (double)macs / us[slot] / peak : 0;
		if (us[slot] < 0)
			ret = (int)us[slot];
	}
	if (!ret) {
		out->us = stats_quantile(us, pairs, 0.5);
		out->share = stats_quantile(share, pairs, 0.5);
		printf(" %10.1f %10.1f %10.1f", out->us, stats_quantile(us, pairs, 0.1),
		       stats_quantile(us, pairs, 0.9));
	}
	free(us);
	free(share);
	return ret;
}

static int add_row(json_t *rows, const char *text, const struct sample *s, uint64_t macs,
		   double target)
{
	double rate = (double)macs / s->us / 1e3;
	json_t *row;

	/* No peak is known of this processor. */
	if (!(s->share > 0))
		target = 0;
	printf(" %10.1f %8.3f", rate, s->share);
	if (target)
		printf(" %8.2f %s", target, s->share >= target ? "holds" : "missed");
	printf("\n");
	row = json_pack("{s:s, s:f}", "id", text, "ours", rate);
	if (!row)
		return -ENOMEM;
	json_object_set_new(row, "reference", s->share > 0 ? json_real(rate / s->share) :
							     json_null());
	json_object_set_new(row, "ratio", s->share > 0 ? json_real(s->share) : json_null());
	json_object_set_new(row, "target", target ? json_real(target) : json_null());
	json_object_set_new(row, "holds",
			    target ? json_boolean(s->share >= target) : json_null());
	return json_array_append_new(rows, row);
}

static int bench_one(const struct cli *cli, const char *text, double target, size_t pairs,
		     json_t *rows)
{
	struct contender *c = NULL;
	struct sample sample;
	struct layer layer;
	char spec[80];
	int ret;

	if (layer_parse(text, &layer)) {
		cli_error(cli, "--layer: '%s' is no layer", text);
		return -EINVAL;
	}
	printf("%-28s", text);
	fflush(stdout);
	snprintf(spec, sizeof(spec), "layer:%s", text);
	ret = contender_open(spec, &c);
	if (!ret)
		ret = measure(c, &layer, pairs, &sample);
	if (ret) {
		printf("\n");
		cli_error(cli, "%s: %s", text, *qnn_error() ? qnn_error() : strerror(-ret));
	} else {
		ret = add_row(rows, text, &sample, layer_macs(&layer), target);
	}
	contender_close(c);
	return ret;
}

static int bench_standard(const struct cli *cli, size_t pairs, json_t *rows)
{
	const int avx2 = peak_bytes() == PEAK_BYTES;
	char text[64];
	int ret = 0;

	for (size_t s = 0; s < COUNT(shapes); s++) {
		for (size_t t = 0; t < COUNT(targets) && !ret; t++) {
			snprintf(text, sizeof(text), "%s:%s", shapes[s], targets[t].widths);
			ret = bench_one(cli, text, avx2 ? AVX2_TARGET : targets[t].target, pairs,
					rows);
		}
	}
	for (size_t i = 0; i < COUNT(others) && !ret; i++)
		ret = bench_one(cli, others[i], 0, pairs, rows);
	return ret;
}

int bench_layers(const struct cli *cli, const char *list, size_t pairs, json_t *rows)
{
	char *copy, *rest, *text;
	int ret = 0;

	/* One core against what one core can do. */
	unsetenv("QNN_LANES");
	printf("one core, %zu pairs; a layer's time in us, and its GMAC/s as a share of the peak "
	       "beside it\n", pairs);
	printf("%-28s %10s %10s %10s %10s %8s %8s\n", "layer", "median", "p10", "p90", "GMAC/s",
	       "share", "target");
	if (!strcmp(list, "standard"))
		return bench_standard(cli, pairs, rows);
	copy = strdup(list);
	if (!copy)
		return -ENOMEM;
	for (text = strtok_r(copy, ",", &rest); text && !ret; text = strtok_r(NULL, ",", &rest))
		ret = bench_one(cli, text, 0, pairs, rows);
	free(copy);
	return ret;
}
