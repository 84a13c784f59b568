// SPDX-License-Identifier: MIT
#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qnn.h"
#include "qnn_device.h"
#include "tools/common/json_out.h"
#include "tools/common/steps.h"
#include "tools/graph/cone.h"
#include "tools/graph/mem.h"
#include "tools/pack/origin.h"

struct maker {
	const struct packed *p;
	const struct source_nodes *nodes;
	struct qnn_program prog;
	uint32_t *node_of;	/* per value of the graph */
	bool *known;		/* values that a command stores, or the input */
	uint32_t *cone;
	json_t *taken;		/* name of a source node: array of commands */
};

void source_nodes_take(struct source_nodes *s, const struct graph *g)
{
	s->count = g->node_count;
	s->node = mem_array(s->count, sizeof(*s->node));
	for (size_t i = 0; i < s->count; i++) {
		s->node[i].name = mem_string(g->node[i].name);
		s->node[i].op = g->node[i].source;
	}
}

void source_nodes_free(struct source_nodes *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->node[i].name);
	free(s->node);
	*s = (struct source_nodes){ 0 };
}

static void set_int(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

static uint32_t alias_root(const struct units *u, uint32_t value)
{
	for (size_t i = u->alias_count; i-- > 0;)
		if (u->alias[i].value == value)
			value = u->alias[i].of;
	return value;
}

/* Where a value is stored, as the model file says, with its sides. */
static json_t *value_of(const struct packed *p, uint32_t value)
{
	const struct graph_value *v = &p->g->value[value];
	json_t *o = origin_value(p, value);

	json_object_set_new(o, "shape", json_pack("[I, I, I]", (json_int_t)v->h,
						  (json_int_t)v->w,
						  (json_int_t)v->c));
	return o;
}

/* Numbers of the commands that compute @value; the input has none. */
static json_t *writers(const struct maker *m, uint32_t value, size_t before)
{
	const struct units *u = &m->p->units;
	json_t *a = json_array();

	for (size_t i = 0; i < before; i++)
		if (u->unit[i].out == value)
			json_array_append_new(a, json_integer((json_int_t)i));
	if (json_array_size(a) || value == u->input)
		return a;
	value = alias_root(u, value);
	for (size_t i = 0; i < before; i++)
		if (alias_root(u, u->unit[i].out) == value)
			json_array_append_new(a, json_integer((json_int_t)i));
	return a;
}

static json_t *inputs(const struct maker *m, size_t index)
{
	const struct unit *x = &m->p->units.unit[index];
	json_t *a = json_array();

	for (unsigned int k = 0; k < unit_inputs(x); k++) {
		json_t *o = json_object();

		json_object_set_new(o, "value",
				    json_text(m->p->g->value[x->in[k]].name));
		json_object_set_new(o, "from", writers(m, x->in[k], index));
		json_array_append_new(a, o);
	}
	return a;
}

static void note_taken(struct maker *m, const char *name, size_t index)
{
	json_t *a = json_object_get(m->taken, name);

	if (!a) {
		a = json_array();
		json_object_set_new(m->taken, name, a);
	}
	for (size_t i = 0; i < json_array_size(a); i++)
		if (json_integer_value(json_array_get(a, i)) ==
		    (json_int_t)index)
			return;
	json_array_append_new(a, json_integer((json_int_t)index));
}

static void add_source(struct maker *m, json_t *list, const char *name,
		       const char *op, size_t index)
{
	json_t *o = json_object(), *other;
	size_t i;

	json_object_set_new(o, "name", json_text(name));
	json_object_set_new(o, "op", json_text(op));
	note_taken(m, json_string_value(json_object_get(o, "name")), index);
	/* Importers make several nodes of one. */
	json_array_foreach(list, i, other)
		if (json_equal(o, other)) {
			json_decref(o);
			return;
		}
	json_array_append_new(list, o);
}

/* The nodes of the source that a command computes. */
static json_t *sources(struct maker *m, size_t index)
{
	const struct unit *x = &m->p->units.unit[index];
	const struct graph *g = m->p->g;
	size_t count = graph_cone(g, m->node_of, m->known, x->out, m->cone);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct graph_node *n = &g->node[m->cone[i]];

		add_source(m, list, n->name, n->source, index);
	}
	if (!count)
		add_source(m, list, x->name, x->op, index);
	return list;
}

