// SPDX-License-Identifier: MIT
#include "teacher.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gram.h"
#include "rounding.h"
#include "stream.h"
#include "tools/graph/mem.h"

/* Images keep within this memory, for all values of both networks. */
#define MEMORY		((size_t)2 << 30)
#define MAX_IMAGES	1024u

/* Layers with more weights for an output channel only get new biases. */
#define MAX_ROW		2304u
/* The same where all groups together have more pairs of weights. */
#define MAX_PAIRS	((size_t)1 << 26)

/* The same where many weights were pruned, but too many are left. */
#define MAX_PRUNED_WORK	5e10

/*
 * What pulls weights towards those of the network, as a part of the mean square
 * of their inputs: for inputs that the calibration set hardly has.
 */
#define PULL		0.1

struct lesson {
	const struct graph *g;
	struct units *u;
	const struct choices *c;
	struct weight_codes **codes;
	struct student teacher, student;
	struct stream wanted, given;
};

/* What one image needs in the memory of both networks' values. */
static size_t image_bytes(const struct graph *g)
{
	size_t bytes = 0;

	for (size_t i = 0; i < g->value_count; i++)
		bytes += 2 * graph_elements(&g->value[i]) * sizeof(float);
	return bytes;
}

/* Beside the images, each network has room for one that is running. */
bool teacher_fits(const struct graph *g, struct report *r)
{
	size_t bytes = 2 * image_bytes(g);

	if (bytes <= MEMORY)
		return true;
	report_problem(r, "teacher and student would need %zu MiB for one image; at most %zu are used",
		       bytes >> 20, MEMORY >> 20);
	return false;
}

static uint32_t image_count(const struct graph *g, const struct dataset *ds)
{
	size_t bytes = image_bytes(g), most = (MEMORY - bytes) / bytes;

	most = most < MAX_IMAGES ? most : MAX_IMAGES;
	return ds->count < most ? ds->count : (uint32_t)most;
}

/*
 * An input that never changes says nothing, nor do numbers beyond single
 * precision: the weights stay as they are.
 */
static void add_pull(struct gram *gr, const float *w)
{
	double pull = 0, wanted = 0;

	for (size_t i = 0; i < gr->row; i++)
		pull += gr->input[i * gr->row + i];
	for (size_t i = 0; i < gr->out * gr->row; i++)
		wanted += fabs(gr->cross[i]);
	pull *= PULL / (double)gr->row;
	if (!(pull > 1e-30) || !isfinite(pull) || !isfinite(wanted)) {
		memset(gr->input, 0, gr->row * gr->row * sizeof(double));
		memset(gr->cross, 0, gr->out * gr->row * sizeof(double));
		pull = 1;
	}
	for (size_t i = 0; i < gr->row; i++)
		gr->input[i * gr->row + i] += pull;
	for (size_t i = 0; i < gr->out * gr->row; i++)
		gr->cross[i] += pull * w[i];
}

/* What is known of a layer. */
struct task {
	const struct graph_node *n;
	struct gram *gram;		/* per group */
	struct quadratic *quad;		/* per group */
	double *best;			/* real weights of least error */
	float *best_float;
	const bool *keep;		/* weights that are not pruned, or NULL */
};

/* A channel's problem, with only those of its weights that stay. */
struct part {
	struct quadratic q;
	double *cross;
	double *best;
	size_t *at;			/* in the channel */
};

/* Returns -1 where numbers do not suffice to tell. */
static int open_part(struct part *p, const struct quadratic *all,
		     const double *cross, const bool *keep)
{
	double *h;
	size_t n = 0;

	*p = (struct part){ .at = mem_array(all->n, sizeof(*p->at)) };
	for (size_t i = 0; i < all->n; i++)
		if (keep[i])
			p->at[n++] = i;
	h = mem_array(n * n, sizeof(*h));
	p->cross = mem_array(n, sizeof(*p->cross));
	p->best = mem_array(n, sizeof(*p->best));
	for (size_t i = 0; i < n; i++) {
		p->cross[i] = cross[p->at[i]];
		for (size_t j = 0; j < n; j++)
			h[i * n + j] = all->h[p->at[i] * all->n + p->at[j]];
	}
	if (quadratic_open(&p->q, h, n))
		return -1;
	quadratic_solve(&p->q, p->cross, p->best);
	return 0;
}

