// SPDX-License-Identifier: MIT
/*
 * The network as boxes, from top to bottom. A box stands one row below the
 * lowest of those that it reads; edges that pass rows run beside them.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "get.h"
#include "html.h"
#include "tools/graph/mem.h"

#define BOX_W	310.0
#define BOX_H	78.0
#define END_H	34.0
#define GAP_X	70.0
#define GAP_Y	34.0
#define MARGIN	12.0
#define CHANNEL	13.0	/* between edges that run side by side */
#define LETTERS	27	/* that fit into a box */

struct box {
	const json_t *layer;	/* NULL: input or output */
	const json_t *value;	/* of those */
	size_t row;
	size_t lane;
};

struct edge {
	size_t from, to;
};

struct picture {
	FILE *out;
	struct box *box;
	size_t boxes;
	size_t layers;
	struct edge *edge;
	size_t edges;
	size_t edge_cap;
	size_t *width;		/* lanes of each row */
	size_t rows;
	size_t channels;	/* edges that run beside boxes */
	double largest;		/* share */
};

static void add_edges(struct picture *p, const json_t *from, size_t to)
{
	const json_t *number;
	size_t i;

	/* What nobody computes is the input. */
	if (!json_array_size(from)) {
		p->edge = mem_grow(p->edge, &p->edge_cap, p->edges + 1,
				   sizeof(*p->edge));
		p->edge[p->edges++] = (struct edge){ 0, to };
	}
	json_array_foreach(from, i, number) {
		size_t of = (size_t)json_integer_value(number) + 1;

		p->edge = mem_grow(p->edge, &p->edge_cap, p->edges + 1,
				   sizeof(*p->edge));
		p->edge[p->edges++] = (struct edge){ of, to };
	}
}

static void read_network(struct picture *p, const json_t *root)
{
	const json_t *layers = get(root, "layers"), *outputs, *l, *in;
	size_t i, k;

	outputs = get(root, "outputs");
	p->layers = json_array_size(layers);
	p->boxes = 1 + p->layers + json_array_size(outputs);
	p->box = mem_array(p->boxes, sizeof(*p->box));
	p->box[0].value = get(root, "input");
	json_array_foreach(layers, i, l) {
		double share = get_real(l, "share");

		p->box[1 + i].layer = l;
		p->largest = share > p->largest ? share : p->largest;
		json_array_foreach(get(l, "inputs"), k, in)
			add_edges(p, get(in, "from"), 1 + i);
	}
	json_array_foreach(outputs, i, l) {
		p->box[1 + p->layers + i].value = l;
		add_edges(p, get(l, "from"), 1 + p->layers + i);
	}
}

/* A lane of a row that nobody has; @wanted, if possible. */
static size_t free_lane(const struct picture *p, size_t box, size_t wanted)
{
	for (size_t i = 0; i < box; i++)
		if (p->box[i].row == p->box[box].row &&
		    p->box[i].lane == wanted)
			return p->width[p->box[box].row];
	return wanted;
}

/* Edges are in the order of the boxes that they lead to. */
static void place_boxes(struct picture *p)
{
	size_t e = 0;

	p->width = mem_array(p->boxes + 1, sizeof(*p->width));
	p->width[0] = 1;
	p->rows = 1;
	for (size_t i = 1; i < p->boxes; i++) {
		struct box *b = &p->box[i];
		size_t wanted = 0;

		for (; e < p->edges && p->edge[e].to == i; e++) {
			const struct box *from = &p->box[p->edge[e].from];

			if (from->row + 1 <= b->row)
				continue;
			b->row = from->row + 1;
			wanted = from->lane;
		}
		b->lane = free_lane(p, i, wanted);
		if (b->lane >= p->width[b->row])
			p->width[b->row] = b->lane + 1;
		p->rows = b->row + 1 > p->rows ? b->row + 1 : p->rows;
	}
}

static double middle(const struct box *b)
{
	return MARGIN + (double)b->lane * (BOX_W + GAP_X) + BOX_W / 2;
}

static double top(const struct box *b)
{
	double row = MARGIN + (double)b->row * (BOX_H + GAP_Y);

	/* The input stands close to what reads it. */
	return b->layer || b->row ? row : row + BOX_H - END_H;
}

static double bottom(const struct box *b)
{
	return top(b) + (b->layer ? BOX_H : END_H);
}

/* Where an edge that passes rows can run without crossing their boxes. */
static double channel(struct picture *p, const struct box *a,
		      const struct box *b)
{
	size_t widest = 0;

	for (size_t row = a->row + 1; row < b->row; row++)
		widest = p->width[row] > widest ? p->width[row] : widest;
	if (a->lane >= widest)
		return middle(a);
	return MARGIN + (double)widest * (BOX_W + GAP_X) - GAP_X + CHANNEL *
	       (double)(1 + p->channels++ % 4);
}

