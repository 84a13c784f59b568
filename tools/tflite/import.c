// SPDX-License-Identifier: MIT
/* From the graph of a file to ours: which operators, and one by one. */
#include "priv.h"
#include "tflite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

#define NOTHING SIZE_MAX

static const struct operator {
	int32_t code;
	int kind;		/* of the options that it needs; 0: none */
	size_t min_inputs;
	size_t max_inputs;
	/* Input that says what the shape of the result says anyway. */
	size_t ignored;
	void (*import)(struct op *op);
	const char *text;	/* what of it, for lists of operators */
} operators[] = {
	{ 0, TFL_OPT_ADD, 2, 2, NOTHING, tfl_op_add,
	  "two values of one shape, or one repeated; a constant for all or each channel" },
	{ 1, TFL_OPT_POOL, 1, 1, NOTHING, tfl_op_average_pool,
	  "strides up to 255; padding does not count" },
	{ 2, TFL_OPT_CONCAT, 1, 1024, NOTHING, tfl_op_concat,
	  "along height, width or channels" },
	{ 3, TFL_OPT_CONV, 2, 3, NOTHING, tfl_op_conv,
	  "kernel, strides and dilation up to 255; groups" },
	{ 4, TFL_OPT_DEPTHWISE, 2, 3, NOTHING, tfl_op_depthwise,
	  "as CONV_2D; any depth multiplier" },
	{ 5, TFL_OPT_DEPTH_TO_SPACE, 1, 1, NOTHING, tfl_op_depth_to_space,
	  "all of it" },
	{ 6, 0, 1, 1, NOTHING, tfl_op_dequantize,
	  "at the end, or of float16 constants" },
	{ 9, TFL_OPT_DENSE, 2, 3, NOTHING, tfl_op_dense,
	  "the input is made flat" },
	{ 14, 0, 1, 1, NOTHING, tfl_op_logistic,
	  "all of it" },
	{ 17, TFL_OPT_POOL, 1, 1, NOTHING, tfl_op_max_pool,
	  "strides up to 255" },
	{ 18, TFL_OPT_MUL, 2, 2, NOTHING, tfl_op_mul,
	  "two values of one shape, or one repeated; a constant for all or each channel" },
	{ 19, 0, 1, 1, NOTHING, tfl_op_relu,
	  "all of it" },
	{ 20, 0, 1, 1, NOTHING, tfl_op_relu_n1_to_1,
	  "all of it" },
	{ 21, 0, 1, 1, NOTHING, tfl_op_relu6,
	  "all of it" },
	{ 22, 0, 1, 2, 1, tfl_op_reshape,
	  "shapes that are known; three dimensions above 1" },
	{ 25, TFL_OPT_SOFTMAX, 1, 1, NOTHING, tfl_op_softmax,
	  "over the channels" },
	{ 26, TFL_OPT_SPACE_TO_DEPTH, 1, 1, NOTHING, tfl_op_space_to_depth,
	  "all of it" },
	{ 28, 0, 1, 1, NOTHING, tfl_op_tanh,
	  "all of it" },
	{ 34, 0, 2, 2, NOTHING, tfl_op_pad,
	  "constant paddings, and one number to fill with" },
	{ 39, 0, 2, 2, NOTHING, tfl_op_transpose,
	  "constant order" },
	{ 40, TFL_OPT_REDUCER, 2, 2, NOTHING, tfl_op_mean,
	  "over height, width or both" },
	{ 41, TFL_OPT_SUB, 2, 2, NOTHING, tfl_op_sub,
	  "as ADD" },
	{ 43, 0, 1, 1, NOTHING, tfl_op_reshape,
	  "shapes that are known; three dimensions above 1" },
	{ 45, TFL_OPT_STRIDED_SLICE, 4, 4, NOTHING, tfl_op_strided_slice,
	  "constant begin, end and strides" },
	{ 49, 0, 2, 2, NOTHING, tfl_op_split,
	  "constant axis" },
	{ 54, 0, 2, 2, NOTHING, tfl_op_prelu,
	  "one factor, or one for each channel" },
	{ 56, 0, 2, 2, NOTHING, tfl_op_arg_max,
	  "over the channels; the result has 32 bits" },
	{ 60, 0, 3, 3, NOTHING, tfl_op_pad,
	  "constant paddings, and one number to fill with" },
	{ 65, 0, 3, 3, NOTHING, tfl_op_slice,
	  "constant begin and size" },
	{ 67, TFL_OPT_TRANSPOSE_CONV, 3, 4, 0, tfl_op_transpose_conv,
	  "kernel and strides up to 255" },
	{ 70, 0, 2, 2, 1, tfl_op_reshape,
	  "shapes that are known; three dimensions above 1" },
	{ 97, TFL_OPT_RESIZE_NEAREST, 2, 2, NOTHING, tfl_op_resize_nearest,
	  "sizes for which binary32 takes the same elements as fractions" },
	{ 98, TFL_OPT_LEAKY_RELU, 1, 1, NOTHING, tfl_op_leaky_relu,
	  "all of it" },
	{ 100, TFL_OPT_MIRROR_PAD, 2, 2, NOTHING, tfl_op_mirror_pad,
	  "constant paddings up to 3" },
	{ 102, 0, 3, 3, NOTHING, tfl_op_split_v,
	  "constant sizes" },
	{ 111, 0, 1, 1, NOTHING, tfl_op_elu,
	  "all of it" },
	{ 114, 0, 1, 1, NOTHING, tfl_op_quantize,
	  "at the beginning and the end, or from codes to codes" },
	{ 117, 0, 1, 1, NOTHING, tfl_op_hard_swish,
	  "all of it" },
	{ 150, TFL_OPT_GELU, 1, 1, NOTHING, tfl_op_gelu,
	  "all of it" },
	{ 152, 0, 1, 1, NOTHING, tfl_op_relu_0_to_1,
	  "all of it" },
};

