// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated core's programs: prepared for the vector units of the processor.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "qnn_emu.h"
#include "qnn_fast.h"
#include "qnn_prog.h"
#include "qnn_user.h"

static char *isa = "auto";
module_param(isa, charp, 0444);
MODULE_PARM_DESC(isa,
		 "vector instructions of emulated cores: auto, none, avx2, avx512vnni, avx512bits");

/* What the parameter names. */
static u32 qnn_emu_isa(void)
{
	return strcmp(isa, "auto") ? qnn_isa_find(isa) : qnn_isa_best();
}

/**
 * qnn_emu_check - is there what the module's parameter isa names?
 *
 * Return: 0 or -EINVAL, which is in the kernel log.
 */
int qnn_emu_check(void)
{
	u32 set = qnn_emu_isa();

	if (set < QNN_ISA_NR && qnn_isa_usable(set))
		return 0;

	pr_err("qnn: isa=%s: this machine or module has no such vector instructions\n",
	       isa);

	return -EINVAL;
}

static int qnn_emu_prepare_poll(void *priv)
{
	cond_resched();
	return fatal_signal_pending(current);
}

/**
 * qnn_emu_prepare - bring a program into the order that vector units like
 * @prog: a validated program
 *
 * Without memory for it the program runs on the scalar code: it is what makes
 * runs fast, not what makes them possible. A limit of the caller's cgroup
 * counts like any other lack of memory.
 *
 * Return: 0, or -EINTR if the caller is being killed.
 */
int qnn_emu_prepare(struct qnn_prog *prog)
{
	u32 set = qnn_emu_isa();
	u64 size = qnn_prepared_size(&prog->desc, set, qnn_emu_prepare_poll,
				     NULL);
	void *memory;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (!size)
		return 0;

	/* Above what kmalloc() gives: whole pages, aligned as it has to be. */
	memory = qnn_user_alloc(max_t(u64, size, SZ_32K + 1), 0);
	if (!memory)
		return 0;
	if (!qnn_prepare(&prog->desc, set, memory, qnn_emu_prepare_poll,
			 NULL)) {
		kvfree(memory);
		return -EINTR;
	}
	prog->priv = memory;
	prog->bytes += size;

	return 0;
}

/**
 * qnn_emu_unprepare - free what preparing took
 * @prog: the program
 */
void qnn_emu_unprepare(struct qnn_prog *prog)
{
	kvfree(prog->priv);
}
