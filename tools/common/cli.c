// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "qnn.h"
#include "text.h"

#define CLI_MAX_OPTIONS	40
#define CLI_HELP_COLUMN	26
#define CLI_KEY_HELP	0x10000
#define CLI_KEY_VERSION	0x10001

static void print_error(const struct cli *cli, const char *fmt, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, args);
	text_clean(text);
	fprintf(stderr, "%s: %s\n", cli->program, text);
}

void cli_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_error(cli, fmt, args);
	va_end(args);
}

void cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_error(cli, fmt, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", cli->program);
	exit(CLI_EXIT_USAGE);
}

static bool optional(const char *arg)
{
	return arg && *arg == '[';
}

static void print_option(const char *name, const char *arg, const char *help)
{
	int column;
	const char *p;

	if (optional(arg))
		column = printf("  --%s[=%s", name, arg + 1);
	else
		column = printf("  --%s%s%s", name, arg ? " " : "",
				arg ? arg : "");
	if (column > CLI_HELP_COLUMN - 2) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", CLI_HELP_COLUMN - column, "");
	for (p = help; *p; p++) {
		putchar(*p);
		if (*p == '\n')
			printf("%*s", CLI_HELP_COLUMN, "");
	}
	putchar('\n');
}

static void print_help(const struct cli *cli)
{
	const struct cli_option *opt = cli->options;
	size_t i;

	printf("Usage: %s [OPTION]... %s\n\n%s\n\nOptions:\n", cli->program,
	       cli->operands, cli->summary);
	for (i = 0; i < cli->option_count; i++)
		print_option(opt[i].name, opt[i].arg, opt[i].help);
	print_option("help", NULL, "print this text");
	print_option("version", NULL, "print the version");
	if (cli->footer)
		printf("\n%s\n", cli->footer);
}

/* What getopt_long() wants to know. */
static void fill_long_options(const struct cli *cli, struct option *out)
{
	size_t i;

	for (i = 0; i < cli->option_count && i < CLI_MAX_OPTIONS; i++)
		out[i] = (struct option) {
			.name = cli->options[i].name,
			.has_arg = optional(cli->options[i].arg) ?
					   optional_argument :
				   cli->options[i].arg ? required_argument :
							 no_argument,
			.val = cli->options[i].key,
		};
	out[i++] = (struct option) { .name = "help", .val = CLI_KEY_HELP };
	out[i++] = (struct option) { .name = "version", .val = CLI_KEY_VERSION };
	out[i] = (struct option) { 0 };
}

int cli_next(const struct cli *cli, int argc, char **argv, const char **value)
{
	struct option options[CLI_MAX_OPTIONS + 3];
	int key;

	fill_long_options(cli, options);
	opterr = 0;
	key = getopt_long(argc, argv, ":", options, NULL);
	*value = optarg;
	switch (key) {
	case CLI_KEY_HELP:
		print_help(cli);
		exit(0);
	case CLI_KEY_VERSION:
		printf("%s (qnn) %d.%d.%d\n", cli->program, QNN_VERSION_MAJOR,
		       QNN_VERSION_MINOR, QNN_VERSION_PATCH);
		exit(0);
	case ':':
		cli_usage(cli, "option %s needs a value", argv[optind - 1]);
	case '?':
		cli_usage(cli, "option %s: there is none of this name, it is ambiguous, or it takes no value",
			  argv[optind - 1]);
	}
	return key;
}

uint32_t cli_u32(const struct cli *cli, const char *option, const char *text,
		 uint32_t min, uint32_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < min ||
	    value > max)
		cli_usage(cli, "option --%s: \"%s\": must be a whole number from %u to %u",
			  option, text, min, max);
	return (uint32_t)value;
}

double cli_real(const struct cli *cli, const char *option, const char *text)
{
	double value;
	char *end;

	value = strtod(text, &end);
	if (end == text || *end || !isfinite(value))
		cli_usage(cli, "option --%s: \"%s\": must be a number", option,
			  text);
	return value;
}
