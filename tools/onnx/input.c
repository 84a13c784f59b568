// SPDX-License-Identifier: MIT
/* The input of the network. */
#include "priv.h"

#include <string.h>

static bool element_type(const Onnx__ValueInfoProto *vi, struct importer *imp)
{
	struct quantizer q = { 0 };
	int type = vi->type->tensor_type->elem_type;

	imp->input_type = type;
	if (!type_integer(type) || type_codes(type, &q))
		return true;
	report_problem(imp->r, "input '%.64s': data type %d (%s) is not supported; float and integers of 8 bits and fewer are",
		       vi->name, type, type_name(type));
	return false;
}

static bool dimension(const Onnx__TensorShapeProto__Dimension *d, size_t k,
		      size_t rank, const char *name, struct report *r,
		      uint64_t *out)
{
	bool known = d->value_case ==
		ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
	int64_t v = known ? d->dim_value : 0;

	/* The first of several is the number of images at once. */
	if (!k && rank > 1 && v <= 0)
		v = 1;
	if (v > 0 && (k || v == 1 || rank == 1)) {
		*out = (uint64_t)v;
		return true;
	}
	report_problem(r, "input '%.64s': dimension %zu is %lld; %s", name, k,
		       (long long)v, k || rank == 1 ?
		       "it must be a fixed size: fix it with onnxruntime.tools.make_dynamic_shape_fixed" :
		       "the batch size must be 1 or left open");
	return false;
}

static bool input_shape(const Onnx__ValueInfoProto *vi, struct importer *imp,
			struct view *view)
{
	const Onnx__TensorShapeProto *shape = NULL;

	if (vi->type &&
	    vi->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
	    vi->type->tensor_type) {
		shape = vi->type->tensor_type->shape;
		if (!element_type(vi, imp))
			return false;
	}
	if (!shape || !shape->n_dim || shape->n_dim > 4) {
		report_problem(imp->r, "input '%.64s': its shape is not known or has %zu dimensions; 1 x channels x height x width, 1 x channels x length and 1 x numbers are supported",
			       vi->name, shape ? shape->n_dim : 0);
		return false;
	}
	view->rank = shape->n_dim;
	for (size_t k = 0; k < view->rank; k++)
		if (!dimension(shape->dim[k], k, view->rank, vi->name, imp->r,
			       &view->dims[k]))
			return false;
	return true;
}

/* What an exporter puts between an input and its transposition. */
static bool passes(const Onnx__NodeProto *n)
{
	static const char *const types[] = { "Cast", "Identity",
					     "QuantizeLinear",
					     "DequantizeLinear" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (n->op_type && !strcmp(n->op_type, types[i]))
			return n->n_output == 1;
	return false;
}

static bool turns_to_image(const Onnx__NodeProto *n, size_t rank)
{
	static const int64_t four[] = { 0, 3, 1, 2 }, three[] = { 0, 2, 1 };
	const int64_t *want = rank == 4 ? four : three;

	if (!n->op_type || strcmp(n->op_type, "Transpose") ||
	    n->n_attribute != 1 || n->attribute[0]->n_ints != rank)
		return false;
	for (size_t k = 0; k < rank; k++)
		if (n->attribute[0]->ints[k] != want[k])
			return false;
	return true;
}

/*
 * Networks from TensorFlow have channels last, and begin by turning that
 * around: the device has them last anyway.
 */
static bool channels_last(const struct importer *imp, const char *name,
			  size_t rank)
{
	const Onnx__GraphProto *p = imp->proto;
	bool any = false;

	if (rank != 3 && rank != 4)
		return false;
	for (unsigned int hop = 0; hop < 4; hop++) {
		const char *next = NULL;

		for (size_t i = 0; i < p->n_node; i++) {
			const Onnx__NodeProto *n = p->node[i];

			if (!imp->needed[i] || !n->n_input ||
			    strcmp(n->input[0], name))
				continue;
			if (turns_to_image(n, rank))
				any = true;
			else if (!next && !any && passes(n))
				next = n->output[0];
			else
				return false;
		}
		if (any || !next)
			return any;
		name = next;
	}
	return false;
}

static uint64_t side(const struct view *v, enum role role)
{
	size_t k = view_find(v, role);

	return k < v->rank ? v->dims[k] : 1;
}

void import_input(struct importer *imp, struct symbol *s)
{
	struct tensor *t = &s->tensor;
	struct view *v = &t->view;

	s->kind = SYMBOL_REFUSED;
	if (!input_shape(s->input, imp, v))
		return;
	view_roles(v);
	if (channels_last(imp, s->name, v->rank)) {
		v->role[v->rank - 1] = ROLE_C;
		v->role[1] = v->rank == 4 ? ROLE_H : ROLE_W;
		if (v->rank == 4)
			v->role[2] = ROLE_W;
	}
	t->value = graph_add_value(imp->g, imp->r, s->name, side(v, ROLE_C),
				   side(v, ROLE_H), side(v, ROLE_W),
				   v->rank <= 2);
	if (t->value == GRAPH_NONE)
		return;
	t->codes = imp->input_type && type_integer(imp->input_type);
	imp->g->input = t->value;
	s->kind = SYMBOL_VALUE;
}
