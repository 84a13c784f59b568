// SPDX-License-Identifier: MIT
#include "priv.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

#define MAX_NAME	1000

void op_problem(struct op *op, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_problem(op->imp->r, "node '%s' (%.40s): %s", op->name, op->type,
		       text);
	op->refused = true;
}

const Onnx__AttributeProto *op_attr(struct op *op, const char *name)
{
	for (size_t i = 0; i < op->node->n_attribute; i++) {
		const Onnx__AttributeProto *a = op->node->attribute[i];

		if (!a->name || strcmp(a->name, name))
			continue;
		op->attr_seen |= 1ull << i;
		return a;
	}
	return NULL;
}

bool op_has(struct op *op, const char *name)
{
	return op_attr(op, name);
}

int64_t op_int(struct op *op, const char *name, int64_t value)
{
	const Onnx__AttributeProto *a = op_attr(op, name);

	if (!a)
		return value;
	if (a->has_i)
		return a->i;
	/* Zero need not be written. */
	if (a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT)
		return 0;
	op_problem(op, "attribute '%s' is not an integer", name);
	return value;
}

float op_float(struct op *op, const char *name, float value)
{
	const Onnx__AttributeProto *a = op_attr(op, name);

	if (!a)
		return value;
	if (a->has_f)
		return a->f;
	if (a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)
		return 0;
	op_problem(op, "attribute '%s' is not a number", name);
	return value;
}

size_t op_ints(struct op *op, const char *name, const int64_t **values)
{
	const Onnx__AttributeProto *a = op_attr(op, name);

	*values = a ? a->ints : NULL;
	return a ? a->n_ints : 0;
}

void op_string(struct op *op, const char *name, const char *value, char *out,
	       size_t size)
{
	const Onnx__AttributeProto *a = op_attr(op, name);

	snprintf(out, size, "%s", value);
	if (!a)
		return;
	if (!a->has_s || a->s.len >= size) {
		op_problem(op, "attribute '%s' is not a short text", name);
		return;
	}
	memcpy(out, a->s.data, a->s.len);
	out[a->s.len] = '\0';
}

size_t op_inputs(const struct op *op)
{
	size_t n = op->node->n_input;

	while (n && !op->node->input[n - 1][0])
		n--;
	return n;
}

bool op_input_given(const struct op *op, size_t index)
{
	return index < op->node->n_input && op->node->input[index][0];
}

const struct symbol *op_symbol(const struct op *op, size_t index)
{
	if (!op_input_given(op, index))
		return NULL;
	return symbol_find(&op->imp->symbols, op->node->input[index]);
}

static bool input_refused(const struct op *op)
{
	for (size_t i = 0; i < op->node->n_input; i++) {
		const struct symbol *s = op_symbol(op, i);

		if (s && s->kind == SYMBOL_REFUSED)
			return true;
	}
	return false;
}

void op_attrs_done(struct op *op)
{
	/* Then it was not looked at to the end. */
	if (input_refused(op))
		return;
	for (size_t i = 0; i < op->node->n_attribute; i++) {
		const char *name = op->node->attribute[i]->name;

		if (!(op->attr_seen >> i & 1))
			op_problem(op, "attribute '%.64s' is not supported",
				   name ? name : "");
	}
}

const struct constant *op_const(struct op *op, size_t index, const char *what)
{
	const struct symbol *s = op_symbol(op, index);

	if (!op_input_given(op, index) && !op->refused)
		op_problem(op, "its %s is missing", what);
	if (!s || s->kind == SYMBOL_REFUSED)
		return NULL;
	if (s->kind == SYMBOL_CONST)
		return op_spend(op, s->constant->count) ? s->constant : NULL;
	op_problem(op, "its %s ('%.64s') must be constant", what, s->name);
	return NULL;
}

const struct constant *op_floats(struct op *op, size_t index, const char *what)
{
	const struct constant *c = op_const(op, index, what);

	if (!c)
		return NULL;
	if (!c->f) {
		op_problem(op, "its %s ('%.64s') are integers, not floats",
			   what, op->node->input[index]);
		return NULL;
	}
	if (!constant_finite(c)) {
		op_problem(op, "its %s ('%.64s') contain NaN or infinity",
			   what, op->node->input[index]);
		return NULL;
	}
	return c;
}

const struct constant *op_integers(struct op *op, size_t index,
				   const char *what)
{
	const struct constant *c = op_const(op, index, what);

	if (!c || c->i)
		return c;
	op_problem(op, "its %s ('%.64s') has no integers", what,
		   op->node->input[index]);
	return NULL;
}

bool op_spend(struct op *op, uint64_t numbers)
{
	if (import_spend(op->imp, numbers))
		return true;
	op_problem(op, "the nodes read and make too many numbers for a file of this size; a constant may be that of too many nodes");
	return false;
}

double op_number(struct op *op, size_t index, const char *what, double value)
{
	const struct constant *c;

	if (!op_input_given(op, index))
		return value;
	c = op_const(op, index, what);
	if (!c)
		return value;
	if (c->count == 1 && !isnan(constant_number(c, 0)))
		return constant_number(c, 0);
	op_problem(op, "its %s is not one number", what);
	return value;
}