bool tflite_operator(size_t index, struct tflite_operator_doc *doc)
{
	if (index >= sizeof(operators) / sizeof(operators[0]))
		return false;
	*doc = (struct tflite_operator_doc){
		.name = tfl_op_name(operators[index].code),
		.weights = operators[index].kind == TFL_OPT_CONV ||
			   operators[index].kind == TFL_OPT_DEPTHWISE ||
			   operators[index].kind == TFL_OPT_DENSE ||
			   operators[index].kind == TFL_OPT_TRANSPOSE_CONV,
		.text = operators[index].text,
	};
	return true;
}

static const struct operator *find_operator(int32_t code)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (operators[i].code == code)
			return &operators[i];
	return NULL;
}

static void refuse_unknown(struct op *op)
{
	const char *hint = tfl_op_hint(op->o->code);

	if (op->o->custom[0])
		tfl_op_problem(op, "the custom operator '%s' is not supported%s",
			       op->o->custom,
			       "; --cut can end the network in front of it");
	else
		tfl_op_problem(op, "the operator is not supported; %s",
			       *hint ? hint :
			       "--cut can end the network in front of it");
}

static bool check_inputs(struct op *op, const struct operator *o)
{
	size_t n = op->o->in.n;

	if (n < o->min_inputs || n > o->max_inputs) {
		tfl_op_problem(op, "it has %zu inputs; %zu to %zu are supported", n,
			       o->min_inputs, o->max_inputs);
		return false;
	}
	if (o->kind && op->opt->kind != o->kind) {
		tfl_op_problem(op, "it has no options, or those of another operator");
		return false;
	}
	for (size_t k = 0; k < n; k++) {
		const struct symbol *s = tfl_op_symbol(op, k);

		if (!s || s->kind != SYMBOL_LATER || k == o->ignored)
			continue;
		tfl_op_problem(op, "input '%.64s' is not defined before it is used",
			       tfl_op_input(op, k)->name);
	}
	return !op->refused;
}

