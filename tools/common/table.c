// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "text.h"

#define TABLE_COLUMNS	24
#define TABLE_GAP	2	/* spaces between columns */

struct cell {
	char *text;
	size_t width;
	bool rule_before;	/* first cell of a row: a line above it */
};

struct table {
	unsigned int columns;
	bool right[TABLE_COLUMNS];
	size_t width[TABLE_COLUMNS];
	struct cell *cells;
	size_t count;
	size_t room;
	bool rule;		/* the next row gets a line above it */
	bool failed;
};

static void add_cell(struct table *t, char *text)
{
	unsigned int column = t->count % t->columns;
	size_t room = t->room ? t->room * 2 : 64;
	struct cell *cells, *cell;

	if (!text || t->failed)
		goto fail;
	if (t->count == t->room) {
		cells = reallocarray(t->cells, room, sizeof(*cells));
		if (!cells)
			goto fail;
		t->cells = cells;
		t->room = room;
	}
	text_clean(text);
	cell = &t->cells[t->count++];
	*cell = (struct cell) {
		.text = text,
		.width = text_width(text),
		.rule_before = !column && t->rule,
	};
	if (!column)
		t->rule = false;
	if (cell->width > t->width[column])
		t->width[column] = cell->width;
	return;
fail:
	free(text);
	t->failed = true;
}

struct table *table_create(const char *titles)
{
	struct table *t = calloc(1, sizeof(*t));
	const char *p, *colon;

	if (!t)
		return NULL;
	/* Columns first: a cell's place depends on their number. */
	for (p = titles; (colon = strchr(p, ':')); p = colon + 3) {
		t->right[t->columns++] = colon[1] == 'r';
		if (!colon[2] || t->columns == TABLE_COLUMNS)
			break;
	}
	for (p = titles; (colon = strchr(p, ':')); p = colon + 3) {
		add_cell(t, strndup(p, (size_t)(colon - p)));
		if (!colon[2] || t->count == t->columns)
			break;
	}
	table_rule(t);
	return t;
}

void table_free(struct table *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	add_cell(t, text);
}

void table_rule(struct table *t)
{
	t->rule = true;
}

static void print_rule(const struct table *t, FILE *out)
{
	unsigned int c;
	size_t i;

	for (c = 0; c < t->columns; c++) {
		for (i = 0; i < t->width[c]; i++)
			fputc('-', out);
		fprintf(out, "%*s", c + 1 < t->columns ? TABLE_GAP : 0, "");
	}
	fputc('\n', out);
}

int table_print(const struct table *t, FILE *out)
{
	size_t i, pad, pending = 0;
	const struct cell *cell;
	unsigned int column;

	if (t->failed)
		return -ENOMEM;
	for (i = 0; i < t->count; i++) {
		cell = &t->cells[i];
		column = i % t->columns;
		if (cell->rule_before)
			print_rule(t, out);
		pad = t->width[column] - cell->width;
		if (t->right[column])
			pending += pad;
		if (cell->width)
			fprintf(out, "%*s%s", (int)pending, "", cell->text);
		/* Spaces are owed until there is something behind them. */
		pending = (cell->width ? 0 : pending) + TABLE_GAP;
		if (!t->right[column])
			pending += pad;
		if (column + 1 == t->columns || i + 1 == t->count) {
			fputc('\n', out);
			pending = 0;
		}
	}
	return 0;
}
