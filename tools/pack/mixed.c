// SPDX-License-Identifier: MIT
#include "mixed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qnn_device.h"
#include "tools/common/progress.h"
#include "tools/float/float.h"
#include "tools/graph/mem.h"

/* A network that was read for its own sake, with what calibration tells. */
struct bench {
	struct graph g;
	struct units u;
	struct calib calib;
	struct sensitivity_task task;
};

/*
 * What a trial says about the network is known; why it failed is not. Notes are
 * written to files, too: none but those of its own may be in a trial's.
 */
static int end_trial(int ret, struct report *trial, struct report *r)
{
	for (size_t i = 0; i < trial->problems.kept; i++)
		report_problem(r, "%s", trial->problems.line[i]);
	report_free(trial);
	return ret;
}

static int read_network(struct bench *b, const struct settings *s,
			const struct dataset *ds, struct report *r)
{
	bool *wanted;

	*b = (struct bench){ 0 };
	if (import_load(s->model, &s->import, &b->g, r))
		return -EINVAL;
	if (pack_prepare(&b->g, &b->u, &s->pack, r) || !float_fits(&b->g, r))
		return -EINVAL;
	wanted = mem_array(b->g.value_count, sizeof(*wanted));
	formats_wanted(&b->g, &b->u, &s->pack.format, wanted);
	calib_run(&b->calib, &b->g, ds, wanted);
	free(wanted);
	b->task = (struct sensitivity_task){
		.g = &b->g, .u = &b->u, .format = &s->pack.format,
		.calib = &b->calib, .choice = &s->pack.choice, .ds = ds,
	};
	return 0;
}

static int open_bench(struct bench *b, const struct settings *s,
		      const struct dataset *ds, struct report *r)
{
	struct report trial = { 0 };

	return end_trial(read_network(b, s, ds, &trial), &trial, r);
}

static void close_bench(struct bench *b)
{
	calib_free(&b->calib);
	units_free(&b->u);
	graph_free(&b->g);
}

struct cost {
	uint64_t bytes, cycles;
};

/*
 * What the network takes with @choice, as it would be written; with all that
 * teacher and student add, which takes its time, if @taught.
 */
static int cost_of(const struct settings *s, const struct bench *b,
		   const struct dataset *ds,
		   const struct choice_options *choice, bool taught,
		   struct cost *cost, struct report *r)
{
	struct pack_options opt = s->pack;
	struct qnn_program prog;
	struct qnn_diag why;
	struct report trial = { 0 };
	struct graph g = { 0 };
	struct packed p = { 0 };
	void *file = NULL;
	size_t size = 0;
	int ret = import_load(s->model, &s->import, &g, &trial);

	opt.choice = *choice;
	opt.teacher.progress = NULL;
	if (!taught)
		opt.teacher.kind = TEACHER_NONE;
	opt.calib = &b->calib;
	if (!ret)
		ret = pack_build(&p, &g, ds, &opt, &trial);
	if (!ret)
		ret = pack_file(&p, &opt, &file, &size, &trial);
	if (!ret && qnn_program_validate(p.program, p.program_size, &prog, &why,
					 NULL, NULL))
		ret = -EINVAL;
	if (!ret)
		*cost = (struct cost){ size, prog.total.cycles };
	free(file);
	pack_free(&p);
	graph_free(&g);
	return end_trial(ret, &trial, r);
}

/* The network at 8 bits, with the user's own rules for some layers. */
static struct choice_options at_8_bits(const struct settings *s)
{
	struct choice_options c = s->pack.choice;

	c.weights = (struct weight_choice){ .bits = 8 };
	c.activation_bits = 8;
	return c;
}

static struct layer_rule rule_for(const struct sensitivity_item *it,
				  unsigned int bits)
{
	struct layer_rule rule = { .name = it->name, .by_unit = true,
				   .unit = it->unit, .weights = it->weights };

	if (!it->weights) {
		rule.activation_bits = bits;
		return rule;
	}
	rule.choice = it->choice;
	rule.choice.bits = bits;
	if (bits == 8)
		rule.choice.method = WEIGHTS_AUTO;
	return rule;
}

