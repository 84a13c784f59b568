/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, and what was decided: lines collected while a network is
 * read and packed, so that all problems of a network are told at once.
 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stddef.h>
#include <stdio.h>

/* Lines kept of each kind; more are only counted. */
#define REPORT_MAX_LINES	100u

struct report_lines {
	char **line;
	size_t cap;
	size_t kept;
	size_t count;
};

struct report {
	struct report_lines problems;	/* the network cannot be used */
	struct report_lines notes;	/* it can, and this is worth knowing */
};

void report_problem(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void report_note(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Number of problems so far. */
size_t report_problems(const struct report *r);
/* Print lines, each with what @prefix formats in front. */
void report_print(const struct report_lines *lines, FILE *out,
		  const char *prefix, ...)
	__attribute__((format(printf, 3, 4)));
void report_free(struct report *r);

#endif /* TOOLS_REPORT_H */
