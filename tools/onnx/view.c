// SPDX-License-Identifier: MIT
/*
 * Values of the file and values of the graph. A file has any number of
 * dimensions in any order; the graph has channels, height and width.
 */
#include "priv.h"

#include <string.h>

#include "tools/graph/mem.h"

size_t view_find(const struct view *v, enum role role)
{
	size_t k = 0;

	while (k < v->rank && v->role[k] != role)
		k++;
	return k;
}

void view_roles(struct view *v)
{
	static const uint8_t order[] = { ROLE_C, ROLE_H, ROLE_W };
	size_t at = v->rank > 1 && v->dims[0] == 1, first = at, next = 0;

	memset(v->role, ROLE_NONE, sizeof(v->role));
	/* A length is a width; the height stays 1. */
	if (v->rank - first == 2) {
		v->role[first] = ROLE_C;
		v->role[first + 1] = ROLE_W;
		return;
	}
	if (v->rank - first <= 3) {
		for (; at < v->rank; at++)
			v->role[at] = order[next++];
		return;
	}
	for (; at < v->rank; at++)
		if (v->dims[at] != 1 && next < 3)
			v->role[at] = order[next++];
}

void view_image(struct view *v, size_t rank, const struct graph_value *value)
{
	*v = (struct view){ .rank = rank, .dims = { 1, value->c } };
	if (rank == 3) {
		v->dims[2] = value->w;
	} else if (rank > 3) {
		v->dims[2] = value->h;
		v->dims[3] = value->w;
	}
	view_roles(v);
}

uint32_t value_side(const struct graph_value *v, unsigned int role)
{
	return role == ROLE_C ? v->c : role == ROLE_H ? v->h : v->w;
}

bool tensor_unflatten(struct op *op, struct tensor *t)
{
	const struct graph_value *v = &op->imp->g->value[t->value];
	struct graph_node n = {
		.op = GRAPH_RESHAPE, .in = { t->value },
		.reshape = { .c = v->c, .h = v->h, .w = v->w },
	};
	uint32_t in = t->value;

	if (!v->flat)
		return true;
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}

bool tensor_flatten(struct op *op, struct tensor *t)
{
	const struct graph_value *v = &op->imp->g->value[t->value];
	struct graph_node n = { .op = GRAPH_FLATTEN, .in = { t->value } };
	uint32_t in = t->value;

	if (v->flat)
		return true;
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}

/* @to is where each side of the input goes; the copy that does that. */
static bool turn(struct op *op, struct tensor *t, const uint8_t *to)
{
	struct graph_node n = { .op = GRAPH_COPY };
	const struct graph_value *v;
	uint32_t side[3], in;

	if (!tensor_unflatten(op, t))
		return false;
	in = n.in[0] = t->value;
	v = &op->imp->g->value[in];
	for (unsigned int j = 0; j < 3; j++) {
		n.copy.axis[j] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = to[j],
		};
		side[to[j]] = value_side(v, j);
	}
	n.copy.h = side[ROLE_H];
	n.copy.w = side[ROLE_W];
	n.copy.c = side[ROLE_C];
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}

bool tensor_arrange(struct op *op, struct tensor *t, const uint8_t *role)
{
	uint8_t to[3] = { ROLE_NONE, ROLE_NONE, ROLE_NONE };
	bool used[3] = { false }, same = true;

	for (size_t k = 0; k < t->view.rank; k++) {
		if (t->view.dims[k] == 1)
			continue;
		if (role[k] == ROLE_NONE) {
			op_problem(op, "its input has %llu numbers along dimension %zu, where one is supported",
				   (unsigned long long)t->view.dims[k], k);
			return false;
		}
		same = same && t->view.role[k] == role[k];
		to[t->view.role[k]] = role[k];
		used[role[k]] = true;
	}
	for (unsigned int j = 0; j < 3; j++)
		for (uint8_t r = 0; to[j] == ROLE_NONE; r++)
			/* A side of 1: where it is, if that is free. */
			if (!used[(j + r) % 3]) {
				to[j] = (uint8_t)((j + r) % 3);
				used[to[j]] = true;
			}
	memcpy(t->view.role, role, t->view.rank);
	return same || turn(op, t, to);
}

