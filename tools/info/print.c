// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "tools/common/steps.h"
#include "tools/common/table.h"
#include "tools/common/text.h"

#define CELL	256

static size_t add_text(char *cell, size_t used, const char *text)
{
	int n = snprintf(cell + used, CELL - used, "%s", text);

	return used + (size_t)n < CELL ? used + (size_t)n : CELL - 1;
}

static size_t add_scalar(char *cell, size_t used, const json_t *value)
{
	char text[CELL] = "";

	if (json_is_string(value))
		return add_text(cell, used, json_string_value(value));
	if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text, sizeof(text), "%.4g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(text, sizeof(text), "%s",
			 json_is_true(value) ? "yes" : "no");
	return add_text(cell, used, text);
}

/* Shapes are shown as 8x8x16, element types as s8+s8; null is empty. */
static void format_cell(char *cell, const json_t *value)
{
	size_t used = 0, i;
	const json_t *item;

	cell[0] = '\0';
	if (!json_is_array(value)) {
		add_scalar(cell, 0, value);
		return;
	}
	json_array_foreach(value, i, item) {
		if (i)
			used = add_text(cell, used,
					json_is_string(item) ? "+" : "x");
		used = add_scalar(cell, used, item);
	}
}

/* Scales of a tensor: that of all channels, or the range of theirs. */
static void format_scale(char *cell, const json_t *scales)
{
	double low, high, value;
	size_t i;

	low = high = json_real_value(json_array_get(scales, 0));
	for (i = 1; i < json_array_size(scales); i++) {
		value = json_real_value(json_array_get(scales, i));
		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	if (low == high)
		snprintf(cell, CELL, "%.6g", low);
	else
		snprintf(cell, CELL, "%.6g to %.6g", low, high);
}

static void add_row(struct table *t, const json_t *row,
		    const char *const *keys)
{
	char cell[CELL];

	for (; *keys; keys++) {
		if (!strcmp(*keys, "scale"))
			format_scale(cell, json_object_get(row, *keys));
		else
			format_cell(cell, json_object_get(row, *keys));
		table_cell(t, "%s", cell);
	}
}

/* A table of an array of objects: a row an object, a column a key. */
static int print_rows(const char *heading, const json_t *rows,
		      const char *titles, const char *const *keys,
		      const json_t *total)
{
	const json_t *row;
	struct table *t;
	size_t i;
	int ret;

	if (!json_array_size(rows))
		return 0;
	t = table_create(titles);
	if (!t)
		return -ENOMEM;
	json_array_foreach(rows, i, row)
		add_row(t, row, keys);
	if (total) {
		table_rule(t);
		add_row(t, total, keys);
	}
	printf("\n%s\n", heading);
	ret = table_print(t, stdout);
	table_free(t);
	return ret;
}

static void print_head(const json_t *model)
{
	char *file = strdup(json_string_value(json_object_get(model, "file")));

	if (file)
		text_clean(file);
	printf("%s: %lld bytes, file version %s, program version %lld\n",
	       file ? file : "",
	       (long long)json_integer_value(json_object_get(model, "bytes")),
	       json_string_value(json_object_get(model, "file_version")),
	       (long long)json_integer_value(json_object_get(model,
						     "program_version")));
	free(file);
}

/* What libqnn does behind the scale, where it does. */
static void print_steps(const json_t *outputs)
{
	const json_t *tensor;
	char text[STEPS_TEXT];
	size_t i;

	json_array_foreach(outputs, i, tensor) {
		if (!json_object_get(tensor, "steps"))
			continue;
		steps_text(json_object_get(tensor, "steps"), text);
		printf("%s: element * scale%s\n",
		       json_string_value(json_object_get(tensor, "name")), text);
	}
}

static int print_tensors(const json_t *model)
{
	static const char titles[] =
		"name:l|shape:l|type:l|scale:r|zero:r|bytes:r";
	static const char *const keys[] = {
		"name", "shape", "type", "scale", "zero_point", "bytes", NULL,
	};
	int ret;

	ret = print_rows("Inputs (height x width x channels)",
			 json_object_get(model, "inputs"), titles, keys, NULL);
	if (ret)
		return ret;
	ret = print_rows("Outputs", json_object_get(model, "outputs"), titles,
			 keys, NULL);
	if (!ret)
		print_steps(json_object_get(model, "outputs"));
	return ret;
}

static void print_labels(const json_t *model)
{
	const json_t *labels = json_object_get(model, "labels"), *label;
	size_t i;

	if (!json_array_size(labels))
		return;
	printf("\nLabels\n");
	json_array_foreach(labels, i, label)
		printf("%s%s", i ? ", " : "", json_string_value(label));
	putchar('\n');
}

static int print_sections(const json_t *model)
{
	static const char *const section_keys[] = {
		"name", "optional", "offset", "bytes", "unpacked_bytes",
		"crc32", NULL,
	};
	static const char *const region_keys[] = {
		"index", "access", "bytes", "use", NULL,
	};
	int ret;

	ret = print_rows("Sections", json_object_get(model, "sections"),
			 "name:l|optional:l|offset:r|bytes:r|unpacked:r|crc32:l",
			 section_keys, NULL);
	if (ret)
		return ret;
	return print_rows("Regions", json_object_get(model, "regions"),
			  "region:r|access:l|bytes:r|use:l", region_keys, NULL);
}

static int print_layers(const json_t *model)
{
	static const char *const keys[] = {
		"index", "name", "op", "command", "input", "output",
		"input_types", "weight_type", "output_type", "stage",
		"rounding", "levels", "macs", "cycles", "weight_bytes",
		"weight_bits", "stored_bits", "sparsity", NULL,
	};
	const json_t *totals = json_object_get(model, "totals");
	json_t *total;
	int ret;

	total = json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:O}", "name", "total",
			  "macs", json_object_get(totals, "macs"),
			  "cycles", json_object_get(totals, "cycles"),
			  "weight_bytes", json_object_get(totals, "weight_bytes"),
			  "weight_bits", json_object_get(totals,
							 "bits_per_weight"),
			  "stored_bits", json_object_get(totals,
							 "stored_bits_per_weight"),
			  "sparsity", json_object_get(totals, "sparsity"));
	if (!total)
		return -ENOMEM;
	ret = print_rows("Layers", json_object_get(model, "layers"),
			 "layer:r|name:l|operator:l|command:l|input:l|output:l|"
			 "in:l|weights:l|out:l|stage:l|rule:l|levels:r|"
			 "MACs:r|cycles:r|bytes:r|bits:r|stored:r|zeros:r",
			 keys, total);
	json_decref(total);
	return ret;
}

static int print_origin(const json_t *model)
{
	const json_t *origin = json_object_get(model, "origin");
	char *text;

	if (json_is_null(origin))
		return 0;
	/* ASCII only: an escape sequence must not get out of its string. */
	text = json_dumps(origin, JSON_INDENT(2) | JSON_ENCODE_ANY |
				  JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
	if (!text)
		return -ENOMEM;
	printf("\nOrigin\n%s\n", text);
	free(text);
	return 0;
}

int print_model(const json_t *model)
{
	int ret;

	print_head(model);
	ret = print_tensors(model);
	if (ret)
		return ret;
	print_labels(model);
	ret = print_layers(model);
	if (!ret)
		ret = print_sections(model);
	return ret ? ret : print_origin(model);
}
