// SPDX-License-Identifier: MIT
/*
 * What is refused leaves nothing but reasons; what can be packed, the device
 * must accept.
 */
#include "fuzz_pack.h"

#include <stdint.h>
#include <stdlib.h>

#include "qnn_device.h"
#include "tools/pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* Larger networks only make the fuzzer slow. */
static bool small(const struct graph *g)
{
	size_t elements = 0;

	for (size_t i = 0; i < g->value_count; i++)
		elements += graph_elements(&g->value[i]);
	return elements < 1u << 16;
}

static void pack(struct graph *g, struct report *r, unsigned int choice)
{
	static const unsigned int bits[] = { 8, 4, 2, 1 };
	struct pack_options opt = {
		.lower = { .rounding = QNN_ROUND_A + choice / 4 % 3,
			   .rounding_given = choice / 36 % 2 },
		.format = { .input_scale = 1, .input_scale_given = true },
		.choice = { .weights = { .bits = bits[choice & 3] },
			    .activation_bits = bits[choice / 12 % 3] },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	struct packed p;

	opt.choice.weights.method = choice / 72 % WEIGHTS_METHODS;
	if (weights_refuse(&opt.choice.weights))
		opt.choice.weights.method = WEIGHTS_AUTO;
	opt.format.method = choice % 5 ? FORMAT_BY_WIDTH : FORMAT_BY_HWGQ;
	if (pack_build(&p, g, NULL, &opt, r))
		must(report_problems(r));
	else
		must(!qnn_program_validate(p.program, p.program_size, &prog,
					   &diag, NULL, NULL));
	pack_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report r = { 0 };
	struct graph g;

	if (fuzz_parse(data, size, &g, &r)) {
		must(report_problems(&r) && !g.node_count && !g.value_count);
	} else {
		must(g.output_count && !report_problems(&r));
		if (small(&g))
			pack(&g, &r, (unsigned int)size);
	}
	graph_free(&g);
	report_free(&r);
	return 0;
}
