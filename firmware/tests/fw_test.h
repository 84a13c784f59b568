/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the tests of the device code share. */
#ifndef FW_TEST_H
#define FW_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "qnn_fast.h"
#include "gen.h"
#include "selftests/lib/qnn_prog.h"

/* @image as the validator must see it: a heap block of exactly its size. */
int fw_validate(const void *image, size_t size, struct qnn_program *prog, struct qnn_diag *diag);

/* Parts of an image that is well-formed at least in its header. */
struct qnn_region_desc *fw_region(void *image, u32 index);
struct qnn_cmd *fw_cmd(void *image, u32 index);
u8 *fw_consts(void *image);

/* Regions and tile of a run, each a heap block of exactly its size. */
struct fw_job {
	struct qnn_program prog;
	struct qnn_exec exec;
	u32 region_count;
	u8 *regions[QNN_MAX_REGIONS];
};

/* The image must outlive the job. Fails the test if it is refused. */
void fw_job_init(struct fw_job *job, const void *image, size_t size, struct rng *rng);
void fw_job_free(struct fw_job *job);
void *fw_alloc(size_t size);	/* 64-byte aligned, exactly @size bytes */

/* Random data through the device and the oracle: every byte must agree. */
void fw_compare(const void *image, size_t size, struct rng *rng, const char *what);

/* The same for a program that is being built, which goes. */
void fw_compare_built(struct qnn_prog *prog, struct rng *rng, const char *what);

/* Commands that fw_compare() has run in parts so far. */
u32 fw_shared(void);

/* Commands whose weights it has had put in order in their own place. */
u32 fw_replaced(void);

/* mutate.c: change some fields of an image at random. */
void fw_mutate(struct rng *rng, void *image, size_t size);
/*
 * Validate whatever it is; when it was accepted and is small enough, run it
 * and compare with the oracle. Returns whether it ran.
 */
int fw_try(const void *image, size_t size, struct rng *rng, const char *what);

#endif /* FW_TEST_H */
