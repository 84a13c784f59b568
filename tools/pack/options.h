/* SPDX-License-Identifier: MIT */
/* The command line of qnn-pack. */
#ifndef TOOLS_PACK_OPTIONS_H
#define TOOLS_PACK_OPTIONS_H

#include <stdbool.h>

#include "pack.h"
#include "tools/common/cli.h"
#include "tools/import/import.h"

/* Beside CLI_EXIT_USAGE; the same as those of the other tools. */
enum { EXIT_NETWORK = 4, EXIT_DATA = 5, EXIT_WRITE = 6 };

enum report_kind { REPORT_TEXT, REPORT_JSON, REPORT_HTML, REPORT_KINDS };

enum sensitivity_kind {
	SENSITIVITY_TEXT, SENSITIVITY_JSON, SENSITIVITY_SVG, SENSITIVITY_KINDS,
};

enum budget { BUDGET_NONE, BUDGET_BYTES, BUDGET_CYCLES, BUDGET_ACCURACY };

struct settings {
	const char *model;
	const char *output;
	const char *supports;			/* form; NULL: not asked */
	const char *report[REPORT_KINDS];	/* file, "-"; NULL: not asked */
	const char *sensitivity[SENSITIVITY_KINDS];	/* the same */
	enum budget budget;
	double budget_value;
	struct import_options import;
	struct pack_options pack;
};

extern const struct cli pack_cli;

/* Ends the program when the command line is wrong. */
void settings_parse(int argc, char **argv, struct settings *s);
void settings_free(struct settings *s);

#endif /* TOOLS_PACK_OPTIONS_H */
