/* SPDX-License-Identifier: MIT */
/* Parts of the page. */
#ifndef TOOLS_REPORT_HTML_H
#define TOOLS_REPORT_HTML_H

#include <jansson.h>
#include <stdio.h>

/* Text with the characters that mean something to HTML written as entities. */
void html_text(FILE *out, const char *text);
/* 1234567 with gaps between the thousands. */
void html_number(FILE *out, long long n);
/* "s4" or "u8 × 12": what stands between the tags of a cell; NULL: nothing. */
void html_shape(FILE *out, const json_t *shape);

/* style.c: what stands in the page's style element. */
extern const char html_style[];

/* svg_graph.c, svg_memory.c */
void svg_graph(const json_t *root, FILE *out);
void svg_memory(const json_t *root, FILE *out);

#endif /* TOOLS_REPORT_HTML_H */
