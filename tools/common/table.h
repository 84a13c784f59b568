/* SPDX-License-Identifier: MIT */
/* Text tables whose columns are as wide as their widest cell. */
#ifndef QNN_TOOLS_TABLE_H
#define QNN_TOOLS_TABLE_H

#include <stdio.h>

struct table;

/**
 * table_create() - a table with a line of titles
 * @titles: "name:l|cycles:r": the columns, left or right aligned
 *
 * NULL when there is no memory.
 */
struct table *table_create(const char *titles);

/** table_free() - NULL is fine */
void table_free(struct table *t);

/**
 * table_cell() - the next cell, row by row
 *
 * Control characters become '?'. A failure is kept for table_print().
 */
void table_cell(struct table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** table_rule() - a line between this row and the next */
void table_rule(struct table *t);

/**
 * table_print() - write the table
 *
 * The last row may be incomplete. No line ends with a space. Returns 0, or
 * -ENOMEM when a cell could not be kept: then nothing is written.
 */
int table_print(const struct table *t, FILE *out);

#endif /* QNN_TOOLS_TABLE_H */
