// SPDX-License-Identifier: MIT
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "mem.h"
#include "tools/common/text.h"

static void append(struct report_lines *l, const char *fmt, va_list ap)
{
	char *line = NULL;

	l->count++;
	if (l->kept == REPORT_MAX_LINES || vasprintf(&line, fmt, ap) < 0)
		return;
	/* Names come from files: keep control characters off the terminal. */
	text_clean(line);
	l->line = mem_grow(l->line, &l->cap, l->kept + 1, sizeof(*l->line));
	l->line[l->kept++] = line;
}

void report_problem(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&r->problems, fmt, ap);
	va_end(ap);
}

void report_note(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&r->notes, fmt, ap);
	va_end(ap);
}

size_t report_problems(const struct report *r)
{
	return r->problems.count;
}

void report_print(const struct report_lines *lines, FILE *out,
		  const char *prefix, ...)
{
	char front[256];
	va_list ap;

	va_start(ap, prefix);
	vsnprintf(front, sizeof(front), prefix, ap);
	va_end(ap);
	for (size_t i = 0; i < lines->kept; i++)
		fprintf(out, "%s%s\n", front, lines->line[i]);
	if (lines->count > lines->kept)
		fprintf(out, "%sand %zu more\n", front,
			lines->count - lines->kept);
}

static void lines_free(struct report_lines *l)
{
	for (size_t i = 0; i < l->kept; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct report_lines){ 0 };
}

void report_free(struct report *r)
{
	lines_free(&r->problems);
	lines_free(&r->notes);
}
