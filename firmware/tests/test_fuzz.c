// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Valid programs with a few fields changed: refused, or run without leaving
 * their regions and with the oracle's result.
 */
#include "bases.h"

#define ROUNDS	6000

static void test_mutated_layers(void **state)
{
	int seed, ran = 0;
	char what[32];

	(void)state;
	for (seed = 0; seed < ROUNDS; seed++) {
		struct rng rng = { (u64)seed << 20 };
		size_t size;
		void *image = fw_random_program(&rng, QNN_OP_CONV + (u32)seed % FW_OPCODES, &size);

		snprintf(what, sizeof(what), "seed %d", seed);
		fw_mutate(&rng, image, size);
		ran += fw_try(image, size, &rng, what);
		free(image);
	}
	/* Neither all of one kind nor of the other, or this tests nothing. */
	assert_in_range(ran, ROUNDS / 20, ROUNDS / 2);
}

static void test_mutated_bases(void **state)
{
	int seed, ran = 0;
	char what[32];

	(void)state;
	for (seed = 0; seed < ROUNDS; seed++) {
		struct rng rng = { (u64)seed << 20 | 1 };
		size_t size;
		void *image = bases_build((enum base)(seed % BASES), &size);

		snprintf(what, sizeof(what), "seed %d", seed);
		fw_mutate(&rng, image, size);
		ran += fw_try(image, size, &rng, what);
		free(image);
	}
	assert_in_range(ran, ROUNDS / 20, ROUNDS / 2);
}

/* Every bit of a program, one at a time. */
static void test_every_bit(void **state)
{
	size_t size, bit;
	void *image;
	int ran = 0;

	(void)state;
	image = bases_build(CHAIN, &size);
	for (bit = 0; bit < size * 8; bit++) {
		struct rng rng = { bit };

		((u8 *)image)[bit / 8] ^= 1u << bit % 8;
		ran += fw_try(image, size, &rng, "bit");
		((u8 *)image)[bit / 8] ^= 1u << bit % 8;
	}
	assert_true(ran > 0);
	free(image);
}

static void test_noise(void **state)
{
	struct rng rng = { 99 };
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		size_t size = (size_t)rng_range(&rng, 0, 2000);
		u8 *noise = malloc(size + 64);

		rng_fill(&rng, noise, size);
		assert_int_equal(fw_try(noise, size, &rng, "noise"), 0);
		free(noise);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutated_layers),
		cmocka_unit_test(test_mutated_bases),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("fw_fuzz", tests, NULL, NULL);
}
