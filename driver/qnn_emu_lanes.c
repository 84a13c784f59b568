// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes of an emulated core: threads that share the work of a run. Parts of a
 * command are taken by whoever comes first. A thread that sleeps or is late
 * does less, and the core never waits for one that has nothing in hand.
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include <drm/drm_managed.h>

#include "qnn_core.h"
#include "qnn_device.h"
#include "qnn_drv.h"
#include "qnn_emu.h"

/*
 * Looked for the next parts so long before a thread sleeps, where there is a
 * processor for it: commands follow each other within microseconds, and to
 * wake up takes tens of them.
 */
#define QNN_EMU_LOOK_NS		(100 * NSEC_PER_USEC)

/**
 * struct qnn_emu_lane - a thread besides the core's own
 */
struct qnn_emu_lane {
	/** @emu: the core */
	struct qnn_emu *emu;
	/** @thread: the thread */
	struct task_struct *thread;
	/** @tile: its memory */
	struct qnn_tile *tile;
};

/**
 * struct qnn_emu_lanes - all of them, and what they are to do
 */
struct qnn_emu_lanes {
	/** @work: where they wait for parts */
	wait_queue_head_t work;
	/** @running: a run is going on, in which there may be parts soon */
	bool running;
	/**
	 * @lock: protects what follows up to @still. Held for some
	 * instructions at a time, innermost.
	 */
	spinlock_t lock;
	/** @run: what runs a part */
	void (*run)(void *arg, u32 part, u32 lane);
	/** @arg: for it */
	void *arg;
	/** @parts: how many parts there are */
	u32 parts;
	/** @next: the first that nobody has taken */
	u32 next;
	/** @done: how many are done */
	u32 done;
	/** @busy: lanes, without the core's own thread, that have one in hand */
	u32 busy;
	/** @still: how many of these stand still */
	u32 still;
	/** @count: how many there are, with the core's own thread */
	u32 count;
	/** @lane: each; the first, which is the core's own thread, is not used */
	struct qnn_emu_lane lane[QNN_MAX_LANES];
};

static bool qnn_emu_lanes_take(struct qnn_emu_lanes *lanes, u32 lane, u32 *part)
{
	bool taken;

	spin_lock(&lanes->lock);
	taken = lanes->next != lanes->parts;
	if (taken)
		*part = lanes->next++;
	if (taken && lane)
		lanes->busy++;
	spin_unlock(&lanes->lock);

	return taken;
}

static void qnn_emu_lanes_put(struct qnn_emu *emu, u32 lane)
{
	struct qnn_emu_lanes *lanes = emu->lanes;

	spin_lock(&lanes->lock);
	lanes->done++;
	if (lane)
		lanes->busy--;
	spin_unlock(&lanes->lock);
	if (lane && wq_has_sleeper(&emu->wait))
		wake_up(&emu->wait);
}

/* Takes parts until there are no more. */
static void qnn_emu_lanes_help(struct qnn_emu *emu, u32 lane)
{
	struct qnn_emu_lanes *lanes = emu->lanes;
	u32 part;

	while (qnn_emu_lanes_take(lanes, lane, &part)) {
		/* What was taken while the machine goes to sleep waits here. */
		qnn_emu_poll(emu);
		lanes->run(lanes->arg, part, lane);
		qnn_emu_lanes_put(emu, lane);
	}
}

static bool qnn_emu_lanes_done(struct qnn_emu_lanes *lanes)
{
	bool done;

	spin_lock(&lanes->lock);
	done = lanes->done == lanes->parts;
	spin_unlock(&lanes->lock);

	return done;
}

/* Looks, for a moment, whether the others are done. */
static bool qnn_emu_lanes_soon_done(struct qnn_emu_lanes *lanes)
{
	u64 end = ktime_get_ns() + QNN_EMU_LOOK_NS;
	bool done;

	do {
		done = qnn_emu_lanes_done(lanes);
		cpu_relax();
	} while (!done && !need_resched() && num_online_cpus() > 1 &&
		 ktime_get_ns() < end);

	return done;
}

/* &qnn_exec.share */
static void qnn_emu_lanes_share(void *priv,
				void (*run)(void *arg, u32 part, u32 lane),
				void *arg, u32 parts)
{
	struct qnn_emu *emu = priv;
	struct qnn_emu_lanes *lanes = emu->lanes;

	/* Whoever took a part of the last task is done. */
	spin_lock(&lanes->lock);
	lanes->run = run;
	lanes->arg = arg;
	lanes->parts = parts;
	lanes->next = 0;
	lanes->done = 0;
	spin_unlock(&lanes->lock);
	if (wq_has_sleeper(&lanes->work))
		wake_up_all(&lanes->work);
	qnn_emu_lanes_help(emu, 0);
	while (!qnn_emu_lanes_soon_done(lanes)) {
		qnn_emu_poll(emu);
		wait_event_idle(emu->wait, qnn_emu_lanes_done(lanes) ||
				qnn_emu_is_held(emu));
	}
}