/* Rules of the user, and those for @at[item], the widths that were chosen. */
static struct layer_rule *make_rules(const struct sensitivity *s,
				     const unsigned int *at,
				     const struct choice_options *own,
				     size_t *count)
{
	struct layer_rule *rule = mem_array(own->rules + s->items,
					    sizeof(*rule));

	*count = own->rules;
	if (own->rules)
		memcpy(rule, own->rule, own->rules * sizeof(*rule));
	for (size_t i = 0; i < s->items; i++)
		if (at[i])
			rule[(*count)++] =
				rule_for(&s->item[i],
					 s->item[i].width[at[i]].bits);
	return rule;
}

static int add_costs(struct sensitivity *s, const struct settings *settings,
		     const struct bench *b, const struct dataset *ds,
		     struct report *r)
{
	unsigned int *at = mem_array(s->items, sizeof(*at));
	struct progress bar;
	int ret = 0;

	progress_start(&bar, "costs", s->items);
	for (size_t i = 0; i < s->items && !ret; i++) {
		for (unsigned int w = 0; w < s->item[i].widths && !ret; w++) {
			struct choice_options c = at_8_bits(settings);
			struct layer_rule *rule;
			struct cost cost = { 0 };

			at[i] = w;
			rule = make_rules(s, at, &settings->pack.choice,
					  &c.rules);
			c.rule = rule;
			ret = cost_of(settings, b, ds, &c, false, &cost, r);
			s->item[i].width[w].bytes = cost.bytes;
			s->item[i].width[w].cycles = cost.cycles;
			free(rule);
		}
		at[i] = 0;
		progress_update(&bar, i + 1);
	}
	progress_end(&bar);
	free(at);
	return ret;
}

int mixed_measure(struct sensitivity *s, const struct settings *settings,
		  const struct dataset *ds, struct report *r)
{
	struct progress bar;
	struct bench b;
	int ret = open_bench(&b, settings, ds, r);

	*s = (struct sensitivity){ 0 };
	if (!ret) {
		progress_start(&bar, "sensitivity", 1);
		b.task.progress = progress_show;
		b.task.data = &bar;
		ret = sensitivity_run(s, &b.task, r);
		progress_end(&bar);
	}
	if (!ret)
		ret = add_costs(s, settings, &b, ds, r);
	close_bench(&b);
	return ret;
}

/* Narrower widths, chosen one after the other. */
struct search {
	const struct sensitivity *s;
	const struct settings *settings;
	const struct bench *b;
	const struct dataset *ds;
	unsigned int *at;	/* per item: its width */
	bool *done;		/* per item: no narrower */
	double least;		/* amount that was found */
	bool taught;		/* costs are those behind teacher and student */
	struct report *r;
};

static double amount(const struct search *x,
		     const struct sensitivity_width *w)
{
	return x->settings->budget == BUDGET_CYCLES ? (double)w->cycles :
						      (double)w->bytes;
}

/*
 * The item that saves most for the noise that it adds, and its next width;
 * false: nothing saves anything. What an item saves alone is not what it saves
 * beside others: an array is as fast as memory lets it, and narrow weights need
 * fewer thresholds in front of narrow results. @any: so the least noise.
 */
static bool best_move(const struct search *x, bool any, size_t *item,
		      unsigned int *to)
{
	double best = 0;

	for (size_t i = 0; i < x->s->items; i++) {
		const struct sensitivity_item *it = &x->s->item[i];
		const struct sensitivity_width *now = &it->width[x->at[i]];

		for (unsigned int w = x->at[i] + 1;
		     w < it->widths && !x->done[i]; w++) {
			double saved = amount(x, now) - amount(x, &it->width[w]);
			double noise = fmax(it->width[w].noise - now->noise,
					    1e-9);

			if (any)
				saved = 1;
			if (!(saved / noise > best))
				continue;
			best = saved / noise;
			*item = i;
			*to = w;
		}
	}
	return best > 0;
}