static void close_part(struct part *p)
{
	quadratic_free(&p->q);
	free(p->cross);
	free(p->best);
	free(p->at);
}

/* The real weights of least error, where all others are 0. */
static int solve_part(const struct quadratic *q, const double *cross,
		      const bool *keep, double *best)
{
	struct part p;
	int ret = open_part(&p, q, cross, keep);

	for (size_t i = 0; i < p.q.n && !ret; i++)
		best[p.at[i]] = p.best[i];
	close_part(&p);
	return ret;
}

/* The codes of output channel @o, which are there to begin with. */
static void round_channel(const struct task *t, struct weight_codes *wc,
			  uint32_t o)
{
	const struct gram *gr = &t->gram[o / t->gram[0].out];
	const struct quadratic *q = &t->quad[o / t->gram[0].out];
	const double *cross = gr->cross + o % gr->out * wc->row;
	int32_t level[WEIGHTS_MAX_LEVELS], *code = wc->code + o * wc->row, *some;
	uint32_t levels = weights_levels(wc, o, level);
	struct part p;

	if (!t->keep) {
		rounding_search(q, cross, t->best + o * wc->row, level, levels,
				&wc->scale[o], code);
		return;
	}
	if (!open_part(&p, q, cross, t->keep + o * wc->row) && p.q.n) {
		some = mem_array(p.q.n, sizeof(*some));
		for (size_t i = 0; i < p.q.n; i++)
			some[i] = code[p.at[i]];
		rounding_search(&p.q, p.cross, p.best, level, levels,
				&wc->scale[o], some);
		for (size_t i = 0; i < p.q.n; i++)
			code[p.at[i]] = some[i];
		free(some);
	}
	close_part(&p);
}

/* Output channel @o of group @k, whose weights begin at @first. */
static int solve(struct task *t, uint32_t k, uint32_t o, size_t first)
{
	const struct quadratic *q = &t->quad[k];
	const double *cross = t->gram[k].cross + o * q->n;

	if (t->keep)
		return solve_part(q, cross, t->keep + first, t->best + first);
	quadratic_solve(q, cross, t->best + first);
	return 0;
}

/* Returns -1 where numbers do not suffice to tell. */
static int prepare(const struct lesson *l, struct task *t)
{
	const struct graph_node *n = t->n;
	const struct graph_weights *w = &n->weights;
	size_t row = (size_t)w->in * w->kh * w->kw, count = w->out * row;

	t->gram = mem_array(n->groups, sizeof(*t->gram));
	t->quad = mem_array(n->groups, sizeof(*t->quad));
	t->best = mem_array(count, sizeof(*t->best));
	t->best_float = mem_array(count, sizeof(*t->best_float));
	for (uint32_t k = 0; k < n->groups; k++) {
		struct gram *gr = &t->gram[k];
		size_t first = k * (count / n->groups);
		int ret;

		gram_make(gr, l->g, n, k, l->given.images,
			  l->given.value[n->in[0]], l->wanted.value[n->out]);
		add_pull(gr, w->data + first);
		ret = quadratic_open(&t->quad[k], gr->input, row);
		gr->input = NULL;
		for (uint32_t o = 0; o < gr->out && !ret; o++)
			ret = solve(t, k, o, first + o * row);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < count; i++)
		t->best_float[i] = (float)t->best[i];
	return 0;
}

static void forget(struct task *t)
{
	for (uint32_t k = 0; k < t->n->groups; k++) {
		quadratic_free(&t->quad[k]);
		gram_free(&t->gram[k]);
	}
	free(t->gram);
	free(t->quad);
	free(t->best);
	free(t->best_float);
}

