// SPDX-License-Identifier: MIT
#include "sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "student.h"
#include "tools/float/float.h"
#include "tools/graph/mem.h"

#define MAX_IMAGES	64u
#define MAX_LABELLED	512u

/* The network at 8 bits, and what the one in full precision gives. */
struct bench {
	const struct sensitivity_task *t;
	struct choices base;
	struct format_options format;
	struct value_format *fmt;
	struct weight_codes **codes;
	struct student student;
	uint32_t images;
	uint32_t result;	/* value that is looked at */
	size_t count;		/* elements of it */
	float *wanted;		/* [images][count] */
	double signal;
};

/* Widths that take less room each: what is stored in 4 bits may have 4. */
static unsigned int widths_of(const struct weight_choice *c, unsigned int *bits)
{
	static const unsigned int equal[] = { 8, 4, 2 };
	static const unsigned int book[] = { 8, 5, 4, 3, 2 };
	struct weight_choice with_book = { .method = c->method, .bits = 2 };
	bool is_book = c->method > WEIGHTS_TERNARY && !weights_refuse(&with_book);
	const unsigned int *list = is_book ? book : equal;
	unsigned int count = is_book ? 5 : 3, kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		struct weight_choice try = { .method = c->method,
					     .bits = list[i] };

		if (!i || !weights_refuse(&try))
			bits[kept++] = list[i];
	}
	return kept;
}

/* Logits rather than what softmax makes of them. */
static uint32_t result_value(const struct graph *g)
{
	for (size_t i = g->node_count; i-- > 0;)
		if (g->node[i].out == g->output[0])
			return g->node[i].op == GRAPH_SOFTMAX ?
			       g->node[i].in[0] : g->output[0];
	return g->output[0];
}