/* Whether the widths are within the budget; with the amount. */
static int within(struct search *x, bool *fits, double *got)
{
	struct choice_options c = at_8_bits(x->settings);
	struct layer_rule *rule = make_rules(x->s, x->at,
					     &x->settings->pack.choice,
					     &c.rules);
	struct cost cost = { 0 };
	int ret;

	c.rule = rule;
	if (x->settings->budget == BUDGET_ACCURACY) {
		ret = sensitivity_accuracy(&x->b->task, &c, got, x->r);
		*fits = *got >= x->settings->budget_value;
	} else {
		ret = cost_of(x->settings, x->b, x->ds, &c, x->taught, &cost,
			      x->r);
		*got = x->settings->budget == BUDGET_CYCLES ?
		       (double)cost.cycles : (double)cost.bytes;
		*fits = *got <= x->settings->budget_value;
		x->least = fmin(x->least, *got);
	}
	free(rule);
	return ret;
}

/* Narrower until it fits. */
static int search_cost(struct search *x)
{
	unsigned int to;
	size_t item;
	double got;
	bool fits;
	int ret = within(x, &fits, &got);

	for (;;) {
		/* Biases that are learned take room, too. */
		if (!ret && fits && !x->taught) {
			x->taught = true;
			ret = within(x, &fits, &got);
		}
		if (ret || fits)
			return ret;
		if (!best_move(x, false, &item, &to) &&
		    !best_move(x, true, &item, &to)) {
			report_problem(x->r, "the budget of %.0f cannot be met: %.0f is the least that was found",
				       x->settings->budget_value, x->least);
			return -EINVAL;
		}
		x->at[item] = to;
		ret = within(x, &fits, &got);
	}
}

/* Narrower as long as it is right often enough. */
static int search_accuracy(struct search *x)
{
	struct progress bar;
	unsigned int to, was;
	size_t item, done = 0;
	double got;
	bool fits;
	int ret = within(x, &fits, &got);

	if (!ret && !fits) {
		report_problem(x->r, "the budget of %g %% accuracy cannot be met: 8 bits give %.2f %%",
			       x->settings->budget_value, got);
		return -EINVAL;
	}
	progress_start(&bar, "search", 3 * x->s->items);
	while (!ret && best_move(x, false, &item, &to)) {
		was = x->at[item];
		x->at[item] = to;
		ret = within(x, &fits, &got);
		if (!fits) {
			x->at[item] = was;
			x->done[item] = true;
		}
		progress_update(&bar, ++done);
	}
	progress_end(&bar);
	return ret;
}

int mixed_search(const struct sensitivity *s, struct settings *settings,
		 const struct dataset *ds, struct report *r)
{
	struct choice_options *c = &settings->pack.choice;
	struct layer_rule *rule;
	struct bench b;
	struct search x = { .s = s, .settings = settings, .b = &b, .ds = ds,
			    .least = INFINITY, .r = r };
	int ret = open_bench(&b, settings, ds, r);

	x.at = mem_array(s->items, sizeof(*x.at));
	x.done = mem_array(s->items, sizeof(*x.done));
	if (!ret)
		ret = settings->budget == BUDGET_ACCURACY ?
		      search_accuracy(&x) : search_cost(&x);
	if (!ret) {
		struct choice_options base = at_8_bits(settings);

		rule = make_rules(s, x.at, c, &base.rules);
		/* Names that the rules have from @s are theirs from now on. */
		for (size_t i = c->rules; i < base.rules; i++)
			rule[i].name = mem_string(rule[i].name);
		free((void *)c->rule);
		base.rule = rule;
		*c = base;
	}
	free(x.at);
	free(x.done);
	close_bench(&b);
	return ret;
}
