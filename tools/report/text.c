// SPDX-License-Identifier: MIT
#include <errno.h>

#include "get.h"
#include "network.h"
#include "tools/common/steps.h"
#include "tools/common/table.h"

static void value_cells(struct table *t, const json_t *value)
{
	const json_t *scale = get(value, "scale");

	table_cell(t, "%s", get_text(value, "type"));
	table_cell(t, "%s", get_text(value, "range_from"));
	if (json_is_number(scale) && get(value, "zero_point"))
		table_cell(t, "%.6g", json_number_value(scale));
	else
		table_cell(t, "%s", "");
}

static void empty_cells(struct table *t, int count)
{
	while (count--)
		table_cell(t, "%s", "");
}

static void cost_cells(struct table *t, const json_t *o, double share)
{
	table_cell(t, "%lld", get_int(o, "macs"));
	table_cell(t, "%lld", get_int(o, "cycles"));
	table_cell(t, "%.1f %%", 100 * share);
	table_cell(t, "%lld", get_int(o, "bytes_read") +
			      get_int(o, "bytes_written"));
}

static void layer_row(struct table *t, const json_t *l)
{
	const json_t *weights = get(l, "weights");

	table_cell(t, "%s", get_text(l, "name"));
	table_cell(t, "%s", get_text(l, "op"));
	table_cell(t, "%s", get_text(weights, "type"));
	table_cell(t, "%s", get_text(weights, "from"));
	value_cells(t, get(l, "output"));
	table_cell(t, "%s", get_text(l, "stage"));
	cost_cells(t, l, get_real(l, "share"));
}

static void print_memory(const json_t *root, FILE *out)
{
	const json_t *m = get(root, "memory"), *t = get(root, "totals");

	fprintf(out, "\nweights    %lld bytes; %lld with all other constants\n",
		get_int(t, "weight_bytes"), get_int(t, "constant_bytes"));
	fprintf(out, "scratch    %lld bytes", get_int(m, "scratch_bytes"));
	if (get_int(m, "lower_bound"))
		fprintf(out, ", %.3f times the least possible (%lld); %lld without sharing",
			get_real(m, "ratio"), get_int(m, "lower_bound"),
			get_int(m, "without_sharing"));
	fputc('\n', out);
}

/* What libqnn does with outputs. */
static void print_steps(const json_t *outputs, FILE *out)
{
	const json_t *o;
	char text[STEPS_TEXT];
	size_t i;

	json_array_foreach(outputs, i, o) {
		if (!get(o, "steps"))
			continue;
		steps_text(get(o, "steps"), text);
		fprintf(out, "in floats  %s: sum * scale%s\n",
			get_text(o, "value"), text);
	}
}

int report_text(const json_t *root, FILE *out)
{
	struct table *t = table_create("layer:l|from:l|weights:l|by:l|output:l|range:l|step:r|stage:l|MACs:r|cycles:r|share:r|bytes:r");
	const json_t *input = get(root, "input"), *l;
	size_t i;
	int ret;

	if (!t)
		return -ENOMEM;
	table_cell(t, "%s", get_text(input, "value"));
	table_cell(t, "%s", "input");
	empty_cells(t, 2);
	value_cells(t, input);
	empty_cells(t, 5);
	json_array_foreach(get(root, "layers"), i, l)
		layer_row(t, l);
	table_rule(t);
	table_cell(t, "%s", "total");
	empty_cells(t, 7);
	cost_cells(t, get(root, "totals"), 1);
	ret = table_print(t, out);
	table_free(t);
	if (!ret) {
		print_memory(root, out);
		print_steps(get(root, "outputs"), out);
	}
	return ret;
}