static void put_edge(struct picture *p, const struct edge *e)
{
	const struct box *a = &p->box[e->from], *b = &p->box[e->to];
	double x0 = middle(a), y0 = bottom(a), x1 = middle(b), y1 = top(b) - 7;
	double x;

	fprintf(p->out, "<path class=\"edge\" d=\"M%.1f %.1f", x0, y0);
	if (b->row <= a->row + 1) {
		double half = (y1 - y0) / 2;

		fprintf(p->out, "C%.1f %.1f %.1f %.1f %.1f %.1f", x0, y0 + half,
			x1, y1 - half, x1, y1);
	} else {
		x = channel(p, a, b);
		fprintf(p->out, "C%.1f %.1f %.1f %.1f %.1f %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f %.1f",
			x0, y0 + 22, x, y0 + 14, x, y0 + 44, y1 - 38, x, y1 - 10,
			x1, y1 - 22, x1, y1);
	}
	fputs("\" marker-end=\"url(#arrow)\"/>\n", p->out);
}

/* Names are cut at their front: their ends differ. */
static void put_name(FILE *out, const char *name)
{
	size_t length = strlen(name);

	if (length > LETTERS) {
		fputs("…", out);
		name += length - LETTERS;
		/* Not into the middle of a character. */
		while ((*name & 0xc0) == 0x80)
			name++;
	}
	html_text(out, name);
}

static void put_end(const struct picture *p, const struct box *b)
{
	double x = middle(b) - BOX_W / 2, y = top(b);

	fprintf(p->out, "<rect class=\"end\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"17\"/>\n<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" text-anchor=\"middle\">",
		x, y, BOX_W, END_H, middle(b), y + 22);
	put_name(p->out, get_text(b->value, "value"));
	fprintf(p->out, " <tspan class=\"soft\">%s ", get_text(b->value, "type"));
	html_shape(p->out, get(b->value, "shape"));
	fputs("</tspan></text>\n", p->out);
}

/* What the pointer shows: everything in a line each. */
static void put_hint(const struct picture *p, const json_t *l)
{
	const json_t *nodes = get(l, "nodes"), *n, *w = get(l, "weights");
	size_t i;

	fputs("<title>", p->out);
	json_array_foreach(nodes, i, n) {
		html_text(p->out, get_text(n, "name"));
		fprintf(p->out, " (");
		html_text(p->out, get_text(n, "op"));
		fputs(")\n", p->out);
	}
	if (w)
		fprintf(p->out, "weights: %s by %s, %lld bytes\n",
			get_text(w, "type"), get_text(w, "from"),
			get_int(w, "bytes"));
	fprintf(p->out, "%lld MACs, %lld cycles, %lld bytes read, %lld written</title>",
		get_int(l, "macs"), get_int(l, "cycles"),
		get_int(l, "bytes_read"), get_int(l, "bytes_written"));
}

static void put_layer(const struct picture *p, const struct box *b)
{
	const json_t *l = b->layer, *out = get(l, "output"), *w;
	double x = middle(b) - BOX_W / 2, y = top(b);
	double share = get_real(l, "share");
	double bar = BOX_W - 86;

	w = get(l, "weights");
	fprintf(p->out, "<a href=\"#layer%lld\">", get_int(l, "index"));
	put_hint(p, l);
	fprintf(p->out, "<rect class=\"box\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"9\"/>\n<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" font-weight=\"600\">",
		x, y, BOX_W, BOX_H, x + 12, y + 20);
	put_name(p->out, get_text(l, "name"));
	fprintf(p->out, "</text>\n<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%lld %s</text>\n<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"12\">",
		x + BOX_W - 12, y + 20, get_int(l, "index"),
		get_text(l, "command"), x + 12, y + 38);
	put_name(p->out, get_text(l, "op"));
	fprintf(p->out, "</text>\n<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"12\" text-anchor=\"end\">",
		x + BOX_W - 12, y + 38);
	if (w)
		fprintf(p->out, "%s → ", get_text(w, "type"));
	fprintf(p->out, "%s ", get_text(out, "type"));
	html_shape(p->out, get(out, "shape"));
	fprintf(p->out, "</text>\n<rect class=\"track\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"9\" rx=\"4.5\"/>\n<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"9\" rx=\"4.5\"/>\n",
		x + 12, y + 54, bar, get_text(l, "limit"), x + 12, y + 54,
		p->largest > 0 ? bar * share / p->largest : 0);
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" text-anchor=\"end\">%.1f&#8239;%%</text></a>\n",
		x + BOX_W - 12, y + 63, 100 * share);
}

void svg_graph(const json_t *root, FILE *out)
{
	struct picture p = { .out = out };
	double width, height;
	size_t widest = 1;

	read_network(&p, root);
	place_boxes(&p);
	for (size_t i = 0; i < p.rows; i++)
		widest = p.width[i] > widest ? p.width[i] : widest;
	width = 2 * MARGIN + (double)widest * (BOX_W + GAP_X);
	height = 2 * MARGIN + (double)p.rows * (BOX_H + GAP_Y) - GAP_Y;
	fprintf(out, "<svg viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"the network\">\n"
		"<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"2\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path class=\"arrow\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
		width, height, width, height);
	for (size_t i = 0; i < p.edges; i++)
		put_edge(&p, &p.edge[i]);
	for (size_t i = 0; i < p.boxes; i++) {
		if (p.box[i].layer)
			put_layer(&p, &p.box[i]);
		else
			put_end(&p, &p.box[i]);
	}
	fputs("</svg>\n", out);
	free(p.box);
	free(p.edge);
	free(p.width);
}