static void import_node(struct importer *imp, const struct tfl_operator *o)
{
	const struct operator *known = find_operator(o->code);
	const char *name = tfl_op_name(o->code);
	struct op op = {
		.imp = imp, .o = o, .opt = &o->opt,
		.type = name ? name : "of an unknown number",
		.name = imp->m->tensor[o->out.v[0]].name,
		.ignored = known ? known->ignored : NOTHING,
	};

	if (!known)
		refuse_unknown(&op);
	else if (check_inputs(&op, known) && tfl_op_ready(&op))
		known->import(&op);
	for (size_t k = 0; k < o->out.n; k++) {
		struct symbol *s = &imp->symbol[o->out.v[k]];

		if (s->kind == SYMBOL_LATER && tfl_op_ready(&op))
			tfl_op_problem(&op, "it has %zu results; that many are not supported",
				       o->out.n);
		if (op.refused || s->kind == SYMBOL_LATER)
			s->kind = SYMBOL_REFUSED;
	}
}

static void define_constants(struct importer *imp)
{
	for (size_t i = 0; i < imp->m->tensors; i++) {
		struct symbol *s = &imp->symbol[i];

		imp->maker[i] = GRAPH_NONE;
		s->source = (uint32_t)i;
		if (imp->m->tensor[i].data)
			s->kind = SYMBOL_CONST;
	}
}

static void define_results(struct importer *imp)
{
	for (size_t i = 0; i < imp->m->ops; i++) {
		const struct tfl_operator *o = &imp->m->op[i];

		if (!o->out.n)
			report_problem(imp->r, "operator %zu has no result", i);
		for (size_t k = 0; k < o->out.n; k++) {
			uint32_t t = (uint32_t)o->out.v[k];

			if (imp->maker[t] != GRAPH_NONE ||
			    imp->symbol[t].kind == SYMBOL_CONST)
				report_problem(imp->r, "tensor '%.64s' is the result of operator %zu, but has a value already",
					       imp->m->tensor[t].name, i);
			imp->maker[t] = (uint32_t)i;
		}
	}
}

/* The network's input, and the quantizer that its elements are codes of. */
static void define_input(struct importer *imp)
{
	const struct tfl_model *m = imp->m;
	struct tfl_operator none = { .out = m->in };
	struct op op = { .imp = imp, .o = &none, .opt = &none.opt,
			 .type = "input", .ignored = NOTHING };
	const struct tfl_tensor *t;
	struct symbol *s;
	struct sides side;
	uint32_t value;

	if (m->in.n != 1) {
		report_problem(imp->r, "the network has %zu inputs; only one is supported",
			       m->in.n);
		return;
	}
	t = &m->tensor[m->in.v[0]];
	s = &imp->symbol[m->in.v[0]];
	op.name = t->name;
	if (s->kind == SYMBOL_CONST || imp->maker[m->in.v[0]] != GRAPH_NONE) {
		report_problem(imp->r, "input '%.64s' is constant, or the result of an operator",
			       t->name);
		return;
	}
	s->kind = SYMBOL_REFUSED;
	if (!tfl_op_image(&op, t, &side))
		return;
	value = graph_add_value(imp->g, imp->r, t->name, side.c, side.h, side.w,
				false);
	imp->g->input = value;
	if (t->type != TFL_FLOAT32) {
		value = tfl_op_quant(&op, value, t, NULL);
		imp->g->input_is_codes = true;
	}
	if (value == GRAPH_NONE)
		return;
	s->kind = SYMBOL_VALUE;
	s->value = value;
}

/* Operators are in an order in which they can run. */
static void mark_needed(struct importer *imp, const uint32_t *end, size_t ends)
{
	bool *wanted = mem_array(imp->m->tensors + 1, sizeof(*wanted));

	for (size_t i = 0; i < ends; i++)
		wanted[end[i]] = true;
	for (size_t i = imp->m->ops; i-- > 0;) {
		const struct tfl_operator *o = &imp->m->op[i];
		const struct operator *known = find_operator(o->code);

		for (size_t k = 0; k < o->out.n; k++)
			imp->needed[i] |= wanted[o->out.v[k]];
		for (size_t k = 0; imp->needed[i] && k < o->in.n; k++)
			if (o->in.v[k] >= 0 && (!known || k != known->ignored))
				wanted[o->in.v[k]] = true;
	}
	free(wanted);
}

