// SPDX-License-Identifier: MIT
/* A model's program, prepared for the vector units of this processor. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../memory.h"
#include "inproc.h"

#define LEAST	(8ul << 10)	/* bytes of weights: less costs little twice */
#define ROOM	(1ul << 20)	/* for a block of channels; what is not used takes no memory */

/* Asking takes longer than much else here, on a virtual machine. */
static u32 best(void)
{
	static _Atomic u32 known = QNN_ISA_NR;

	if (known == QNN_ISA_NR)
		known = qnn_isa_best();
	return known;
}

/* What QNN_ISA names, for tests and comparisons; else the best there is. */
static int choose(u32 *isa)
{
	const char *wanted = getenv("QNN_ISA");

	if (!wanted || !*wanted) {
		*isa = best();
		return 0;
	}
	*isa = qnn_isa_find(wanted);
	if (*isa < QNN_ISA_NR && qnn_isa_usable(*isa))
		return 0;
	return qnn_fail(-EOPNOTSUPP, "QNN_ISA: this machine or build has no '%s'", wanted);
}

/*
 * Weights that are prepared need not stay in memory as the file has them. The
 * memory is ours, and not mapped from anywhere: whole pages of it can go.
 */
static void spare(void *priv, const void *consts, u64 size)
{
	struct qnn_model *model = priv;
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)consts + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)consts + size) / page * page;

	if (first < end && !madvise((void *)first, end - first, MADV_DONTNEED))
		model->spared = true;
}

/* What is read from a path can be read again: weights need not be there twice. */
static const struct qnn_prepared *prepare(struct qnn_model *model, u32 isa, void *memory)
{
	const struct qnn_program *prog = &model->file.prog;
	struct qnn_sparing sparing = { .spare = spare, .priv = model, .least = LEAST };
	const struct qnn_prepared *prepared;

	if (!model->is_path)
		return qnn_prepare(prog, isa, memory, NULL, NULL);
	sparing.room = malloc(ROOM);
	if (sparing.room)
		sparing.room_bytes = ROOM;
	prepared = qnn_prepare_sparing(prog, isa, memory, NULL, NULL, &sparing);
	if (sparing.replaced)
		model->spared = true;
	free(sparing.room);
	return prepared;
}

int inproc_program_create(struct qnn_model *model)
{
	const struct qnn_program *prog = &model->file.prog;
	void *memory;
	uint64_t size;
	u32 isa;
	int err;

	err = choose(&isa);
	if (err)
		return err;
	size = qnn_prepared_size(prog, isa, NULL, NULL);
	/* Without memory for it the model runs as well, only later. */
	memory = size ? qnn_memory(size, false) : NULL;
	if (!memory)
		return 0;
	/* What is there beside weights, or as much of all: filled from the front, and at once. */
	if (size > prog->header->const_size)
		qnn_memory_wanted(memory, size - prog->header->const_size);
	model->prepared = prepare(model, isa, memory);
	return 0;
}

void inproc_program_destroy(struct qnn_model *model)
{
	free((void *)model->prepared);
}