static size_t largest_of(const float *x, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

static const float *image(const struct bench *b, uint32_t i)
{
	const struct dataset *ds = b->t->ds;

	return ds->images + (size_t)i * ds->height * ds->width * ds->channels;
}

static void run_wanted(struct bench *b)
{
	struct float_net *net = float_open(b->t->g);

	for (uint32_t i = 0; i < b->images; i++) {
		float_run(net, image(b, i));
		memcpy(b->wanted + i * b->count, float_value(net, b->result),
		       b->count * sizeof(float));
	}
	float_close(net);
	for (size_t i = 0; i < b->images * b->count; i++)
		b->signal += (double)b->wanted[i] * b->wanted[i];
}

static void measure(struct bench *b, struct sensitivity_width *w)
{
	double noise = 0;
	uint32_t same = 0;

	for (uint32_t i = 0; i < b->images; i++) {
		const float *wanted = b->wanted + i * b->count, *given;

		student_run(&b->student, image(b, i));
		given = float_value(b->student.net, b->result);
		for (size_t k = 0; k < b->count; k++)
			noise += ((double)wanted[k] - given[k]) *
				 ((double)wanted[k] - given[k]);
		same += largest_of(wanted, b->count) ==
			largest_of(given, b->count);
	}
	/* What is no number is no better than what is infinite. */
	w->noise = noise == 0 ? 0 : noise / b->signal;
	if (!(w->noise >= 0))
		w->noise = INFINITY;
	w->agree = (double)same / b->images;
}

static int open_bench(struct bench *b, const struct sensitivity_task *t,
		      const struct choice_options *opt, struct report *r)
{
	*b = (struct bench){ .t = t, .format = *t->format };
	b->images = t->ds->count < MAX_IMAGES ? t->ds->count : MAX_IMAGES;
	b->result = result_value(t->g);
	b->count = graph_elements(&t->g->value[b->result]);
	b->fmt = mem_array(t->g->value_count, sizeof(*b->fmt));
	if (choices_make(&b->base, t->g, t->u, opt, r))
		return -1;
	b->format.bits = b->base.activation_bits;
	if (formats_choose(t->g, t->u, &b->format, t->ds, t->calib, b->fmt, r) ||
	    choices_check(opt, t->g, t->u, b->fmt, r))
		return -1;
	b->codes = choice_quantize(t->g, t->u, &b->base);
	student_open(&b->student, t->g, b->fmt, b->codes);
	return 0;
}

static void close_bench(struct bench *b)
{
	if (b->student.net)
		student_close(&b->student);
	choice_codes_free(b->t->g, b->codes);
	choices_free(&b->base, b->t->g);
	free(b->fmt);
	free(b->wanted);
}

static struct sensitivity_item *add_item(const struct bench *b,
					 struct sensitivity *s,
					 const struct unit *x, bool weights)
{
	struct sensitivity_item *it;

	s->item = mem_grow(s->item, &s->cap, s->items + 1, sizeof(*s->item));
	it = &s->item[s->items++];
	*it = (struct sensitivity_item){
		.name = mem_string(x->name), .weights = weights,
		.unit = (size_t)(x - b->t->u->unit),
	};
	return it;
}

/* Each width of the weights of a layer, the first being what is there. */
static void try_weights(struct bench *b, struct sensitivity *s,
			const struct unit *x)
{
	size_t node = (size_t)(x->node - b->t->g->node);
	struct sensitivity_item *it = add_item(b, s, x, true);
	unsigned int bits[SENSITIVITY_WIDTHS];

	it->choice = b->t->choice->weights;
	it->widths = widths_of(&it->choice, bits);
	for (unsigned int i = 0; i < it->widths; i++) {
		struct weight_choice c = it->choice;
		struct weight_codes wc;

		it->width[i].bits = c.bits = bits[i];
		if (i) {
			choice_make(&wc, x, x->node->weights.data, &c,
				    b->base.keep[node]);
			student_weights(&b->student, node, &wc);
			weights_free(&wc);
		}
		measure(b, &it->width[i]);
	}
	student_weights(&b->student, node, b->codes[node]);
}

static int try_result(struct bench *b, struct sensitivity *s,
		      const struct unit *x, struct report *r)
{
	static const unsigned int bits[] = { 8, 4, 2 };
	const struct sensitivity_task *t = b->t;
	struct sensitivity_item *it = add_item(b, s, x, false);
	struct value_format *fmt = mem_array(t->g->value_count, sizeof(*fmt));
	unsigned int was = b->base.activation_bits[x->out];
	int ret = 0;

	for (unsigned int i = 0; i < 3 && !ret; i++, it->widths++) {
		it->width[i].bits = bits[i];
		b->base.activation_bits[x->out] = bits[i];
		memset(fmt, 0, t->g->value_count * sizeof(*fmt));
		ret = formats_choose(t->g, t->u, &b->format, t->ds, t->calib,
				     fmt, r);
		b->student.fmt = fmt;
		if (!ret)
			measure(b, &it->width[i]);
	}
	b->base.activation_bits[x->out] = was;
	b->student.fmt = b->fmt;
	free(fmt);
	return ret;
}

/* Each width of the unit that the user has not settled. */
static int try_unit(struct bench *b, struct sensitivity *s, const struct unit *x,
		    struct report *r)
{
	if (choice_weights(x) && !b->base.own_weights[x->node - b->t->g->node])
		try_weights(b, s, x);
	if (format_has_width(b->t->u, b->fmt, x->out) &&
	    !b->base.own_bits[x->out])
		return try_result(b, s, x, r);
	return 0;
}

int sensitivity_run(struct sensitivity *s, const struct sensitivity_task *t,
		    struct report *r)
{
	struct choice_options base = *t->choice;
	struct bench b;
	int ret;

	*s = (struct sensitivity){ 0 };
	base.weights = (struct weight_choice){ .bits = 8 };
	base.activation_bits = 8;
	ret = open_bench(&b, t, &base, r);
	b.wanted = mem_array(b.images * b.count, sizeof(float));
	s->images = b.images;
	if (!ret)
		run_wanted(&b);
	for (size_t i = 0; i < t->u->count && !ret; i++) {
		ret = try_unit(&b, s, &t->u->unit[i], r);
		if (t->progress)
			t->progress(t->data, i + 1, t->u->count);
	}
	close_bench(&b);
	return ret;
}

int sensitivity_accuracy(const struct sensitivity_task *t,
			 const struct choice_options *opt, double *accuracy,
			 struct report *r)
{
	uint32_t images = t->ds->count < MAX_LABELLED ? t->ds->count :
						       MAX_LABELLED;
	uint32_t right = 0;
	struct bench b;
	int ret = open_bench(&b, t, opt, r);

	for (uint32_t i = 0; i < images && !ret; i++) {
		student_run(&b.student, image(&b, i));
		right += (size_t)t->ds->labels[i] ==
			 largest_of(float_value(b.student.net, b.result),
				    b.count);
	}
	*accuracy = 100.0 * right / images;
	close_bench(&b);
	return ret;
}

void sensitivity_free(struct sensitivity *s)
{
	for (size_t i = 0; i < s->items; i++)
		free(s->item[i].name);
	free(s->item);
	*s = (struct sensitivity){ 0 };
}
