/* SPDX-License-Identifier: MIT */
/*
 * Command lines in one style: every tool describes its options in a table,
 * from which the parser and the text of --help are made. --help and --version
 * need no entry. Messages go to stderr as "qnn-run: sentence".
 */
#ifndef QNN_TOOLS_CLI_H
#define QNN_TOOLS_CLI_H

#include <stddef.h>
#include <stdint.h>

#define CLI_EXIT_USAGE	1	/* of every tool */

struct cli_option {
	int key;		/* what cli_next() returns, above 0 */
	const char *name;	/* without the dashes */
	/* What --help calls its value; "[VALUE]": it may be absent; or NULL. */
	const char *arg;
	const char *help;	/* lines after the first are indented */
};

struct cli {
	const char *program;	/* "qnn-run" */
	const char *operands;	/* "MODEL.qnn" */
	const char *summary;	/* what the program does, a line or more */
	const char *footer;	/* after the options, or NULL */
	const struct cli_option *options;
	size_t option_count;
};

/**
 * cli_next() - the next option
 * @value: receives the option's value, or NULL
 *
 * Returns its key, or -1 when only operands are left, from argv[optind] on.
 * Ends the program after --help and --version (status 0) and on a wrong
 * option (status CLI_EXIT_USAGE).
 */
int cli_next(const struct cli *cli, int argc, char **argv, const char **value);

/** cli_u32() - whole number within limits; ends the program otherwise */
uint32_t cli_u32(const struct cli *cli, const char *option, const char *text,
		 uint32_t min, uint32_t max);

/** cli_real() - finite number; ends the program otherwise */
double cli_real(const struct cli *cli, const char *option, const char *text);

/** cli_error() - "program: message", with control characters shown as '?' */
void cli_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** cli_usage() - the same, points to --help, and ends the program */
void cli_usage(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif /* QNN_TOOLS_CLI_H */