bool op_axis(struct op *op, int64_t axis, size_t rank, size_t *at)
{
	int64_t count = (int64_t)rank;

	if (axis >= -count && axis < count) {
		*at = (size_t)(axis < 0 ? axis + count : axis);
		return true;
	}
	op_problem(op, "its axis is %lld; there are %zu dimensions",
		   (long long)axis, rank);
	return false;
}

size_t op_axes(struct op *op, size_t input, size_t rank, size_t *axes)
{
	const struct constant *c = NULL;
	const int64_t *v;
	size_t n = op_ints(op, "axes", &v);

	if (!n && op_input_given(op, input)) {
		c = op_integers(op, input, "axes");
		if (!c)
			return 0;
		n = c->count;
		v = c->i;
	}
	if (n > rank) {
		op_problem(op, "it has %zu axes; there are %zu dimensions", n,
			   rank);
		return 0;
	}
	for (size_t k = 0; k < n; k++) {
		if (!op_axis(op, v[k], rank, &axes[k]))
			return 0;
		for (size_t i = 0; i < k; i++)
			if (axes[i] == axes[k]) {
				op_problem(op, "axis %lld is named twice",
					   (long long)v[k]);
				return 0;
			}
	}
	return n;
}

bool op_is_const(const struct op *op, size_t index)
{
	const struct symbol *s = op_symbol(op, index);

	return s && s->kind == SYMBOL_CONST;
}

bool op_all_const(const struct op *op)
{
	for (size_t k = 0; k < op_inputs(op); k++)
		if (op_input_given(op, k) && !op_is_const(op, k))
			return false;
	return true;
}

bool op_tensor_any(struct op *op, size_t index, struct tensor *t)
{
	const struct symbol *s = op_symbol(op, index);

	if (!op_input_given(op, index) && !op->refused)
		op_problem(op, "input %zu is missing", index);
	if (!s || s->kind == SYMBOL_REFUSED)
		return false;
	if (s->kind == SYMBOL_VALUE) {
		*t = s->tensor;
		return true;
	}
	/* What belongs to it may have been refused. */
	if (!op_ready(op))
		return false;
	op_problem(op, "input '%.64s' is constant; only values computed from the network's input are supported there",
		   s->name);
	return false;
}

bool op_tensor(struct op *op, size_t index, struct tensor *t)
{
	if (!op_tensor_any(op, index, t))
		return false;
	if (!t->codes)
		return true;
	op_problem(op, "input '%.64s' is made of integers; put DequantizeLinear in front of it, which says what they stand for",
		   op->node->input[index]);
	return false;
}

bool op_ready(struct op *op)
{
	return !op->refused && !input_refused(op);
}

size_t op_results(const struct op *op)
{
	size_t n = op->node->n_output;

	while (n && !op->node->output[n - 1][0])
		n--;
	return n;
}

void op_result_const(struct op *op, struct constant *c)
{
	struct symbol *s = symbol_find(&op->imp->symbols, op->node->output[0]);

	op->imp->folded += c->count;
	if (!op_spend(op, constant_words(c))) {
		constant_free(c);
		return;
	}
	if (op->imp->folded > 8 * op->imp->loaded + 8 * FOLD_MAX_MADE) {
		op_problem(op, "the network computes too many constants; run a constant folder over it first (onnxsim, onnxruntime)");
		constant_free(c);
		return;
	}
	s->kind = SYMBOL_CONST;
	s->constant = c;
}

void op_result(struct op *op, size_t which, const struct tensor *t)
{
	struct symbol *s;

	if (which >= op->node->n_output || !op->node->output[which][0])
		return;
	s = symbol_find(&op->imp->symbols, op->node->output[which]);
	s->kind = SYMBOL_VALUE;
	s->tensor = *t;
}

bool op_add_node(struct op *op, struct graph_node *node, struct tensor *t)
{
	struct importer *imp = op->imp;
	uint32_t index = (uint32_t)imp->g->node_count;
	char name[MAX_NAME + 1];

	/* One node of the file can be many here. */
	snprintf(name, sizeof(name), "%.*s", MAX_NAME, op->node->output[0]);
	node->name = mem_string(op->name);
	node->source = op->type;
	t->value = graph_add_node(imp->g, imp->r, node, name);
	if (t->value == GRAPH_NONE) {
		op->refused = true;
		return false;
	}
	note_of(imp, t->value)->maker = index;
	return true;
}

bool op_add_image(struct op *op, struct graph_node *node, size_t rank,
		  struct tensor *t)
{
	if (!op_add_node(op, node, t))
		return false;
	view_image(&t->view, rank, &op->imp->g->value[t->value]);
	return true;
}

void op_result_node(struct op *op, struct graph_node *node, struct tensor *t)
{
	if (op_add_node(op, node, t))
		op_result(op, 0, t);
}
