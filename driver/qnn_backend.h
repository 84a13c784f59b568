/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_BACKEND_H__
#define __QNN_BACKEND_H__

#include "qnn_device.h"

struct qnn_core;
struct seq_file;
struct qnn_prog;

/**
 * struct qnn_run - one execution of a program, as a back end sees it
 *
 * Filled when the job is submitted; the core neither allocates nor looks
 * anything up.
 */
struct qnn_run {
	/** @prog: the program */
	const struct qnn_prog *prog;
	/** @region: kernel address of each region, aligned as regions must be */
	void *region[QNN_MAX_REGIONS];
	/** @layers: a record for each command, or NULL */
	struct qnn_layer_record *layers;
	/** @cmd: result, the command that was reached */
	u32 cmd;
	/** @done: result, sum over the commands that finished */
	struct qnn_counters done;
};

/**
 * struct qnn_backend_ops - what executes programs
 *
 * A core has at most one run at a time.
 */
struct qnn_backend_ops {
	/** @id: &enum drm_qnn_backend */
	u32 id;

	/**
	 * @init_core: makes a core ready; what it allocates is freed by DRM
	 * managed actions.
	 */
	int (*init_core)(struct qnn_core *core);

	/**
	 * @prepare: optional. Brings a validated program into the form that
	 * the cores like, once; @qnn_prog.priv is for it. May sleep. Like
	 * @unprepare it may be called after the device was unplugged.
	 */
	int (*prepare)(struct qnn_prog *prog);

	/** @unprepare: optional. Undoes @prepare. May sleep. */
	void (*unprepare)(struct qnn_prog *prog);

	/**
	 * @start: starts a run. Called with &qnn_core.lock held, between
	 * run_job and the signalling of a fence: must not allocate. When the
	 * run ended, the back end fills in the results and calls
	 * qnn_core_done() from a context that may sleep.
	 */
	void (*start)(struct qnn_core *core, struct qnn_run *run);

	/**
	 * @progress: optional. A number that changes while the current run
	 * makes progress. Called with &qnn_core.lock held.
	 */
	u64 (*progress)(struct qnn_core *core);

	/**
	 * @stop: the current run is overdue, or the device is being unplugged:
	 * stops and resets the core. Called
	 * with &qnn_core.lock held, must not allocate and must not wait for
	 * qnn_core_done(), which the back end still has to call, and soon,
	 * once the core does not touch the run's memory any more.
	 */
	void (*stop)(struct qnn_core *core);

	/**
	 * @hold: optional. The machine is about to sleep: lets the current run
	 * stand still, and calls qnn_core_held() when it does, unless it ends
	 * before. @stop ends it all the same. Called with &qnn_core.lock held.
	 * Without this, runs are waited for, at most until their deadlines.
	 */
	void (*hold)(struct qnn_core *core);

	/** @release: with @hold; the run goes on. The lock is held. */
	void (*release)(struct qnn_core *core);

	/** @show: optional. Prints what it knows of a core, for debugfs. */
	void (*show)(struct qnn_core *core, struct seq_file *m);
};

extern const struct qnn_backend_ops qnn_emu_ops;

#endif /* __QNN_BACKEND_H__ */
