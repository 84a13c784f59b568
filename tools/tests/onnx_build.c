// SPDX-License-Identifier: MIT
#include "onnx_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *keep(struct ob *b, size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p || b->memory_count == sizeof(b->memory) / sizeof(b->memory[0]))
		abort();
	b->memory[b->memory_count++] = p;
	return p;
}

static char *text(struct ob *b, const char *s)
{
	return memcpy(keep(b, strlen(s) + 1), s, strlen(s) + 1);
}

static size_t count_dims(const int64_t *dims)
{
	size_t n = 0;

	while (dims[n] != -1000)
		n++;
	return n;
}

void ob_init(struct ob *b, int64_t opset)
{
	memset(b, 0, sizeof(*b));
	onnx__model_proto__init(&b->model);
	onnx__graph_proto__init(&b->graph);
	for (int i = 0; i < 2; i++) {
		onnx__operator_set_id_proto__init(&b->opset[i]);
		b->opset_list[i] = &b->opset[i];
		b->opset[i].has_version = 1;
	}
	b->opset[0].domain = text(b, "");
	b->opset[0].version = opset;
	b->opset[1].domain = text(b, "qonnx.custom_op.general");
	b->opset[1].version = 1;
	b->model.opset_import = b->opset_list;
	b->model.n_opset_import = 2;
	b->model.graph = &b->graph;
	b->model.has_ir_version = 1;
	b->model.ir_version = 7;
	b->graph.name = text(b, "test");
	b->graph.node = b->node;
	b->graph.initializer = b->init;
	b->graph.input = b->in;
	b->graph.output = b->out;
}

void ob_free(struct ob *b)
{
	for (size_t i = 0; i < b->memory_count; i++)
		free(b->memory[i]);
	memset(b, 0, sizeof(*b));
}

void *ob_bytes(struct ob *b, size_t *size)
{
	void *p;

	*size = onnx__model_proto__get_packed_size(&b->model);
	p = malloc(*size);
	if (!p)
		abort();
	onnx__model_proto__pack(&b->model, p);
	return p;
}

static Onnx__ValueInfoProto *value_info(struct ob *b, const char *name)
{
	Onnx__ValueInfoProto *v = keep(b, sizeof(*v));

	onnx__value_info_proto__init(v);
	v->name = text(b, name);
	return v;
}

void ob_input(struct ob *b, const char *name, const int64_t *dims)
{
	Onnx__ValueInfoProto *v = value_info(b, name);
	Onnx__TypeProto *t = keep(b, sizeof(*t));
	Onnx__TypeProto__Tensor *tt = keep(b, sizeof(*tt));
	Onnx__TensorShapeProto *s = keep(b, sizeof(*s));

	onnx__type_proto__init(t);
	onnx__type_proto__tensor__init(tt);
	onnx__tensor_shape_proto__init(s);
	v->type = t;
	t->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	t->tensor_type = tt;
	tt->has_elem_type = 1;
	tt->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
	tt->shape = s;
	s->n_dim = count_dims(dims);
	s->dim = keep(b, s->n_dim * sizeof(*s->dim));
	for (size_t i = 0; i < s->n_dim; i++) {
		s->dim[i] = keep(b, sizeof(**s->dim));
		onnx__tensor_shape_proto__dimension__init(s->dim[i]);
		if (dims[i] < 0)
			continue;
		s->dim[i]->value_case =
			ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		s->dim[i]->dim_value = dims[i];
	}
	b->in[b->graph.n_input++] = v;
}

void ob_output(struct ob *b, const char *name)
{
	b->out[b->graph.n_output++] = value_info(b, name);
}

static Onnx__TensorProto *tensor(struct ob *b, const char *name,
				 const int64_t *dims, int type,
				 const void *data, size_t size)
{
	Onnx__TensorProto *t = keep(b, sizeof(*t));

	onnx__tensor_proto__init(t);
	t->name = text(b, name);
	t->has_data_type = 1;
	t->data_type = type;
	t->n_dims = count_dims(dims);
	t->dims = keep(b, t->n_dims * sizeof(*t->dims));
	memcpy(t->dims, dims, t->n_dims * sizeof(*t->dims));
	for (size_t i = 0; i < t->n_dims; i++)
		size *= (size_t)dims[i];
	t->has_raw_data = 1;
	t->raw_data.len = size;
	t->raw_data.data = keep(b, size);
	memcpy(t->raw_data.data, data, size);
	b->init[b->graph.n_initializer++] = t;
	return t;
}

