/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_EMU_H__
#define __QNN_EMU_H__

#include <linux/kthread.h>
#include <linux/types.h>
#include <linux/wait.h>

struct drm_device;
struct qnn_core;
struct qnn_emu_lanes;
struct qnn_exec;
struct qnn_prog;
struct qnn_run;
struct qnn_tile;

/**
 * struct qnn_emu - an emulated core
 */
struct qnn_emu {
	/** @core: the core */
	struct qnn_core *core;
	/** @worker: its thread */
	struct kthread_worker *worker;
	/** @work: queued for each run */
	struct kthread_work work;
	/** @run: the run; written before @work is queued */
	struct qnn_run *run;
	/** @cancel: the run is to end; its threads look at it often */
	bool cancel;
	/**
	 * @holds: how often runs were told to stand still; one does, unless it
	 * is to end, while @releases is behind
	 */
	u32 holds;
	/** @releases: how often they were told to go on */
	u32 releases;
	/**
	 * @wait: for changes of @holds, @releases and @cancel, and for what
	 * the other lanes do
	 */
	wait_queue_head_t wait;
	/** @tile: the operand and accumulator memory of the array */
	struct qnn_tile *tile;
	/** @lanes: threads that help, or NULL */
	struct qnn_emu_lanes *lanes;
};

/* Is a run to stand still? */
static inline bool qnn_emu_is_held(const struct qnn_emu *emu)
{
	return READ_ONCE(emu->holds) != READ_ONCE(emu->releases) &&
	       !READ_ONCE(emu->cancel);
}

int qnn_emu_poll(void *priv);
int qnn_emu_alloc_tile(struct drm_device *drm, struct qnn_tile **tile);

int qnn_emu_lanes_init(struct qnn_emu *emu, u32 count);
void qnn_emu_lanes_lend(struct qnn_emu *emu, struct qnn_exec *exec);
void qnn_emu_lanes_return(struct qnn_emu *emu);
bool qnn_emu_lanes_still(struct qnn_emu *emu);
void qnn_emu_lane_stand_still(struct qnn_emu *emu);

int qnn_emu_check(void);
int qnn_emu_prepare(struct qnn_prog *prog);
void qnn_emu_unprepare(struct qnn_prog *prog);

#endif /* __QNN_EMU_H__ */
