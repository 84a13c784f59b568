/* SPDX-License-Identifier: MIT */
/* libFuzzer: files of networks all the way to a program. */
#ifndef TESTS_FUZZ_PACK_H
#define TESTS_FUZZ_PACK_H

#include <stddef.h>

#include "tools/graph/graph.h"
#include "tools/graph/report.h"

/* The importer of one format, which each fuzzer has. */
int fuzz_parse(const void *data, size_t size, struct graph *g, struct report *r);

#endif /* TESTS_FUZZ_PACK_H */
