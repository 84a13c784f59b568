/* SPDX-License-Identifier: MIT */
/* What the parts of device_test share. */
#ifndef LIBQNN_TESTS_DEVICE_TEST_H
#define LIBQNN_TESTS_DEVICE_TEST_H

#include "fixture.h"

/* The device of the tests: opened before the first one. */
extern struct qnn_device *dev;
const char *device_path(void);

/* Loads a fixture and frees its bytes. */
struct qnn_model *load(struct fixture_file f);
struct qnn_job *new_job(struct qnn_model *model);

/* An input for "fc" and what must come out. */
void fc_case(unsigned int seed, int8_t *x, int32_t *y);
/* Runs a case and compares. */
void run_fc(struct qnn_job *job, unsigned int seed);

/* device_run.c */
void test_run(void **state);
void test_describe(void **state);
void test_types(void **state);
void test_names_and_sizes(void **state);
void test_nothing_submitted(void **state);
void test_late_fd(void **state);
void test_submit(void **state);
void test_busy_then_deadline(void **state);
void test_run_after_deadline(void **state);
void test_fails_alone(void **state);
void test_reports(void **state);

/* device_bind.c */
void test_bind(void **state);
void test_bind_refused(void **state);
void test_bind_gaps(void **state);
void test_memory(void **state);
void test_memory_read_only(void **state);
void test_memory_refused(void **state);
void test_foreign_dmabuf(void **state);
void test_threads(void **state);
void test_pipeline(void **state);
void test_many(void **state);
void test_many_jobs(void **state);

#endif /* LIBQNN_TESTS_DEVICE_TEST_H */
