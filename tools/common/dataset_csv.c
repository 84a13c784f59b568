// SPDX-License-Identifier: MIT
/*
 * Rows of numbers with commas between them. Read a character at a time, so
 * that neither the length of a line nor of a number needs to be trusted.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_priv.h"

#define CSV_NUMBER	64	/* characters of the longest number, and NUL */

struct csv {
	struct dataset_builder *b;
	struct reader *r;
	uint64_t line;
	bool labelled;		/* rows have a label; known after the first */
	size_t labels_room;
	char text[CSV_NUMBER];	/* the number being read */
};

static int csv_number(struct csv *csv, uint64_t column, double *value)
{
	const char *path = csv->b->path;
	char *end;

	if (!csv->text[0])
		return dataset_fail(-EINVAL,
				    "%s: line %llu: column %llu is empty", path,
				    (unsigned long long)csv->line,
				    (unsigned long long)column);
	/* No "nan", "inf" or hexadecimal numbers, which strtod() would take. */
	*value = strtod(csv->text, &end);
	if (*end || csv->text[strspn(csv->text, "0123456789+-.eE")] ||
	    !isfinite(*value))
		return dataset_fail(-EINVAL,
				    "%s: line %llu: column %llu: \"%s\" is not a number",
				    path, (unsigned long long)csv->line,
				    (unsigned long long)column, csv->text);
	return 0;
}

static int csv_store_label(struct csv *csv, double value)
{
	struct dataset *ds = csv->b->ds;
	int32_t *labels;

	if (value < 0 || value > INT32_MAX || value != floor(value))
		return dataset_fail(-EINVAL,
				    "%s: line %llu: label \"%s\": must be a whole number from 0",
				    csv->b->path, (unsigned long long)csv->line,
				    csv->text);
	if (csv->labels_room < csv->b->room) {
		labels = reallocarray(ds->labels, csv->b->room,
				      sizeof(*labels));
		if (!labels)
			return dataset_fail(-ENOMEM, "%s: out of memory",
					    csv->b->path);
		ds->labels = labels;
		csv->labels_room = csv->b->room;
	}
	ds->labels[ds->count] = (int32_t)value;
	return 0;
}

static int csv_store(struct csv *csv, uint64_t column)
{
	struct dataset_builder *b = csv->b;
	double value = 0;
	float real;
	int ret;

	if (column > b->elements)
		return 0;	/* counted, and refused at the end of the row */
	ret = csv_number(csv, column + 1, &value);
	if (ret)
		return ret;
	if (column == b->elements)
		return csv_store_label(csv, value);
	real = (float)(value * b->scale);
	if (!isfinite(real))
		return dataset_fail(-EINVAL,
				    "%s: line %llu: column %llu: \"%s\" is too large",
				    b->path, (unsigned long long)csv->line,
				    (unsigned long long)column + 1, csv->text);
	b->ds->images[b->ds->count * b->elements + column] = real;
	return 0;
}

/* Skips the rest of a line; returns what ended it. */
static int csv_skip_line(struct csv *csv)
{
	int c;

	do
		c = reader_getc(csv->r);
	while (c >= 0 && c != '\n');
	return c;
}

/* Reads a number up to a comma or the end of the line; returns what ended it. */
static int csv_token(struct csv *csv, int c, bool *too_long)
{
	size_t len = 0, used;

	*too_long = false;
	while (c == ' ' || c == '\t')
		c = reader_getc(csv->r);
	for (; c >= 0 && c != ',' && c != '\n'; c = reader_getc(csv->r)) {
		/* What no number holds must not reach a terminal either. */
		if (c < ' ' && c != '\t' && c != '\r')
			c = '?';
		if (c > '~')
			c = '?';
		if (len + 1 < sizeof(csv->text))
			csv->text[len++] = (char)c;
		else
			*too_long = true;
	}
	csv->text[len] = '\0';
	for (used = len; used && strchr(" \t\r", csv->text[used - 1]); used--)
		csv->text[used - 1] = '\0';
	return c;
}

static int csv_check_columns(struct csv *csv, uint64_t columns)
{
	struct dataset_builder *b = csv->b;

	if (!b->ds->count)
		csv->labelled = columns == b->elements + 1;
	if (columns == b->elements + csv->labelled)
		return 0;
	if (!b->ds->count)
		return dataset_fail(-EINVAL,
				    "%s: line %llu: %llu columns: an image of %u x %u x %u takes %zu, or %zu with a label",
				    b->path, (unsigned long long)csv->line,
				    (unsigned long long)columns, b->ds->height,
				    b->ds->width, b->ds->channels, b->elements,
				    b->elements + 1);
	return dataset_fail(-EINVAL,
			    "%s: line %llu: %llu columns, but the rows before it have %zu",
			    b->path, (unsigned long long)csv->line,
			    (unsigned long long)columns,
			    b->elements + csv->labelled);
}

/* @c is the first character of the row; returns 0 or an error. */
static int csv_row(struct csv *csv, int c)
{
	uint64_t columns = 0;
	bool too_long;
	int ret;

	ret = dataset_grow(csv->b);
	while (!ret) {
		c = csv_token(csv, c, &too_long);
		if (c == READER_FAILED)
			return reader_status(csv->r);
		if (too_long)
			return dataset_fail(-EINVAL,
					    "%s: line %llu: column %llu: \"%s...\" is not a number",
					    csv->b->path,
					    (unsigned long long)csv->line,
					    (unsigned long long)columns + 1,
					    csv->text);
		ret = csv_store(csv, columns++);
		if (c != ',')
			break;
		c = reader_getc(csv->r);
	}
	if (!ret)
		ret = csv_check_columns(csv, columns);
	if (!ret)
		csv->b->ds->count++;
	return ret;
}

int dataset_read_csv(struct dataset_builder *b, struct reader *r)
{
	struct csv csv = { .b = b, .r = r };
	int ret = 0, c;

	for (csv.line = 1; !ret; csv.line++) {
		do
			c = reader_getc(r);
		while (c == ' ' || c == '\t' || c == '\r');
		if (c == '#')
			c = csv_skip_line(&csv);
		else if (c >= 0 && c != '\n')
			ret = csv_row(&csv, c);
		if (c == READER_FAILED)
			ret = reader_status(r);
		if (c == READER_END)
			break;
	}
	return ret;
}