static bool is_called(const struct tfl_tensor *t, const char *name)
{
	return !strcmp(t->name, name) || !strcmp(t->full_name, name);
}

/* Tensors behind which the network ends: its outputs, or where it is cut. */
static size_t find_ends(struct importer *imp, const struct import_options *opt,
			uint32_t **ends)
{
	const struct tfl_model *m = imp->m;
	size_t n = 0, cuts = opt ? opt->cuts : 0;

	*ends = mem_array(cuts ? cuts : m->out.n, sizeof(**ends));
	for (size_t i = 0; !cuts && i < m->out.n; i++)
		(*ends)[n++] = (uint32_t)m->out.v[i];
	for (size_t i = 0; i < cuts; i++) {
		size_t t = 0;

		while (t < m->tensors && (imp->maker[t] == GRAPH_NONE ||
					  !is_called(&m->tensor[t], opt->cut[i])))
			t++;
		if (t < m->tensors)
			(*ends)[n++] = (uint32_t)t;
		else
			report_problem(imp->r, "there is no node '%.64s' to cut behind; TFLite nodes are called as their results are",
				       opt->cut[i]);
	}
	if (!n)
		report_problem(imp->r, "the network has no output");
	return n;
}

static bool taken(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

/* What only has other sides or another type has the name that is the last. */
static void take_outputs(struct importer *imp, const uint32_t *end, size_t n)
{
	struct graph *g = imp->g;

	g->output = mem_array(n, sizeof(*g->output));
	for (size_t i = 0; i < n; i++) {
		const struct symbol *s = &imp->symbol[end[i]];
		const char *name = imp->m->tensor[end[i]].name;

		if (s->kind == SYMBOL_REFUSED)
			continue;
		if (s->kind != SYMBOL_VALUE) {
			report_problem(imp->r, "output '%.64s' is %s", name,
				       s->kind == SYMBOL_CONST ? "constant" :
				       "defined nowhere");
		} else if (taken(g, s->value)) {
			report_problem(imp->r, "output '%.64s' is the same as another output",
				       name);
		} else {
			if (s->value != g->input) {
				free(g->value[s->value].name);
				g->value[s->value].name = mem_string(name);
			}
			g->output[g->output_count++] = s->value;
		}
	}
}

static void import_all(struct importer *imp, const struct import_options *opt)
{
	uint32_t *end;
	size_t ends;

	define_constants(imp);
	define_results(imp);
	define_input(imp);
	ends = find_ends(imp, opt, &end);
	if (!report_problems(imp->r)) {
		mark_needed(imp, end, ends);
		for (size_t i = 0; i < imp->m->ops; i++)
			if (imp->needed[i])
				import_node(imp, &imp->m->op[i]);
		take_outputs(imp, end, ends);
		if (!report_problems(imp->r) && imp->g->output_count != ends)
			report_problem(imp->r, "an output of the network cannot be computed");
	}
	free(end);
}

int tfl_import_model(const struct tfl_model *m, const struct import_options *opt,
		     struct graph *g, struct report *r)
{
	struct importer imp = {
		.g = g, .r = r, .m = m,
		.symbol = mem_array(m->tensors + 1, sizeof(*imp.symbol)),
		.maker = mem_array(m->tensors + 1, sizeof(*imp.maker)),
		.needed = mem_array(m->ops + 1, sizeof(*imp.needed)),
	};

	*g = (struct graph){ .name = mem_string(m->name) };
	import_all(&imp, opt);
	free(imp.symbol);
	free(imp.maker);
	free(imp.needed);
	if (!report_problems(r))
		return 0;
	graph_free(g);
	return -EINVAL;
}
