// SPDX-License-Identifier: MIT
#include "pack.h"

#include <errno.h>
#include <stdlib.h>

#include "program.h"
#include "settle.h"
#include "tools/float/float.h"
#include "tools/graph/mem.h"
#include "tools/quant/calib.h"

static int choose_formats(struct packed *p, const struct dataset *ds,
			  const struct pack_options *opt, struct report *r)
{
	struct calib calib = { 0 };
	bool *wanted;
	int ret;

	if (ds && !float_fits(p->g, r))
		return -1;
	wanted = mem_array(p->g->value_count, sizeof(*wanted));
	formats_wanted(p->g, &p->units, wanted);
	if (ds)
		calib_run(&calib, p->g, ds, wanted);
	p->fmt = mem_array(p->g->value_count, sizeof(*p->fmt));
	ret = formats_choose(p->g, &p->units, &opt->format, ds,
			     ds ? &calib : NULL, p->fmt, r);
	calib_free(&calib);
	free(wanted);
	return ret;
}

int pack_build(struct packed *p, struct graph *g, const struct dataset *ds,
	       const struct pack_options *opt, struct report *r)
{
	*p = (struct packed){ .g = g };
	graph_simplify(g);
	if (units_build(g, &p->units, r) || choose_formats(p, ds, opt, r))
		return -EINVAL;
	settle(g, &p->units, p->fmt);
	if (memory_plan(&p->memory, g, &p->units, p->fmt, r) ||
	    lower(&p->lowered, g, &p->units, p->fmt, &p->memory, &opt->lower,
		  r))
		return -EINVAL;
	if (p->lowered.consts.size > QNN_MAX_PROGRAM_SIZE / 2 ||
	    p->units.count > QNN_MAX_COMMANDS) {
		report_problem(r, "the program would have %zu commands and %zu bytes of constants; that is more than a device takes",
			       p->units.count, p->lowered.consts.size);
		return -EINVAL;
	}
	p->program = program_image(&p->lowered, p->units.count, &p->memory,
				   &p->program_size);
	return 0;
}

void pack_free(struct packed *p)
{
	free(p->program);
	lower_free(&p->lowered);
	memory_free(&p->memory);
	free(p->fmt);
	units_free(&p->units);
}

const char *pack_rounding_name(enum qnn_rounding rule)
{
	return rule == QNN_ROUND_A ? "a" : rule == QNN_ROUND_B ? "b" : "c";
}
