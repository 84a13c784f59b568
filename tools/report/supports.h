/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_REPORT_SUPPORTS_H
#define TOOLS_REPORT_SUPPORTS_H

#include <stdio.h>

/*
 * Operators and widths that can be packed, from the tables that the importers
 * read files by. @form: "text", or "rst" for the documentation. Returns 0, or
 * the error of @out.
 */
int supports_print(const char *form, FILE *out);

#endif /* TOOLS_REPORT_SUPPORTS_H */