/* The layer's codes from the weights that suit its inputs best. */
static void learn_weights(struct lesson *l, const struct unit *x)
{
	size_t node = (size_t)(x->node - l->g->node);
	struct weight_codes *wc = l->codes[node];
	struct task t = { .n = x->node, .keep = l->c->keep[node] };

	if (!prepare(l, &t)) {
		weights_free(wc);
		choice_make(wc, x, t.best_float, &l->c->weights[node], t.keep);
		for (uint32_t o = 0; o < wc->out; o++)
			round_channel(&t, wc, o);
		student_weights(&l->student, node, wc);
	}
	forget(&t);
}

/* Means of each channel's results become those that are wanted. */
static void learn_bias(struct lesson *l, struct unit *x)
{
	size_t node = (size_t)(x->node - l->g->node);
	const struct graph_value *v = &l->g->value[x->node->out];
	size_t plane = (size_t)v->h * v->w;
	const float *wanted = l->wanted.value[x->node->out];
	float *given = l->given.value[x->node->out];
	float *bias = student_bias(&l->student, node);
	uint32_t images = l->given.images;

	for (uint32_t c = 0; c < v->c; c++) {
		double off = 0;

		for (uint32_t i = 0; i < images; i++)
			for (size_t p = 0; p < plane; p++) {
				size_t at = (i * v->c + c) * plane + p;

				off += (double)wanted[at] - given[at];
			}
		off /= (double)images * (double)plane;
		off = isfinite(off) ? off : 0;
		bias[c] += (float)off;
		x->add[c] += x->mul[c] * off;
		for (uint32_t i = 0; i < images; i++)
			for (size_t p = 0; p < plane; p++)
				given[(i * v->c + c) * plane + p] += (float)off;
	}
	student_snap(&l->student, x->node->out, given,
		     images * graph_elements(v));
}

/* The unit whose layer @node is, if its weights are quantized here. */
static struct unit *unit_of(const struct lesson *l, size_t node)
{
	for (size_t i = 0; i < l->u->count; i++)
		if (choice_weights(&l->u->unit[i]) &&
		    l->u->unit[i].node == &l->g->node[node])
			return &l->u->unit[i];
	return NULL;
}

/* Each channel of a layer that is pruned is a problem of its own. */
static double pruned_work(const struct graph_weights *w, const bool *keep)
{
	size_t row = (size_t)w->in * w->kh * w->kw;
	double work = 0;

	for (uint32_t o = 0; o < w->out && keep; o++) {
		double left = 0;

		for (size_t k = 0; k < row; k++)
			left += keep[o * row + k];
		work += left * left * left;
	}
	return work;
}

static bool can_learn(const struct unit *x, const bool *keep)
{
	const struct graph_weights *w = &x->node->weights;
	size_t row = (size_t)w->in * w->kh * w->kw;

	return x->node->op == GRAPH_CONV && row <= MAX_ROW &&
	       row * row * x->node->groups <= MAX_PAIRS &&
	       pruned_work(w, keep) <= MAX_PRUNED_WORK;
}

void teacher_run(const struct graph *g, struct units *u,
		 const struct value_format *fmt, const struct choices *c,
		 struct weight_codes **codes, const struct dataset *ds,
		 const struct teacher_options *opt)
{
	struct lesson l = { .g = g, .u = u, .c = c, .codes = codes };
	uint32_t images = image_count(g, ds);

	student_open(&l.teacher, g, NULL, NULL);
	student_open(&l.student, g, fmt, codes);
	stream_open(&l.wanted, &l.teacher, ds, images);
	stream_open(&l.given, &l.student, ds, images);
	for (size_t i = 0; i < g->node_count; i++) {
		struct unit *x = unit_of(&l, i);

		stream_step(&l.wanted, i, true);
		if (x && opt->kind == TEACHER_ALL && can_learn(x, c->keep[i]))
			learn_weights(&l, x);
		stream_step(&l.given, i, !x);
		if (x)
			learn_bias(&l, x);
		if (opt->progress)
			opt->progress(opt->data, i + 1, g->node_count);
	}
	stream_close(&l.wanted);
	stream_close(&l.given);
	student_close(&l.teacher);
	student_close(&l.student);
}