Onnx__TensorProto *ob_floats(struct ob *b, const char *name,
			     const int64_t *dims, const float *data)
{
	return tensor(b, name, dims, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, data,
		      sizeof(*data));
}

Onnx__TensorProto *ob_float(struct ob *b, const char *name, float value)
{
	static const int64_t scalar[] = { -1000 };

	return ob_floats(b, name, scalar, &value);
}

Onnx__TensorProto *ob_int64s(struct ob *b, const char *name,
			     const int64_t *dims, const int64_t *data)
{
	return tensor(b, name, dims, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, data,
		      sizeof(*data));
}

Onnx__NodeProto *ob_node(struct ob *b, const char *type,
			 const char *const *inputs, const char *output)
{
	Onnx__NodeProto *n = keep(b, sizeof(*n));

	onnx__node_proto__init(n);
	n->op_type = text(b, type);
	n->name = text(b, output);
	n->output = keep(b, sizeof(*n->output));
	n->output[0] = text(b, output);
	n->n_output = 1;
	while (inputs[n->n_input])
		n->n_input++;
	n->input = keep(b, n->n_input * sizeof(*n->input));
	for (size_t i = 0; i < n->n_input; i++)
		n->input[i] = text(b, inputs[i]);
	b->node[b->graph.n_node++] = n;
	return n;
}

Onnx__NodeProto *ob_quant_node(struct ob *b, const char *type,
			       const char *const *inputs, const char *output)
{
	Onnx__NodeProto *n = ob_node(b, type, inputs, output);

	n->domain = text(b, "qonnx.custom_op.general");
	return n;
}

static Onnx__AttributeProto *attr(struct ob *b, Onnx__NodeProto *n,
				  const char *name)
{
	Onnx__AttributeProto *a = keep(b, sizeof(*a));
	Onnx__AttributeProto **list = keep(b, (n->n_attribute + 1) * sizeof(a));

	onnx__attribute_proto__init(a);
	a->name = text(b, name);
	a->has_type = 1;
	if (n->n_attribute)
		memcpy(list, n->attribute, n->n_attribute * sizeof(a));
	list[n->n_attribute++] = a;
	n->attribute = list;
	return a;
}

void ob_attr_int(struct ob *b, Onnx__NodeProto *n, const char *name,
		 int64_t value)
{
	Onnx__AttributeProto *a = attr(b, n, name);

	a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
	a->has_i = 1;
	a->i = value;
}

void ob_attr_float(struct ob *b, Onnx__NodeProto *n, const char *name,
		   float value)
{
	Onnx__AttributeProto *a = attr(b, n, name);

	a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
	a->has_f = 1;
	a->f = value;
}

void ob_attr_ints(struct ob *b, Onnx__NodeProto *n, const char *name,
		  const int64_t *dims)
{
	Onnx__AttributeProto *a = attr(b, n, name);

	a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
	a->n_ints = count_dims(dims);
	a->ints = keep(b, a->n_ints * sizeof(*a->ints));
	memcpy(a->ints, dims, a->n_ints * sizeof(*a->ints));
}

void ob_attr_string(struct ob *b, Onnx__NodeProto *n, const char *name,
		    const char *value)
{
	Onnx__AttributeProto *a = attr(b, n, name);

	a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
	a->has_s = 1;
	a->s.len = strlen(value);
	a->s.data = (uint8_t *)text(b, value);
}

void ob_quant(struct ob *b, const char *input, const char *output, float scale,
	      float zero_point, float bits, int is_signed, int narrow)
{
	char name[3][64];
	Onnx__NodeProto *n;

	snprintf(name[0], sizeof(name[0]), "%s_scale", output);
	snprintf(name[1], sizeof(name[1]), "%s_zero", output);
	snprintf(name[2], sizeof(name[2]), "%s_bits", output);
	ob_float(b, name[0], scale);
	ob_float(b, name[1], zero_point);
	ob_float(b, name[2], bits);
	n = ob_quant_node(b, "Quant",
			  NAMES(input, name[0], name[1], name[2]), output);
	ob_attr_int(b, n, "signed", is_signed);
	ob_attr_int(b, n, "narrow", narrow);
}