bool tensor_image(struct op *op, struct tensor *t)
{
	struct view want = t->view;

	if (t->view.rank < 3 || t->view.rank > 4 || t->view.dims[0] != 1) {
		op_problem(op, "its input has %zu dimensions, the first is %llu; 1 x channels x height x width and 1 x channels x length are supported",
			   t->view.rank, (unsigned long long)(t->view.rank ?
			   t->view.dims[0] : 0));
		return false;
	}
	view_roles(&want);
	return tensor_arrange(op, t, want.role) && tensor_unflatten(op, t);
}

bool tensor_channels(struct op *op, struct tensor *t, size_t axis)
{
	uint8_t role[CONST_MAX_RANK];
	bool taken[3] = { false, false, true };

	if (t->view.role[axis] == ROLE_C)
		return true;
	memset(role, ROLE_NONE, sizeof(role));
	role[axis] = ROLE_C;
	/* Others stay where they are, and who has the channels moves. */
	for (size_t k = 0; k < t->view.rank; k++) {
		unsigned int r = t->view.role[k];

		if (k == axis || t->view.dims[k] == 1 || r == ROLE_C)
			continue;
		role[k] = (uint8_t)r;
		taken[r] = true;
	}
	for (size_t k = 0; k < t->view.rank; k++)
		if (k != axis && t->view.dims[k] != 1 && role[k] == ROLE_NONE)
			role[k] = taken[ROLE_W] ? ROLE_H : ROLE_W;
	return tensor_arrange(op, t, role);
}

/* Do the numbers of the file lie as channels, height, width; or the other? */
static bool in_order(const struct view *v, const uint8_t *rank_of)
{
	int last = -1;

	for (size_t k = 0; k < v->rank; k++) {
		if (v->dims[k] == 1)
			continue;
		if (rank_of[v->role[k]] < last)
			return false;
		last = rank_of[v->role[k]];
	}
	return true;
}

static const uint8_t first_order[] = { [ROLE_C] = 0, [ROLE_H] = 1, [ROLE_W] = 2 };
static const uint8_t last_order[] = { [ROLE_H] = 0, [ROLE_W] = 1, [ROLE_C] = 2 };

static size_t long_dims(const struct view *v)
{
	size_t n = 0;

	for (size_t k = 0; k < v->rank; k++)
		n += v->dims[k] != 1;
	return n;
}

/* Roles from the end, so that the channels come last. */
static void roles_channels_last(struct view *v)
{
	static const uint8_t order[] = { ROLE_C, ROLE_W, ROLE_H };
	size_t next = 0;

	memset(v->role, ROLE_NONE, sizeof(v->role));
	for (size_t k = v->rank; k-- > 0 && next < 3;)
		if (v->dims[k] != 1)
			v->role[k] = order[next++];
}

static bool same_numbers(const struct graph_value *v, const struct graph_reshape *to)
{
	return v->c == to->c && v->h == to->h && v->w == to->w &&
	       v->flat == to->flat;
}

