/* SPDX-License-Identifier: MIT */
/* Small models for the tests, as the bytes of .qnn files. */
#ifndef LIBQNN_TESTS_FIXTURE_H
#define LIBQNN_TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qnn.h"
#include "qnn_program.h"
#include "qnn_writer.h"

/* Fails the test with qnn_error() unless @expr is 0. */
#define ok(expr) fixture_ok((expr), #expr, __FILE__, __LINE__)
/* Fails unless @expr is @err and the error text contains @text. */
#define fails(expr, err, text) fixture_fails((expr), (err), (text), #expr, __FILE__, __LINE__)

void fixture_ok(long result, const char *expr, const char *file, int line);
void fixture_fails(long result, long err, const char *text, const char *expr,
		   const char *file, int line);

struct fixture_file {
	void *data;		/* free() */
	size_t size;
};

/*
 * "fc": y = W x, input "x" of FC_IN s8 elements with scale 0.5, output "y" of
 * FC_OUT s32 elements with a scale each; named layer, labels, origin.
 */
#define FC_IN	24
#define FC_OUT	5
struct fixture_file fixture_fc(void);
/* A writer with all of that, and the output last. */
struct qnn_writer *fixture_fc_writer(void);
int8_t fixture_fc_weight(unsigned int out, unsigned int in);
float fixture_fc_scale(unsigned int out);

/*
 * Input "x" copied to output "y", elements of @type, scale 0.25; @gap unused
 * bytes between pixels and rows, before the tensor and behind it (multiples
 * of 4 for s32).
 */
struct fixture_file fixture_copy(enum qnn_type type, uint32_t height, uint32_t width,
				 uint32_t channels, uint32_t gap, int32_t zero_point);

/*
 * @commands convolutions of @size x @size x 64, each 4096 * size * size MACs;
 * transposed ones, which no vector code makes quick.
 */
struct fixture_file fixture_slow(uint32_t commands, uint32_t size);

/*
 * @commands convolutions of 5 x 5 taps, @size x @size x 64, with weights of all
 * kinds: what lanes share. A path's weights, 100 KiB a command, leave memory.
 */
struct fixture_file fixture_wide(uint32_t commands, uint32_t size);

/*
 * Two layers in packed sections: weights that are mostly zero, indices into a code book, and
 * words, so that all kinds of pieces occur.
 */
struct fixture_file fixture_packed(void);

/* A descriptor of a gapless tensor at the start of a region. */
struct qnn_file_tensor fixture_tensor(const char *name, uint32_t role, uint32_t region,
				      enum qnn_type type, uint32_t height, uint32_t width,
				      uint32_t channels);

#endif /* LIBQNN_TESTS_FIXTURE_H */
