// SPDX-License-Identifier: MIT
/* Lanes of the in-process device: any number of them gives the same bytes. */
#include <errno.h>
#include <pthread.h>

#include "fixture.h"

#define SIZE	24
#define BYTES	(SIZE * SIZE * 64)
#define LAYERS	4

struct net {
	struct qnn_device *dev;
	struct qnn_model *model;
};

static struct net open_net(const char *lanes)
{
	struct fixture_file f = fixture_wide(LAYERS, SIZE);
	struct net net;

	setenv("QNN_LANES", lanes, 1);
	ok(qnn_device_open(QNN_IN_PROCESS, &net.dev));
	ok(qnn_model_load_memory(net.dev, f.data, f.size, &net.model));
	free(f.data);
	return net;
}

static void close_net(struct net *net)
{
	qnn_model_free(net->model);
	qnn_device_close(net->dev);
}

static void run(struct qnn_job *job, unsigned int seed, int8_t *y)
{
	static __thread int8_t x[BYTES];
	unsigned int i;

	for (i = 0; i < BYTES; i++)
		x[i] = (int8_t)(i * seed + i / 64 * 7 + seed);
	ok(qnn_job_set_input(job, "x", x, sizeof(x)));
	ok(qnn_run(job));
	ok(qnn_job_get_output(job, "y", y, BYTES));
}

static int8_t expected[8][BYTES];	/* by one lane */

static int find_expected(void **state)
{
	struct net net = open_net("1");
	struct qnn_job *job;
	unsigned int seed;

	(void)state;
	ok(qnn_job_create(net.model, &job));
	for (seed = 0; seed < 8; seed++)
		run(job, seed, expected[seed]);
	qnn_job_free(job);
	close_net(&net);
	return 0;
}

static void test_same(void **state)
{
	static const char * const lanes[] = { "", "1", "2", "3", "5", "16" };
	static int8_t y[BYTES];
	unsigned int i, seed;

	(void)state;
	for (i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		struct net net = open_net(lanes[i]);
		struct qnn_job *job;

		ok(qnn_job_create(net.model, &job));
		for (seed = 0; seed < 8; seed++) {
			run(job, seed, y);
			assert_memory_equal(y, expected[seed], BYTES);
		}
		qnn_job_free(job);
		close_net(&net);
	}
}

static void *run_often(void *priv)
{
	struct net *net = priv;
	int8_t *y = malloc(BYTES);
	struct qnn_job *job;
	unsigned int i, wrong = 0;

	ok(qnn_job_create(net->model, &job));
	for (i = 0; i < 40; i++) {
		run(job, i % 8, y);
		wrong += memcmp(y, expected[i % 8], BYTES) != 0;
	}
	qnn_job_free(job);
	free(y);
	return (void *)(uintptr_t)wrong;
}

/* Threads of the program that run jobs at once: one of them has the lanes. */
static void test_threads(void **state)
{
	struct net net = open_net("3");
	pthread_t threads[3];
	unsigned int i;
	void *wrong;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_often, &net), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	close_net(&net);
}

/* A deadline is met by all lanes, and the next run is none the worse. */
static void test_deadline(void **state)
{
	struct fixture_file f = fixture_wide(8, 200);
	struct net net = open_net("4");
	struct qnn_model *slow;
	struct qnn_job *job, *next;
	static int8_t y[BYTES];

	(void)state;
	ok(qnn_model_load_memory(net.dev, f.data, f.size, &slow));
	free(f.data);
	ok(qnn_job_create(slow, &job));
	ok(qnn_job_set_timeout(job, 1));
	fails(qnn_run(job), -ETIMEDOUT, "");
	ok(qnn_job_create(net.model, &next));
	run(next, 5, y);
	assert_memory_equal(y, expected[5], BYTES);
	qnn_job_free(next);
	qnn_job_free(job);
	qnn_model_free(slow);
	close_net(&net);
}

static void test_refused(void **state)
{
	static const char * const wrong[] = { "0", "17", "-1", "two", "2x", "99999999999999999999" };
	struct qnn_device *dev;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv("QNN_LANES", wrong[i], 1);
		fails(qnn_device_open(QNN_IN_PROCESS, &dev), -EINVAL, "QNN_LANES");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lanes", tests, find_expected, NULL);
}
