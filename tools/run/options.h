/* SPDX-License-Identifier: MIT */
/* The command line of qnn-run. */
#ifndef QNN_RUN_OPTIONS_H
#define QNN_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum run_exit {
	RUN_OK = 0,
	RUN_USAGE = 1,
	RUN_DEVICE = 2,
	RUN_MISMATCH = 3,
	RUN_MODEL = 4,
	RUN_DATA = 5,
	RUN_SYSTEM = 6,		/* no memory, or a result cannot be written */
};

struct run_options {
	const char *model;
	const char *device;	/* NULL: the first node */
	const char *data;	/* NULL: generated input */
	double data_scale;
	uint32_t images;	/* at most; 0: all, or the default */
	uint32_t timeout_ms;	/* 0: the device's default */
	uint32_t jobs;
	uint32_t repeat;
	bool verify;
	bool layers;
	const char *json;	/* NULL: text */
	const char *outputs;	/* NULL: not wanted */
	const char *floats;	/* NULL: not wanted */
	const char *compare;	/* source network; NULL: not wanted */
};

/** run_options_parse() - ends the program when the command line is wrong */
void run_options_parse(struct run_options *opt, int argc, char **argv);

/** run_error() - message on stderr; returns @status */
enum run_exit run_error(enum run_exit status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* QNN_RUN_OPTIONS_H */
