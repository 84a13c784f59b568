// SPDX-License-Identifier: MIT
/* From the graph of a file to ours: names, order, and operator by operator. */
#include "priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/text.h"
#include "tools/graph/mem.h"

#define MIN_OPSET	9
#define MAX_OPSET	23

struct operator {
	const char *type;
	bool quantizer;		/* of a QONNX domain, not of ONNX */
	unsigned int min_inputs;
	unsigned int max_inputs;
	void (*import)(struct op *op);
};

static const struct operator operators[] = {
	{ "Add", false, 2, 2, op_add },
	{ "AveragePool", false, 1, 1, op_average_pool },
	{ "BatchNormalization", false, 5, 5, op_batch_norm },
	{ "BipolarQuant", true, 2, 2, op_bipolar_quant },
	{ "Clip", false, 1, 3, op_clip },
	{ "Concat", false, 1, 64, op_concat },
	{ "Constant", false, 0, 0, op_constant },
	{ "Conv", false, 2, 3, op_conv },
	{ "Dropout", false, 1, 3, op_dropout },
	{ "Flatten", false, 1, 1, op_flatten },
	{ "Gather", false, 2, 2, op_gather },
	{ "Gemm", false, 2, 3, op_gemm },
	{ "GlobalAveragePool", false, 1, 1, op_global_average_pool },
	{ "Identity", false, 1, 1, op_identity },
	{ "IntQuant", true, 4, 4, op_quant },
	{ "MatMul", false, 2, 2, op_matmul },
	{ "MaxPool", false, 1, 1, op_max_pool },
	{ "Quant", true, 4, 4, op_quant },
	{ "Relu", false, 1, 1, op_relu },
	{ "Reshape", false, 2, 2, op_reshape },
	{ "Shape", false, 1, 1, op_shape },
	{ "Softmax", false, 1, 1, op_softmax },
	{ "Transpose", false, 1, 1, op_transpose },
	{ "Unsqueeze", false, 1, 2, op_unsqueeze },
};

static const char *text_of(const char *s)
{
	return s ? s : "";
}

static bool quant_domain(const char *d)
{
	return !strcmp(d, "qonnx.custom_op.general") ||
	       !strcmp(d, "onnx.brevitas") ||
	       !strcmp(d, "finn.custom_op.general");
}

static const struct operator *find_operator(const Onnx__NodeProto *node)
{
	const char *d = text_of(node->domain), *type = text_of(node->op_type);
	bool plain = !*d || !strcmp(d, "ai.onnx");

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strcmp(type, operators[i].type) &&
		    (operators[i].quantizer ? quant_domain(d) : plain))
			return &operators[i];
	return NULL;
}

static void check_inputs(struct op *op, const struct operator *o)
{
	size_t n = op_inputs(op);

	if (n < o->min_inputs || n > o->max_inputs)
		op_problem(op, "it has %zu inputs; %u to %u are supported", n,
			   o->min_inputs, o->max_inputs);
	for (size_t k = 0; k < op->node->n_input; k++) {
		const struct symbol *s = op_symbol(op, k);

		if (!s && op_input_given(op, k))
			op_problem(op, "input '%.64s' is defined nowhere",
				   op->node->input[k]);
		else if (!s && k < o->min_inputs)
			op_problem(op, "input %zu is missing", k);
		else if (s && s->node != GRAPH_NONE && s->extra)
			op_problem(op, "input '%.64s' is a second result of a node; those are not supported",
				   s->name);
	}
}

static void run_operator(struct op *op)
{
	const struct operator *o = find_operator(op->node);

	op->type = o ? o->type : text_of(op->node->op_type);
	if (!o) {
		const char *d = text_of(op->node->domain);

		op_problem(op, "operator '%.40s'%s%.40s is not supported",
			   op->type, *d ? " of domain " : "", d);
		return;
	}
	check_inputs(op, o);
	if (op->node->n_attribute > 64) {
		op_problem(op, "it has %zu attributes", op->node->n_attribute);
		return;
	}
	o->import(op);
	op_attrs_done(op);
}