static uint64_t weight_count(const struct qnn_cmd *cmd, uint64_t *row)
{
	if (cmd->opcode != QNN_OP_CONV && cmd->opcode != QNN_OP_FC &&
	    cmd->opcode != QNN_OP_CONV_TRANSPOSE)
		return 0;
	*row = (uint64_t)cmd->conv.kernel_h * cmd->conv.kernel_w *
	       (cmd->in[0].channels / cmd->conv.groups);
	return *row * cmd->out.channels;
}

static void add_weights(const struct maker *m, json_t *o, size_t index)
{
	const struct qnn_cmd *cmd = &m->prog.cmds[index];
	const struct lower_note *note = &m->p->lowered.note[index];
	uint64_t row, count = weight_count(cmd, &row);
	uint32_t bits;
	json_t *w;

	if (!count || !note->weight_type)
		return;
	bits = qnn_elem_bits(note->weight_type);
	w = json_object();
	json_object_set_new(w, "type",
			    json_string(qnn_elem_name(note->weight_type)));
	set_int(w, "bits", bits);
	json_object_set_new(w, "from", json_string(note->weights));
	set_int(w, "count", count);
	set_int(w, "bytes", (row * bits + 7) / 8 * cmd->out.channels);
	json_object_set_new(o, "weights", w);
}

static void add_cost(const struct maker *m, json_t *o,
		     const struct qnn_counters *c)
{
	uint64_t all = m->prog.total.cycles;

	set_int(o, "macs", c->macs);
	set_int(o, "cycles", c->cycles);
	json_object_set_new(o, "share", json_real(all ? (double)c->cycles /
							(double)all : 0));
	set_int(o, "bytes_read", c->bytes_read);
	set_int(o, "bytes_written", c->bytes_written);
}

static const char *limit(const struct qnn_counters *c)
{
	uint64_t memory = (c->bytes_read + c->bytes_written +
			   QNN_DRAM_BYTES - 1) / QNN_DRAM_BYTES;

	return memory + QNN_CMD_OVERHEAD < c->cycles ? "compute" : "memory";
}

static json_t *layer(struct maker *m, size_t index)
{
	const struct packed *p = m->p;
	const struct unit *x = &p->units.unit[index];
	struct qnn_counters c;
	json_t *o = json_object();

	qnn_cmd_cost(&m->prog, (u32)index, &c);
	set_int(o, "index", index);
	json_object_set_new(o, "name", json_text(x->name));
	json_object_set_new(o, "op", json_text(x->op));
	json_object_set_new(o, "command", json_string(
			    qnn_opcode_name(m->prog.cmds[index].opcode)));
	json_object_set_new(o, "stage", json_string(p->lowered.note[index].stage));
	json_object_set_new(o, "nodes", sources(m, index));
	json_object_set_new(o, "inputs", inputs(m, index));
	json_object_set_new(o, "output", value_of(p, x->out));
	add_weights(m, o, index);
	add_cost(m, o, &c);
	json_object_set_new(o, "limit", json_string(limit(&c)));
	return o;
}

/* What became of each node of the source. */
static json_t *fates(const struct maker *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nodes->count; i++) {
		const struct source_node *n = &m->nodes->node[i];
		json_t *o = json_object(), *name = json_text(n->name);
		json_t *a = json_object_get(m->taken, json_string_value(name));

		json_object_set_new(o, "name", name);
		json_object_set_new(o, "op", json_text(n->op));
		if (a)
			json_object_set(o, "commands", a);
		else
			json_object_set_new(o, "commands", json_array());
		/* Importers make several nodes of one, which stand together. */
		if (json_equal(o, json_array_get(list, json_array_size(list) - 1)))
			json_decref(o);
		else
			json_array_append_new(list, o);
	}
	return list;
}

static const char *region_use(const struct packed *p, uint32_t region)
{
	if (!region)
		return "input";
	return region == p->memory.scratch ? "scratch" : "output";
}

static json_t *stored_value(const struct packed *p, uint32_t v)
{
	const struct place *at = &p->memory.place[v];
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(p->g->value[v].name));
	set_int(o, "region", at->region);
	json_object_set_new(o, "use", json_string(region_use(p, at->region)));
	set_int(o, "offset", at->offset);
	set_int(o, "bytes", at->bytes);
	json_object_set_new(o, "born", v == p->units.input ? json_integer(-1) :
			    json_integer((json_int_t)at->born));
	set_int(o, "dies", at->dies);
	if (at->root != v)
		json_object_set_new(o, alias_root(&p->units, v) != v ?
				    "inside" : "in_place_of",
				    json_text(p->g->value[at->root].name));
	return o;
}

