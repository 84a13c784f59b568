// SPDX-License-Identifier: MIT
#include "pack.h"

#include <errno.h>
#include <stdlib.h>

#include "program.h"
#include "settle.h"
#include "tools/float/float.h"
#include "tools/graph/mem.h"
#include "tools/quant/calib.h"
#include "tools/quant/channel_steps.h"
#include "tools/quant/sums.h"

static int choose_formats(struct packed *p, const struct dataset *ds,
			  const struct pack_options *opt,
			  const struct choices *c, struct report *r)
{
	struct format_options format = opt->format;
	struct calib calib = { 0 };
	bool *wanted;
	int ret;

	if (ds && !float_fits(p->g, r))
		return -1;
	wanted = mem_array(p->g->value_count, sizeof(*wanted));
	format.bits = c->activation_bits;
	formats_wanted(p->g, &p->units, &format, wanted);
	if (ds && !opt->calib)
		calib_run(&calib, p->g, ds, wanted);
	p->fmt = mem_array(p->g->value_count, sizeof(*p->fmt));
	ret = formats_choose(p->g, &p->units, &format, ds,
			     !ds ? NULL : opt->calib ? opt->calib : &calib, p->fmt, r);
	calib_free(&calib);
	free(wanted);
	return ret;
}

/* Formats of values and codes of weights. */
static int quantize(struct packed *p, const struct dataset *ds,
		    const struct pack_options *opt, struct report *r)
{
	struct choices c;
	int ret = choices_make(&c, p->g, &p->units, &opt->choice, r);

	if (!ret)
		ret = choose_formats(p, ds, opt, &c, r);
	if (!ret)
		ret = choices_check(&opt->choice, p->g, &p->units, p->fmt, r);
	if (!ret)
		p->codes = choice_quantize(p->g, &p->units, &c);
	if (!ret && ds && opt->teacher.kind && !teacher_fits(p->g, r))
		ret = -1;
	if (!ret && ds && opt->teacher.kind)
		teacher_run(p->g, &p->units, p->fmt, &c, p->codes, ds,
			    &opt->teacher);
	choices_free(&c, p->g);
	return ret;
}

int pack_prepare(struct graph *g, struct units *u,
		 const struct pack_options *opt, struct report *r)
{
	graph_simplify(g);
	if (slim(g, &opt->slim, r))
		return -EINVAL;
	if (opt->format.method == FORMAT_BY_CHANNELS)
		channel_steps(g, opt->format.channel_bits);
	if (opt->choice.keep_sums)
		sums_keep(g);
	return units_build(g, u, r) ? -EINVAL : 0;
}

int pack_build(struct packed *p, struct graph *g, const struct dataset *ds,
	       const struct pack_options *opt, struct report *r)
{
	*p = (struct packed){ .g = g };
	if (pack_prepare(g, &p->units, opt, r) || quantize(p, ds, opt, r))
		return -EINVAL;
	settle(g, &p->units, p->fmt);
	if (memory_plan(&p->memory, g, &p->units, p->fmt, r) ||
	    lower(&p->lowered, g, &p->units, p->fmt, p->codes, &p->memory,
		  &opt->lower, r))
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
	choice_codes_free(p->g, p->codes);
	units_free(&p->units);
}

const char *pack_rounding_name(enum qnn_rounding rule)
{
	return rule == QNN_ROUND_A ? "a" : rule == QNN_ROUND_B ? "b" : "c";
}