static void import_node(struct importer *imp, const Onnx__NodeProto *node)
{
	struct op op = { .imp = imp, .node = node };
	const char *name = text_of(node->name);

	snprintf(op.name, sizeof(op.name), "%s", *name ? name : node->output[0]);
	text_clean(op.name);
	run_operator(&op);
	for (size_t k = 0; k < node->n_output; k++) {
		struct symbol *s = symbol_find(&imp->symbols, node->output[k]);

		if (s && s->kind == SYMBOL_LATER)
			s->kind = SYMBOL_REFUSED;
	}
}

static void define_constants(struct importer *imp)
{
	char what[96];

	for (size_t i = 0; i < imp->proto->n_initializer; i++) {
		const Onnx__TensorProto *t = imp->proto->initializer[i];
		struct symbol *s = symbol_add(&imp->symbols, text_of(t->name));

		snprintf(what, sizeof(what), "initializer '%.64s'",
			 text_of(t->name));
		if (!s) {
			report_problem(imp->r, "%s: the name is used twice", what);
			continue;
		}
		s->constant = constant_read(t, imp->r, what);
		s->kind = s->constant ? SYMBOL_CONST : SYMBOL_REFUSED;
	}
}

/* Shapes are 1 x C x H x W or 1 x N; the first may be left open. */
static bool input_shape(const Onnx__ValueInfoProto *vi, struct report *r,
			uint64_t *dim, size_t *rank)
{
	const Onnx__TensorShapeProto *shape = NULL;
	const char *name = text_of(vi->name);

	if (vi->type && vi->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
		shape = vi->type->tensor_type->shape;
		if (vi->type->tensor_type->elem_type !=
		    ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) {
			report_problem(r, "input '%.64s': data type %d is not supported, only float",
				       name, vi->type->tensor_type->elem_type);
			return false;
		}
	}
	if (!shape || (shape->n_dim != 4 && shape->n_dim != 2)) {
		report_problem(r, "input '%.64s': its shape is not known or has %zu dimensions; 1 x channels x height x width and 1 x numbers are supported",
			       name, shape ? shape->n_dim : 0);
		return false;
	}
	*rank = shape->n_dim;
	for (size_t k = 0; k < *rank; k++) {
		const Onnx__TensorShapeProto__Dimension *d = shape->dim[k];
		bool known = d->value_case ==
			ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		int64_t v = known ? d->dim_value : k ? 0 : 1;

		if (!k && v <= 0)
			v = 1;
		if (v > 0 && (k || v == 1)) {
			dim[k] = (uint64_t)v;
			continue;
		}
		report_problem(r, "input '%.64s': dimension %zu is %lld; %s",
			       name, k, (long long)v, k ?
			       "it must be a fixed size" :
			       "the batch size must be 1 or left open");
		return false;
	}
	return true;
}

static void define_inputs(struct importer *imp)
{
	size_t inputs = 0;

	for (size_t i = 0; i < imp->proto->n_input; i++) {
		const Onnx__ValueInfoProto *vi = imp->proto->input[i];
		uint64_t dim[4] = { 1, 1, 1, 1 };
		struct symbol *s;
		size_t rank;

		/* Old files list constants among the inputs. */
		if (symbol_find(&imp->symbols, text_of(vi->name)))
			continue;
		s = symbol_add(&imp->symbols, text_of(vi->name));
		s->kind = SYMBOL_REFUSED;
		if (inputs++) {
			report_problem(imp->r, "input '%.64s': the network has more than one input",
				       text_of(vi->name));
			continue;
		}
		if (!input_shape(vi, imp->r, dim, &rank))
			continue;
		s->value = graph_add_value(imp->g, imp->r, s->name, dim[1],
					   dim[2], dim[3], rank == 2);
		if (s->value == GRAPH_NONE)
			continue;
		s->kind = SYMBOL_VALUE;
		imp->g->input = s->value;
	}
	if (!inputs)
		report_problem(imp->r, "the network has no input");
}