static json_t *memory(const struct packed *p)
{
	const struct plan *plan = &p->memory.plan;
	json_t *o = json_object(), *values = json_array();
	json_t *sizes = json_array();

	for (uint32_t i = 0; i < p->memory.region_count; i++) {
		json_t *region = json_object();

		json_object_set_new(region, "use",
				    json_string(region_use(p, i)));
		set_int(region, "bytes", p->memory.region_size[i]);
		json_array_append_new(sizes, region);
	}
	json_object_set_new(o, "regions", sizes);
	set_int(o, "scratch_bytes", plan->size);
	set_int(o, "lower_bound", plan->bound);
	json_object_set_new(o, "ratio", plan->bound ?
			    json_real((double)plan->size / (double)plan->bound) :
			    json_null());
	set_int(o, "without_sharing", plan->unshared);
	set_int(o, "alignment", plan->align);
	for (uint32_t v = 0; v < p->memory.values; v++)
		if (p->memory.place[v].used)
			json_array_append_new(values, stored_value(p, v));
	json_object_set_new(o, "values", values);
	return o;
}

static json_t *totals(const struct maker *m, const json_t *layers)
{
	json_t *o = json_object(), *l;
	uint64_t weights = 0;
	size_t i;

	json_array_foreach(layers, i, l)
		weights += (uint64_t)json_integer_value(json_object_get(
			json_object_get(l, "weights"), "bytes"));
	add_cost(m, o, &m->prog.total);
	json_object_del(o, "share");
	set_int(o, "commands", m->prog.header->cmd_count);
	set_int(o, "weight_bytes", weights);
	set_int(o, "constant_bytes", m->prog.header->const_size);
	set_int(o, "program_bytes", m->p->program_size);
	set_int(o, "clock_mhz", QNN_CLOCK_MHZ);
	return o;
}

static void open_maker(struct maker *m)
{
	const struct packed *p = m->p;

	m->node_of = graph_makers(p->g);
	m->known = mem_array(p->g->value_count, sizeof(*m->known));
	m->cone = mem_array(p->g->node_count, sizeof(*m->cone));
	m->taken = json_object();
	m->known[p->units.input] = true;
	for (size_t i = 0; i < p->units.count; i++)
		m->known[p->units.unit[i].out] = true;
	/* Joined values, of which commands write the parts. */
	for (size_t i = 0; i < p->units.alias_count; i++)
		m->known[p->units.alias[i].of] = true;
}

static void close_maker(struct maker *m)
{
	free(m->node_of);
	free(m->known);
	free(m->cone);
	json_decref(m->taken);
}

/* What the host does with the sums of an output. */
static void add_steps(const struct packed *p, uint32_t value, json_t *o)
{
	const struct lower_real *real = &p->lowered.real[value];
	json_t *steps = json_array();

	for (uint32_t k = 0; k < real->steps; k++)
		json_array_append_new(steps,
				      steps_json(real->step[k].kind,
						 real->step[k].operand,
						 p->g->value[value].c));
	if (p->g->value[value].softmax)
		json_array_append_new(steps,
				      steps_json(QNN_STEP_SOFTMAX, NULL, 0));
	if (json_array_size(steps))
		json_object_set(o, "steps", steps);
	json_decref(steps);
}

json_t *report_network(const struct packed *p, const struct pack_options *opt,
		       const struct source_nodes *nodes,
		       const struct report *r)
{
	struct maker m = { .p = p, .nodes = nodes };
	json_t *root, *layers, *outputs;
	struct qnn_diag why;

	/* It was accepted before. */
	if (qnn_program_validate(p->program, p->program_size, &m.prog, &why,
				 NULL, NULL))
		return NULL;
	open_maker(&m);
	root = origin_head(p, opt);
	layers = json_array();
	for (size_t i = 0; i < p->units.count; i++)
		json_array_append_new(layers, layer(&m, i));
	outputs = json_array();
	for (size_t i = 0; i < p->g->output_count; i++) {
		json_t *o = value_of(p, p->g->output[i]);

		json_object_set_new(o, "from", writers(&m, p->g->output[i],
						       p->units.count));
		add_steps(p, p->g->output[i], o);
		json_array_append_new(outputs, o);
	}
	json_object_set_new(root, "input", value_of(p, p->units.input));
	json_object_set_new(root, "outputs", outputs);
	json_object_set_new(root, "totals", totals(&m, layers));
	json_object_set_new(root, "layers", layers);
	json_object_set_new(root, "source_nodes", fates(&m));
	json_object_set_new(root, "memory", memory(p));
	json_object_set_new(root, "notes", origin_lines(&r->notes));
	close_maker(&m);
	return root;
}
