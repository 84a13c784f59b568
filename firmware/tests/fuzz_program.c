// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Fuzzer of the validator and the device (libFuzzer). It needs no corpus: the
 * mutator also invents valid programs.
 *
 *	make fuzz-program && build/fuzz/program -max_total_time=60
 */
#include "fw_test.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct rng rng = { size };

	fw_try(data, size, &rng, "fuzz");
	return 0;
}

/* Make the header agree with the size, so that the rest is looked at. */
static void mend(u8 *data, size_t size)
{
	struct qnn_program_header *header = (struct qnn_program_header *)data;

	if (size < sizeof(*header))
		return;
	header->magic = QNN_PROGRAM_MAGIC;
	header->version = QNN_PROGRAM_VERSION;
	header->size = (u32)size;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	struct rng rng = { seed };

	if (size < sizeof(struct qnn_program_header) || rng_next(&rng) % 32 == 0) {
		size_t made;
		void *image = fw_random_program(&rng, QNN_OP_CONV + seed % FW_OPCODES, &made);

		if (made <= max) {
			memcpy(data, image, made);
			size = made;
		}
		free(image);
	}
	if (!size || rng_next(&rng) % 8 == 0)
		size = LLVMFuzzerMutate(data, size, max);
	else
		fw_mutate(&rng, data, size);
	if (rng_next(&rng) % 2)
		mend(data, size);
	return size;
}