static void define_results(struct importer *imp)
{
	for (size_t i = 0; i < imp->proto->n_node; i++) {
		const Onnx__NodeProto *n = imp->proto->node[i];

		for (size_t k = 0; k < n->n_output; k++) {
			struct symbol *s;

			if (!n->output[k][0])
				continue;
			s = symbol_add(&imp->symbols, n->output[k]);
			if (!s) {
				report_problem(imp->r, "node '%.64s' (%.40s): its result '%.64s' has a name that is used already",
					       text_of(n->name),
					       text_of(n->op_type), n->output[k]);
				continue;
			}
			s->node = (uint32_t)i;
			s->extra = k > 0;
		}
		if (!n->n_output || !n->output[0][0])
			report_problem(imp->r, "node '%.64s' (%.40s): it has no result",
				       text_of(n->name), text_of(n->op_type));
	}
}

static bool taken(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

static void take_outputs(struct importer *imp)
{
	const Onnx__GraphProto *p = imp->proto;

	imp->g->output = mem_array(p->n_output, sizeof(*imp->g->output));
	for (size_t i = 0; i < p->n_output; i++) {
		const char *name = text_of(p->output[i]->name);
		const struct symbol *s = symbol_find(&imp->symbols, name);

		if (!s || s->extra)
			report_problem(imp->r, "output '%.64s' is defined nowhere",
				       name);
		else if (s->kind == SYMBOL_CONST)
			report_problem(imp->r, "output '%.64s' is constant", name);
		else if (s->kind == SYMBOL_VALUE && taken(imp->g, s->value))
			report_problem(imp->r, "output '%.64s' is the same as another output",
				       name);
		else if (s->kind == SYMBOL_VALUE)
			imp->g->output[imp->g->output_count++] = s->value;
	}
	if (!p->n_output)
		report_problem(imp->r, "the network has no output");
}

static int64_t opset_of(const Onnx__ModelProto *model, struct report *r)
{
	for (size_t i = 0; i < model->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *o = model->opset_import[i];
		const char *d = text_of(o->domain);

		if (*d && strcmp(d, "ai.onnx"))
			continue;
		if (o->version < MIN_OPSET || o->version > MAX_OPSET)
			report_problem(r, "the model uses operator set %lld; %d to %d are supported",
				       (long long)o->version, MIN_OPSET,
				       MAX_OPSET);
		return o->version;
	}
	report_problem(r, "the model does not say which operator set it uses");
	return MAX_OPSET;
}

int import_model(const Onnx__ModelProto *model, struct graph *g,
		 struct report *r)
{
	struct importer imp = { .g = g, .r = r, .proto = model->graph };
	uint32_t *order;
	size_t n;

	*g = (struct graph){ 0 };
	if (!imp.proto) {
		report_problem(r, "the file has no network");
		return -EINVAL;
	}
	if (imp.proto->n_node > GRAPH_MAX_NODES ||
	    imp.proto->n_initializer > GRAPH_MAX_NODES ||
	    imp.proto->n_sparse_initializer || model->n_functions) {
		report_problem(r, "the network has %zu nodes, %zu constants, %zu sparse constants and %zu functions; at most %u nodes and constants are supported, and no others",
			       imp.proto->n_node, imp.proto->n_initializer,
			       imp.proto->n_sparse_initializer,
			       model->n_functions, GRAPH_MAX_NODES);
		return -EINVAL;
	}
	imp.opset = opset_of(model, r);
	g->name = mem_string(text_of(imp.proto->name));
	define_constants(&imp);
	define_inputs(&imp);
	define_results(&imp);
	if (!report_problems(r)) {
		n = import_order(&imp, &order);
		for (size_t i = 0; i < n; i++)
			import_node(&imp, imp.proto->node[order[i]]);
		free(order);
		take_outputs(&imp);
	}
	symbols_free(&imp.symbols);
	if (!report_problems(r))
		return 0;
	graph_free(g);
	return -EINVAL;
}