/**
 * qnn_emu_lanes_lend - let a run use the lanes
 * @emu: the core
 * @exec: the run
 */
void qnn_emu_lanes_lend(struct qnn_emu *emu, struct qnn_exec *exec)
{
	struct qnn_emu_lanes *lanes = emu->lanes;
	u32 i;

	if (!lanes)
		return;
	exec->share = qnn_emu_lanes_share;
	exec->lanes = lanes->count;
	for (i = 1; i < lanes->count; i++)
		exec->lane_tile[i] = lanes->lane[i].tile;
	WRITE_ONCE(lanes->running, true);
}

/**
 * qnn_emu_lanes_return - the run is over
 * @emu: the core
 */
void qnn_emu_lanes_return(struct qnn_emu *emu)
{
	if (emu->lanes)
		WRITE_ONCE(emu->lanes->running, false);
}

/**
 * qnn_emu_lanes_still - whether only the core's own thread does not stand still
 * @emu: the core, whose run is held
 *
 * Return: true if so. Lanes that take a part later see that the run is held
 * before they touch its memory.
 */
bool qnn_emu_lanes_still(struct qnn_emu *emu)
{
	struct qnn_emu_lanes *lanes = emu->lanes;

	bool still;

	if (!lanes)
		return true;
	spin_lock(&lanes->lock);
	still = lanes->still == lanes->busy;
	spin_unlock(&lanes->lock);

	return still;
}

/**
 * qnn_emu_lane_stand_still - what another lane does while the run is held
 * @emu: the core
 */
void qnn_emu_lane_stand_still(struct qnn_emu *emu)
{
	struct qnn_emu_lanes *lanes = emu->lanes;

	spin_lock(&lanes->lock);
	lanes->still++;
	spin_unlock(&lanes->lock);
	wake_up(&emu->wait);
	wait_event_idle(emu->wait, !qnn_emu_is_held(emu));
	spin_lock(&lanes->lock);
	lanes->still--;
	spin_unlock(&lanes->lock);
}

static bool qnn_emu_lanes_have_work(struct qnn_emu_lanes *lanes)
{
	bool work;

	spin_lock(&lanes->lock);
	work = lanes->next != lanes->parts;
	spin_unlock(&lanes->lock);

	return work;
}

static void qnn_emu_lane_wait(struct qnn_emu_lanes *lanes)
{
	u64 end = ktime_get_ns() + QNN_EMU_LOOK_NS;

	while (READ_ONCE(lanes->running) && num_online_cpus() > 1 &&
	       ktime_get_ns() < end && !kthread_should_stop()) {
		if (qnn_emu_lanes_have_work(lanes))
			return;
		cpu_relax();
		cond_resched();
	}
	wait_event_idle(lanes->work, qnn_emu_lanes_have_work(lanes) ||
			kthread_should_stop());
}

static int qnn_emu_lane_thread(void *data)
{
	struct qnn_emu_lane *lane = data;
	struct qnn_emu *emu = lane->emu;
	bool cookie;

	while (!kthread_should_stop()) {
		qnn_emu_lane_wait(emu->lanes);
		cookie = dma_fence_begin_signalling();
		qnn_emu_lanes_help(emu, lane - emu->lanes->lane);
		dma_fence_end_signalling(cookie);
	}

	return 0;
}

static void qnn_emu_lane_stop(struct drm_device *drm, void *data)
{
	kthread_stop(data);
}

static int qnn_emu_lane_init(struct qnn_emu *emu, u32 index)
{
	struct drm_device *drm = &emu->core->qdev->drm;
	struct qnn_emu_lane *lane = &emu->lanes->lane[index];
	int ret;

	lane->emu = emu;
	ret = qnn_emu_alloc_tile(drm, &lane->tile);
	if (ret)
		return ret;
	lane->thread = kthread_run(qnn_emu_lane_thread, lane,
				   "%s-core%u-lane%u", dev_name(drm->dev),
				   emu->core->index, index);
	if (IS_ERR(lane->thread))
		return PTR_ERR(lane->thread);

	return drmm_add_action_or_reset(drm, qnn_emu_lane_stop, lane->thread);
}

/**
 * qnn_emu_lanes_init - start the threads that help a core
 * @emu: the core, whose own thread is yet to come
 * @count: how many threads there are to be, with the core's own
 *
 * Return: 0, or what failed; what was started goes with the device.
 */
int qnn_emu_lanes_init(struct qnn_emu *emu, u32 count)
{
	struct qnn_emu_lanes *lanes;
	u32 i;
	int ret = 0;

	if (count < 2)
		return 0;
	lanes = drmm_kzalloc(&emu->core->qdev->drm, sizeof(*lanes), GFP_KERNEL);
	if (!lanes)
		return -ENOMEM;
	init_waitqueue_head(&lanes->work);
	spin_lock_init(&lanes->lock);
	lanes->count = count;
	emu->lanes = lanes;
	for (i = 1; !ret && i < count; i++)
		ret = qnn_emu_lane_init(emu, i);

	return ret;
}
