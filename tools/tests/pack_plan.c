// SPDX-License-Identifier: MIT
/* The planner of scratch memory: nothing that lives overlaps, and how close
 * to the least possible size it gets, on random sets of blocks and networks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/graph/mem.h"
#include "tools/pack/plan.h"

#define MAX_BLOCKS	400

static uint64_t state;

static uint32_t below(uint32_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((state >> 33) % n);
}

/* The bound, step by step, as its definition says. */
static uint64_t most_alive(const struct plan_block *b, size_t count)
{
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t alive = 0;

		for (size_t k = 0; k < count; k++)
			if (b[k].born <= b[i].born && b[k].dies >= b[i].born)
				alive += b[k].bytes;
		most = alive > most ? alive : most;
	}
	return most;
}

static void check_plan(const struct plan_block *b, size_t count,
		       const struct plan *p)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < count; i++) {
		end = b[i].offset + b[i].bytes > end ? b[i].offset + b[i].bytes :
						       end;
		sum += b[i].bytes;
		assert_int_equal(b[i].offset % p->align, 0);
		for (size_t k = 0; k < i; k++) {
			if (b[i].dies < b[k].born || b[k].dies < b[i].born)
				continue;
			assert_true(b[i].offset + b[i].bytes <= b[k].offset ||
				    b[k].offset + b[k].bytes <= b[i].offset);
		}
	}
	assert_int_equal(p->size, end);
	assert_int_equal(p->unshared, sum);
	assert_int_equal(p->bound, most_alive(b, count));
	assert_true(p->size >= p->bound);
	assert_true(p->align == 64 || p->align == 16 || p->align == 4);
}

static void test_nothing(void **unused)
{
	struct plan p;

	(void)unused;
	plan_blocks(NULL, 0, &p);
	assert_int_equal(p.size, 0);
	assert_int_equal(p.bound, 0);
}

/* A chain of layers needs two neighbours at a time, and no more. */
static void test_chain(void **unused)
{
	struct plan_block b[40];
	struct plan p;

	(void)unused;
	for (size_t i = 0; i < 40; i++)
		b[i] = (struct plan_block){ .bytes = 64 * (1 + i * 7 % 13),
					    .born = i, .dies = i + 1 };
	plan_blocks(b, 40, &p);
	check_plan(b, 40, &p);
	assert_int_equal(p.size, p.bound);
}

/* 16-byte values: a plan in steps of 64 bytes would be twice as large. */
static void test_small(void **unused)
{
	struct plan_block b[3] = { { 16, 0, 1, 0 }, { 16, 1, 2, 0 },
				   { 16, 2, 3, 0 } };
	struct plan p;

	(void)unused;
	plan_blocks(b, 3, &p);
	check_plan(b, 3, &p);
	assert_int_equal(p.size, 32);
}

/* Lowest fit in order of birth needs 6 units here, the best plan 5. */
static void test_exact(void **unused)
{
	struct plan_block b[] = {
		{ 64, 0, 1, 0 }, { 128, 0, 3, 0 }, { 128, 2, 5, 0 },
		{ 64, 4, 6, 0 }, { 192, 6, 7, 0 }, { 64, 1, 2, 0 },
	};
	struct plan p;

	(void)unused;
	plan_blocks(b, 6, &p);
	check_plan(b, 6, &p);
	assert_int_equal(p.size, 320);
}

static void test_random(void **unused)
{
	static struct plan_block b[MAX_BLOCKS];
	double worst = 1;

	(void)unused;
	for (unsigned int run = 0; run < 300; run++) {
		size_t count = 1 + below(run % 3 ? 12 : 60);
		struct plan p;

		for (size_t i = 0; i < count; i++) {
			b[i].bytes = 1 + below(below(2) ? 100 : 100000);
			b[i].born = below((uint32_t)count);
			b[i].dies = b[i].born + below(6);
		}
		plan_blocks(b, count, &p);
		check_plan(b, count, &p);
		if ((double)p.size / (double)p.bound > worst)
			worst = (double)p.size / (double)p.bound;
	}
	print_message("# random lives: at worst %.3f times the bound\n", worst);
	assert_true(worst < 1.6);
}

/*
 * Layers of a network: a value goes to the next layer, and now and then past
 * some of them. Sides halve now and then, and channels double.
 */
static size_t residual(struct plan_block *b)
{
	size_t count = 20 + below(100);
	uint64_t pixels = 16384 >> below(3);
	uint32_t channels = 8u << below(3);

	for (size_t i = 0; i < count; i++) {
		if (!below(6) && pixels > 16) {
			pixels /= 4;
			channels *= below(2) ? 2 : 1;
		}
		b[i].bytes = pixels * (channels * (1 + below(4)) / 2 + 1);
		b[i].born = i;
		b[i].dies = i + 1 + (below(3) ? 0 : below(5));
	}
	return count;
}

static void test_residual(void **unused)
{
	static struct plan_block b[MAX_BLOCKS];
	double worst = 1, sum = 0;

	(void)unused;
	for (unsigned int run = 0; run < 60; run++) {
		size_t count = residual(b);
		struct plan p;
		double ratio;

		plan_blocks(b, count, &p);
		check_plan(b, count, &p);
		ratio = (double)p.size / (double)p.bound;
		worst = ratio > worst ? ratio : worst;
		sum += ratio;
	}
	print_message("# random residual networks: %.4f times the bound on average, %.4f at worst\n",
		      sum / 60, worst);
	assert_true(sum / 60 < 1.02);
	assert_true(worst < 1.10);
}

/* The same plan in every run: files must come out the same. */
static void test_repeatable(void **unused)
{
	static struct plan_block a[MAX_BLOCKS], b[MAX_BLOCKS];
	struct plan p;
	size_t count;

	(void)unused;
	count = residual(a);
	for (size_t i = 0; i < count; i++)
		b[i] = a[i];
	plan_blocks(a, count, &p);
	plan_blocks(b, count, &p);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(a[i].offset, b[i].offset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_residual),
		cmocka_unit_test(test_repeatable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
