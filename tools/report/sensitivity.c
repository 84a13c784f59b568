// SPDX-License-Identifier: MIT
#include "sensitivity.h"

#include <errno.h>
#include <math.h>

#include "html.h"
#include "tools/common/json_out.h"
#include "tools/common/table.h"

/*
 * Without noise there still is the precision of floating point; and noise that
 * is no number, or beyond all, is not worth telling apart.
 */
#define MOST_DB		99.0
#define LEAST_DB	-99.0

static double decibels(const struct sensitivity_width *w)
{
	if (!isfinite(w->noise))
		return LEAST_DB;
	if (!(w->noise > 0))
		return MOST_DB;
	return fmax(fmin(-10 * log10(w->noise), MOST_DB), LEAST_DB);
}

int sensitivity_text(const struct sensitivity *s, FILE *out)
{
	struct table *t = table_create("layer:l|what:l|bits:r|SQNR:r|same class:r|bytes:r|cycles:r");
	int ret = t ? 0 : -ENOMEM;

	for (size_t i = 0; i < s->items && !ret; i++)
		for (unsigned int w = 0; w < s->item[i].widths; w++) {
			const struct sensitivity_width *x = &s->item[i].width[w];

			table_cell(t, "%s", w ? "" : s->item[i].name);
			table_cell(t, "%s", w ? "" : s->item[i].weights ?
						"weights" : "result");
			table_cell(t, "%u", x->bits);
			table_cell(t, "%.1f", decibels(x));
			table_cell(t, "%.1f %%", 100 * x->agree);
			table_cell(t, "%llu", (unsigned long long)x->bytes);
			table_cell(t, "%llu", (unsigned long long)x->cycles);
		}
	if (!ret)
		ret = table_print(t, out);
	table_free(t);
	return ret;
}

static json_t *item_json(const struct sensitivity_item *it)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "name", json_text(it->name));
	json_object_set_new(o, "what", json_string(it->weights ? "weights" :
						   "result"));
	for (unsigned int w = 0; w < it->widths; w++) {
		const struct sensitivity_width *x = &it->width[w];
		json_t *n = json_object();

		json_object_set_new(n, "bits", json_integer(x->bits));
		json_object_set_new(n, "sqnr_db", json_real(decibels(x)));
		json_object_set_new(n, "same_class", json_real(x->agree));
		json_object_set_new(n, "bytes",
				    json_integer((json_int_t)x->bytes));
		json_object_set_new(n, "cycles",
				    json_integer((json_int_t)x->cycles));
		json_array_append_new(list, n);
	}
	json_object_set_new(o, "widths", list);
	return o;
}

json_t *sensitivity_json(const struct sensitivity *s)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "images", json_integer(s->images));
	for (size_t i = 0; i < s->items; i++)
		json_array_append_new(list, item_json(&s->item[i]));
	json_object_set_new(o, "layers", list);
	return o;
}

#define STEP_X	26.0
#define LEFT	52.0
#define TOP	30.0
#define HEIGHT	300.0
#define BELOW	240.0	/* for names */

struct axes {
	double lo, hi;		/* dB */
};

static double at_x(size_t item)
{
	return LEFT + STEP_X * ((double)item + 0.5);
}

static double at_y(const struct axes *a, double db)
{
	return TOP + HEIGHT * (a->hi - db) / (a->hi - a->lo);
}

static struct axes find_axes(const struct sensitivity *s)
{
	struct axes a = { 0, 10 };

	for (size_t i = 0; i < s->items; i++)
		for (unsigned int w = 0; w < s->item[i].widths; w++) {
			double db = decibels(&s->item[i].width[w]);

			a.lo = fmin(a.lo, 10 * floor(db / 10));
			a.hi = fmax(a.hi, 10 * ceil(db / 10));
		}
	return a;
}

static const char *color(unsigned int bits)
{
	static const char *const colors[] = {
		"#888", "#000", "#c33", "#e80", "#283", "#27b", "#639", "#555",
		"#999",
	};

	return colors[bits % 9];
}

static void draw_frame(const struct sensitivity *s, const struct axes *a,
		       FILE *out)
{
	double right = LEFT + STEP_X * (double)s->items;

	for (double db = a->lo; db <= a->hi; db += 10)
		fprintf(out, "<line x1='%.0f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#ddd'/><text x='%.0f' y='%.1f' text-anchor='end'>%.0f dB</text>\n",
			LEFT, at_y(a, db), right, at_y(a, db), LEFT - 4,
			at_y(a, db) + 4, db);
	for (size_t i = 0; i < s->items; i++) {
		fprintf(out, "<text transform='translate(%.1f %.1f) rotate(-60)' text-anchor='end'>",
			at_x(i) + 4, TOP + HEIGHT + 12);
		html_text(out, s->item[i].name);
		fprintf(out, "</text>\n");
	}
}

/* One width: points of weights are full, those of results are empty. */
static void draw_width(const struct sensitivity *s, const struct axes *a,
		       unsigned int bits, FILE *out)
{
	for (size_t i = 0; i < s->items; i++)
		for (unsigned int w = 0; w < s->item[i].widths; w++) {
			const struct sensitivity_width *x = &s->item[i].width[w];

			if (x->bits != bits)
				continue;
			fprintf(out, "<circle cx='%.1f' cy='%.1f' r='4' stroke='%s' fill='%s'/>\n",
				at_x(i), at_y(a, decibels(x)), color(bits),
				s->item[i].weights ? color(bits) : "#fff");
		}
}

void sensitivity_svg(const struct sensitivity *s, FILE *out)
{
	struct axes a = find_axes(s);
	double x = LEFT;

	fprintf(out, "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' font-family='sans-serif' font-size='11'>\n",
		fmax(LEFT + STEP_X * (double)s->items + 20, 480),
		TOP + HEIGHT + BELOW);
	fprintf(out, "<rect width='100%%' height='100%%' fill='#fff'/>\n");
	draw_frame(s, &a, out);
	for (unsigned int bits = 1; bits <= 8; bits++)
		draw_width(s, &a, bits, out);
	for (unsigned int bits = 2; bits <= 8; bits += bits == 5 ? 3 : 1, x += 50)
		fprintf(out, "<text x='%.0f' y='16' fill='%s'>%u bits</text>\n",
			x, color(bits), bits);
	fprintf(out, "<text x='%.0f' y='16'>full: weights, empty: results</text>\n</svg>\n",
		x + 10);
}