bool tensor_reshape(struct op *op, struct tensor *t, size_t rank,
		    const uint64_t *dims)
{
	struct view v = { .rank = rank }, plain = t->view;
	struct graph_node n = { .op = GRAPH_RESHAPE };
	uint64_t side[3] = { 1, 1, 1 };
	uint32_t in;

	memcpy(v.dims, dims, rank * sizeof(*dims));
	if (long_dims(&v) > 3) {
		op_problem(op, "its result has %zu dimensions above 1; the device has height, width and channels",
			   long_dims(&v));
		return false;
	}
	if (!in_order(&t->view, first_order) && in_order(&t->view, last_order)) {
		n.reshape.channels_last = true;
		roles_channels_last(&v);
	} else {
		view_roles(&plain);
		if (!in_order(&t->view, first_order) &&
		    !tensor_arrange(op, t, plain.role))
			return false;
		view_roles(&v);
	}
	for (size_t k = 0; k < rank; k++)
		if (v.role[k] != ROLE_NONE)
			side[v.role[k]] = v.dims[k];
	n.reshape.flat = long_dims(&v) <= 1 && rank <= 2 && side[ROLE_C] ==
			 graph_elements(&op->imp->g->value[t->value]);
	if (side[ROLE_C] > GRAPH_MAX_ELEMENTS || side[ROLE_H] > GRAPH_MAX_DIM ||
	    side[ROLE_W] > GRAPH_MAX_DIM) {
		op_problem(op, "its result would have a side of more than %u",
			   GRAPH_MAX_DIM);
		return false;
	}
	n.reshape.c = (uint32_t)side[ROLE_C];
	n.reshape.h = (uint32_t)side[ROLE_H];
	n.reshape.w = (uint32_t)side[ROLE_W];
	in = n.in[0] = t->value;
	t->view = v;
	if (same_numbers(&op->imp->g->value[in], &n.reshape))
		return true;
	if (n.reshape.flat && !n.reshape.channels_last)
		n = (struct graph_node){ .op = GRAPH_FLATTEN, .in = { in } };
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}

void view_raise(struct view *v, size_t rank)
{
	size_t more = rank - v->rank;

	memmove(v->dims + more, v->dims, v->rank * sizeof(v->dims[0]));
	memmove(v->role + more, v->role, v->rank);
	for (size_t k = 0; k < more; k++) {
		v->dims[k] = 1;
		v->role[k] = ROLE_NONE;
	}
	v->rank = rank;
}

bool tensor_role(struct op *op, struct tensor *t, size_t k)
{
	static const uint8_t order[] = { ROLE_C, ROLE_W, ROLE_H };
	struct view plain = t->view;
	bool used[4] = { false };

	for (size_t i = 0; i < t->view.rank; i++)
		if (i != k && t->view.dims[i] != 1)
			used[t->view.role[i]] = true;
	view_roles(&plain);
	if (plain.role[k] != ROLE_NONE && !used[plain.role[k]]) {
		t->view.role[k] = plain.role[k];
		return true;
	}
	for (unsigned int i = 0; i < 3; i++)
		if (!used[order[i]]) {
			t->view.role[k] = order[i];
			return true;
		}
	op_problem(op, "its result has four dimensions above 1; the device has height, width and channels");
	return false;
}

bool tensor_expand(struct op *op, struct tensor *t, size_t rank,
		   const uint64_t *dims)
{
	struct graph_node n = { .op = GRAPH_COPY };
	const struct graph_value *v;
	uint64_t side[3];
	uint32_t in;
	bool more = false;

	if (rank < t->view.rank || rank > CONST_MAX_RANK) {
		op_problem(op, "its result has %zu dimensions", rank);
		return false;
	}
	view_raise(&t->view, rank);
	for (size_t k = 0; k < rank; k++) {
		if (t->view.dims[k] == dims[k])
			continue;
		if (t->view.dims[k] != 1 || dims[k] < 1 ||
		    dims[k] > GRAPH_MAX_DIM) {
			op_problem(op, "dimension %zu of its input is %llu, which cannot become %llu",
				   k, (unsigned long long)t->view.dims[k],
				   (unsigned long long)dims[k]);
			return false;
		}
		if (!tensor_role(op, t, k))
			return false;
		more = true;
		t->view.dims[k] = dims[k];
	}
	if (!more)
		return true;
	if (!tensor_unflatten(op, t))
		return false;
	in = n.in[0] = t->value;
	v = &op->imp->g->value[in];
	for (unsigned int j = 0; j < 3; j++) {
		side[j] = value_side(v, j);
		n.copy.axis[j] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = j,
		};
		for (size_t k = 0; k < rank; k++)
			if (t->view.role[k] == j && dims[k] != 1 &&
			    dims[k] != side[j]) {
				side[j] = dims[k];
				n.copy.axis[j].step = 0;
			}
	}
	n.copy.h = (uint32_t)side[ROLE_H];
	n.copy.w = (uint32_t)side[ROLE_W];
	n.copy.c = (uint32_t)side[ROLE_C];
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}
