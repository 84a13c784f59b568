// SPDX-License-Identifier: MIT
/* From the graph of a file to ours: names, order, and operator by operator. */
#include "priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/text.h"
#include "tools/graph/mem.h"

#define MAX_NAMES	(1u << 18)

static const char *text_of(const char *s)
{
	return s ? s : "";
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
	}
}

static void run_operator(struct op *op)
{
	const struct operator *o = operator_find(op->node);

	op->type = o ? o->doc.type : text_of(op->node->op_type);
	if (!o) {
		const char *d = text_of(op->node->domain);

		op_problem(op, "operator '%.40s'%s%.40s is not supported%s",
			   op->type, *d ? " of domain " : "", d,
			   operator_hint(op->type));
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

	snprintf(op.name, sizeof(op.name), "%.*s", (int)sizeof(op.name) - 1,
		 *name ? name : node->output[0]);
	text_clean(op.name);
	run_operator(&op);
	for (size_t k = 0; k < node->n_output; k++) {
		struct symbol *s = symbol_find(&imp->symbols, node->output[k]);

		if (!s || s->kind != SYMBOL_LATER)
			continue;
		/* A result that this operator does not compute. */
		if (!op.refused && k && s->needed && op_ready(&op))
			op_problem(&op, "its result %zu ('%.64s') is used; only the first is supported",
				   k, s->name);
		s->kind = SYMBOL_REFUSED;
	}
}

static void define_names(struct importer *imp)
{
	const Onnx__GraphProto *p = imp->proto;

	for (size_t i = 0; i < p->n_initializer; i++) {
		const char *name = text_of(p->initializer[i]->name);
		struct symbol *s = symbol_add(&imp->symbols, name);

		if (s)
			s->initializer = p->initializer[i];
		else
			report_problem(imp->r, "initializer '%.64s': the name is used twice",
				       name);
	}
	for (size_t i = 0; i < p->n_input; i++) {
		const char *name = text_of(p->input[i]->name);
		struct symbol *s = symbol_find(&imp->symbols, name);

		/* Old files list constants among the inputs. */
		if (s && s->initializer)
			continue;
		if (!s)
			s = symbol_add(&imp->symbols, name);
		s->input = p->input[i];
	}
	for (size_t i = 0; i < p->n_node; i++) {
		const Onnx__NodeProto *n = p->node[i];

		for (size_t k = 0; k < n->n_output; k++) {
			struct symbol *s;

			if (!n->output[k][0])
				continue;
			s = symbol_add(&imp->symbols, n->output[k]);
			if (s)
				s->node = (uint32_t)i;
			else
				report_problem(imp->r, "node '%.64s' (%.40s): its result '%.64s' has a name that is used already",
					       text_of(n->name),
					       text_of(n->op_type), n->output[k]);
		}
		if (!n->n_output || !n->output[0][0])
			report_problem(imp->r, "node '%.64s' (%.40s): it has no result",
				       text_of(n->name), text_of(n->op_type));
	}
}

#define SPEND_EXTRA	(1ull << 26)
#define SPEND_FACTOR	32u	/* for each byte: quantized weights take 9 */
#define SPEND_MOST	(1ull << 31)

bool import_spend(struct importer *imp, uint64_t numbers)
{
	uint64_t most = SPEND_EXTRA + SPEND_FACTOR * imp->bytes;

	most = most < SPEND_MOST ? most : SPEND_MOST;
	if (imp->spent <= most && numbers <= most - imp->spent) {
		imp->spent += numbers;
		return true;
	}
	imp->spent = SPEND_MOST;
	return false;
}

/* Constants and inputs, as far as they are needed. */
static void define_sources(struct importer *imp)
{
	const Onnx__GraphProto *p = imp->proto;
	size_t inputs = 0;
	char what[96];

	for (size_t i = 0; i < p->n_initializer; i++) {
		const char *name = text_of(p->initializer[i]->name);
		struct symbol *s = symbol_find(&imp->symbols, name);

		if (!s->needed || s->constant)
			continue;
		snprintf(what, sizeof(what), "initializer '%.64s'", name);
		s->constant = constant_read(imp, s->initializer, what);
		s->kind = s->constant ? SYMBOL_CONST : SYMBOL_REFUSED;
	}
	for (size_t i = 0; i < p->n_input; i++) {
		struct symbol *s = symbol_find(&imp->symbols,
					       text_of(p->input[i]->name));

		if (!s->input || !s->needed || s->kind != SYMBOL_LATER)
			continue;
		if (!inputs++) {
			import_input(imp, s);
			continue;
		}
		s->kind = SYMBOL_REFUSED;
		report_problem(imp->r, "input '%.64s': the network has more than one input; make it a constant, or cut the network behind what needs it",
			       s->name);
	}
}

static bool taken(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

/* In the order that the file has, or with channels last, as the device has. */
static uint32_t output_value(struct importer *imp, const struct symbol *s)
{
	static const uint8_t last[] = { ROLE_NONE, ROLE_H, ROLE_W, ROLE_C };
	struct view image = s->tensor.view;
	struct tensor t = s->tensor;
	struct op op = {
		.imp = imp, .type = "output", .node = imp->proto->node[0],
	};
	bool as_device = image.rank == 4, as_file = true;

	snprintf(op.name, sizeof(op.name), "%.*s", (int)sizeof(op.name) - 1,
		 s->name);
	text_clean(op.name);
	view_roles(&image);
	for (size_t k = 0; k < image.rank; k++) {
		if (t.view.dims[k] == 1)
			continue;
		as_file = as_file && t.view.role[k] == image.role[k];
		as_device = as_device && t.view.role[k] == last[k & 3];
	}
	if (as_file || as_device || tensor_arrange(&op, &t, image.role))
		return t.value;
	return GRAPH_NONE;
}

static void take_output(struct importer *imp, uint32_t value, const char *name)
{
	struct graph *g = imp->g;

	/* Then it is what the file calls by the name of softmax's result. */
	if (note_of(imp, value)->softmax) {
		g->value[value].softmax = true;
		free(g->value[value].name);
		g->value[value].name = mem_string(name);
	}
	g->output[g->output_count++] = value;
}

static void take_outputs(struct importer *imp)
{
	imp->g->output = mem_array(imp->targets, sizeof(*imp->g->output));
	for (size_t i = 0; i < imp->targets; i++) {
		const struct symbol *s = symbol_find(&imp->symbols,
						     imp->target[i]);
		uint32_t value;

		if (s->kind == SYMBOL_CONST) {
			report_problem(imp->r, "output '%.64s' is constant",
				       s->name);
			continue;
		}
		if (s->kind != SYMBOL_VALUE)
			continue;
		value = output_value(imp, s);
		if (value != GRAPH_NONE && taken(imp->g, value))
			report_problem(imp->r, "output '%.64s' is the same as another output",
				       s->name);
		else if (value != GRAPH_NONE)
			take_output(imp, value, s->name);
	}
}

static void read_opsets(struct importer *imp, const Onnx__ModelProto *model)
{
	imp->opset = imp->qonnx_opset = 0;
	for (size_t i = 0; i < model->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *o = model->opset_import[i];
		const char *d = text_of(o->domain);

		if (!*d || !strcmp(d, "ai.onnx"))
			imp->opset = o->version;
		else if (strstr(d, "qonnx") || strstr(d, "brevitas") ||
			 strstr(d, "finn"))
			imp->qonnx_opset = o->version;
	}
	if (!imp->opset)
		report_problem(imp->r, "the model does not say which operator set it uses");
	else if (imp->opset < ONNX_MIN_OPSET || imp->opset > ONNX_MAX_OPSET)
		report_problem(imp->r, "the model uses operator set %lld; %d to %d are supported",
			       (long long)imp->opset, ONNX_MIN_OPSET,
			       ONNX_MAX_OPSET);
}

/* Names that nodes read and define, and that the network has besides. */
static size_t count_names(const Onnx__GraphProto *p)
{
	size_t n = p->n_input + p->n_output;

	for (size_t i = 0; i < p->n_node; i++)
		n += p->node[i]->n_input + p->node[i]->n_output;
	return n;
}

static bool size_ok(const Onnx__ModelProto *model, struct report *r)
{
	const Onnx__GraphProto *p = model->graph;
	size_t names;

	if (!p) {
		report_problem(r, "the file has no network");
		return false;
	}
	if (!p->n_node) {
		report_problem(r, "the network has no nodes");
		return false;
	}
	names = count_names(p);
	if (names > MAX_NAMES) {
		report_problem(r, "the nodes have %zu inputs and results; at most %u are supported",
			       names, MAX_NAMES);
		return false;
	}
	if (p->n_node <= GRAPH_MAX_NODES && p->n_initializer <= GRAPH_MAX_NODES &&
	    !p->n_sparse_initializer && !model->n_functions)
		return true;
	report_problem(r, "the network has %zu nodes, %zu constants, %zu sparse constants and %zu functions; at most %u nodes and constants are supported, and no others",
		       p->n_node, p->n_initializer, p->n_sparse_initializer,
		       model->n_functions, GRAPH_MAX_NODES);
	return false;
}

static void import_graph(struct importer *imp)
{
	uint32_t *order;
	size_t n;

	define_names(imp);
	if (report_problems(imp->r))
		return;
	import_select(imp);
	if (report_problems(imp->r))
		return;
	/* Of what is wrong with inputs, and with operators, nothing is left out. */
	define_sources(imp);
	n = import_order(imp, &order);
	for (size_t i = 0; i < n; i++)
		import_node(imp, imp->proto->node[order[i]]);
	free(order);
	take_outputs(imp);
	if (!report_problems(imp->r) && imp->g->output_count != imp->targets)
		report_problem(imp->r, "an output of the network cannot be computed");
	if (!imp->g->value_count && !report_problems(imp->r))
		report_problem(imp->r, "the network has no input that its outputs need");
}

int import_model(const Onnx__ModelProto *model, size_t size,
		 const struct import_options *opt, int folder, struct graph *g,
		 struct report *r)
{
	struct importer imp = {
		.g = g, .r = r, .opt = opt, .proto = model->graph,
		.folder = folder, .outside_left = ONNX_MAX_FILE_SIZE,
		.bytes = size,
	};

	*g = (struct graph){ 0 };
	if (!size_ok(model, r))
		return -EINVAL;
	read_opsets(&imp, model);
	g->name = mem_string(text_of(imp.proto->name));
	import_graph(&imp);
	symbols_free(&imp.symbols);
	free(imp.needed);
	free(imp.target);
	free(imp.note);
	if (!report_problems(r))
		return 0;
	graph_free(g);
	return -EINVAL;
}
