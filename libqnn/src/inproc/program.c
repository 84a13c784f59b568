// SPDX-License-Identifier: MIT
/* A model's program, prepared for the vector units of this processor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inproc.h"

/* What QNN_ISA names, for tests and comparisons; else the best there is. */
static int choose(u32 *isa)
{
	const char *wanted = getenv("QNN_ISA");

	if (!wanted || !*wanted) {
		*isa = qnn_isa_best();
		return 0;
	}
	for (*isa = 0; *isa < QNN_ISA_NR; ++*isa) {
		const char *name = qnn_isa_name(*isa);

		if (name && !strcmp(name, wanted) && qnn_isa_usable(*isa))
			return 0;
	}
	return qnn_fail(-EOPNOTSUPP, "QNN_ISA: this machine or build has no '%s'", wanted);
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
	if (!size || posix_memalign(&memory, QNN_REGION_ALIGN, size))
		return 0;
	model->prepared = qnn_prepare(prog, isa, memory, NULL, NULL);
	return 0;
}

void inproc_program_destroy(struct qnn_model *model)
{
	free((void *)model->prepared);
}
