// SPDX-License-Identifier: MIT
#include "priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

void op_problem(struct op *op, const char *fmt, ...)
{
	char text[256];
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

void op_attrs_done(struct op *op)
{
	for (size_t i = 0; i < op->node->n_attribute; i++) {
		const char *name = op->node->attribute[i]->name;

		if (!(op->attr_seen >> i & 1))
			op_problem(op, "attribute '%.64s' is not supported",
				   name ? name : "");
	}
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

const struct constant *op_const(struct op *op, size_t index, const char *what)
{
	const struct symbol *s = op_symbol(op, index);

	if (!s || s->kind == SYMBOL_REFUSED)
		return NULL;
	if (s->kind == SYMBOL_CONST)
		return s->constant;
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

bool op_value(struct op *op, size_t index, uint32_t *value)
{
	const struct symbol *s = op_symbol(op, index);

	if (!s || s->kind == SYMBOL_REFUSED)
		return false;
	if (s->kind == SYMBOL_VALUE) {
		*value = s->value;
		return true;
	}
	op_problem(op, "input '%.64s' is constant; only values computed from the network's input are supported there",
		   s->name);
	return false;
}

bool op_ready(struct op *op)
{
	for (size_t i = 0; i < op->node->n_input; i++) {
		const struct symbol *s = op_symbol(op, i);

		if (s && s->kind == SYMBOL_REFUSED)
			return false;
	}
	return !op->refused;
}

static struct symbol *result(struct op *op)
{
	return symbol_find(&op->imp->symbols, op->node->output[0]);
}

void op_result_const(struct op *op, struct constant *c)
{
	struct symbol *s = result(op);

	s->kind = SYMBOL_CONST;
	s->constant = c;
}

void op_result_value(struct op *op, uint32_t value)
{
	struct symbol *s = result(op);

	s->kind = value == GRAPH_NONE ? SYMBOL_REFUSED : SYMBOL_VALUE;
	s->value = value;
}

void op_result_node(struct op *op, struct graph_node *node)
{
	node->name = mem_string(op->name);
	node->source = op->type;
	op_result_value(op, graph_add_node(op->imp->g, op->imp->r, node,
					   op->node->output[0]));
}
