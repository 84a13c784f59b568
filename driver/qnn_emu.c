// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated core: a thread that runs the device code.
 */
#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/export.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#ifdef CONFIG_X86_64
#include <asm/fpu/api.h>
#endif

#include <drm/drm_managed.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_backend.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_emu.h"
#include "qnn_platform.h"
#include "qnn_power.h"
#include "qnn_prog.h"

/*
 * The machine goes to sleep, with the run as it is. It may be told to stand
 * still again before it noticed that it was told to go on. Of several lanes,
 * the core's own thread comes last.
 */
static void qnn_emu_stand_still(struct qnn_emu *emu)
{
	u32 holds;

	while (qnn_emu_is_held(emu)) {
		holds = READ_ONCE(emu->holds);
		wait_event_idle(emu->wait, qnn_emu_lanes_still(emu) ||
				!qnn_emu_is_held(emu));
		if (!qnn_emu_is_held(emu))
			break;
		qnn_core_held(emu->core);
		wait_event_idle(emu->wait,
				READ_ONCE(emu->releases) == holds ||
				READ_ONCE(emu->cancel));
	}
}

/**
 * qnn_emu_poll - called often by all threads of a run
 * @priv: the &struct qnn_emu
 *
 * A run may take seconds: lets others run, and RCU go on, and stands still
 * while the machine sleeps.
 *
 * Return: whether the run is to end.
 */
int qnn_emu_poll(void *priv)
{
	struct qnn_emu *emu = priv;

	cond_resched_tasks_rcu_qs();

	if (unlikely(qnn_emu_is_held(emu))) {
		if (current == emu->worker->task)
			qnn_emu_stand_still(emu);
		else
			qnn_emu_lane_stand_still(emu);
	}

	return READ_ONCE(emu->cancel);
}

#ifdef CONFIG_X86_64
/* Nobody else runs on this processor between these two: firmware/poll.h. */
static void qnn_emu_simd_begin(void *priv)
{
	kernel_fpu_begin();
}

static void qnn_emu_simd_end(void *priv)
{
	kernel_fpu_end();
}
#else
#define qnn_emu_simd_begin	NULL
#define qnn_emu_simd_end	NULL
#endif

static u64 qnn_emu_clock(void *priv)
{
	return ktime_get_ns();
}

/* What a core does that a test wants to hang. */
static int qnn_emu_hang(struct qnn_emu *emu)
{
	while (!qnn_emu_poll(emu))
		schedule_timeout_idle(1);

	return -EIO;
}

static int qnn_emu_exec(struct qnn_emu *emu, struct qnn_exec *exec)
{
	int ret;

	qnn_emu_lanes_lend(emu, exec);
	ret = qnn_exec_run(exec);
	qnn_emu_lanes_return(emu);

	return ret;
}

static void qnn_emu_work(struct kthread_work *work)
{
	struct qnn_emu *emu = container_of(work, struct qnn_emu, work);
	struct qnn_run *run = emu->run;
	struct qnn_exec exec = {
		.prog = &run->prog->desc,
		.tile = emu->tile,
		.layers = run->layers,
		.prepared = run->prog->priv,
		.simd_begin = qnn_emu_simd_begin,
		.simd_end = qnn_emu_simd_end,
		.poll = qnn_emu_poll,
		.clock_ns = qnn_emu_clock,
		.priv = emu,
	};
	bool cookie = dma_fence_begin_signalling();
	int ret;

	static_assert(sizeof(exec.region) == sizeof(run->region));
	memcpy(exec.region, run->region, sizeof(exec.region));

	if (qnn_inject_fail(&emu->core->qdev->inject))
		ret = -EIO;
	else if (qnn_inject_hang(&emu->core->qdev->inject))
		ret = qnn_emu_hang(emu);
	else
		ret = qnn_emu_exec(emu, &exec);

	run->cmd = exec.cmd;
	run->done = exec.done;
	/* The next run may be queued, and written to emu->run, from here on. */
	qnn_core_done(emu->core, ret ? -EIO : 0);
	dma_fence_end_signalling(cookie);
}

static void qnn_emu_destroy_worker(struct drm_device *drm, void *data)
{
	kthread_destroy_worker(data);
}

static void qnn_emu_free_tile(struct drm_device *drm, void *data)
{
	vfree(data);
}

/**
 * qnn_emu_alloc_tile - the memory of one thread
 * @drm: the device that it goes with
 * @tile: where to put it
 *
 * Return: 0 or -ENOMEM.
 */
int qnn_emu_alloc_tile(struct drm_device *drm, struct qnn_tile **tile)
{
	/* vzalloc() for the alignment */
	*tile = vzalloc(qnn_tile_size());
	if (!*tile)
		return -ENOMEM;

	return drmm_add_action_or_reset(drm, qnn_emu_free_tile, *tile);
}

/* Devices of tests have no description. */
static u32 qnn_emu_lane_count(struct drm_device *drm)
{
	const struct qnn_config *config = dev_get_platdata(drm->dev);

	return config ? config->lanes : 1;
}

static int qnn_emu_init_core(struct qnn_core *core)
{
	struct drm_device *drm = &core->qdev->drm;
	struct qnn_emu *emu;
	int ret;

	emu = drmm_kzalloc(drm, sizeof(*emu), GFP_KERNEL);
	if (!emu)
		return -ENOMEM;
	emu->core = core;
	init_waitqueue_head(&emu->wait);
	kthread_init_work(&emu->work, qnn_emu_work);

	ret = qnn_emu_alloc_tile(drm, &emu->tile);
	if (ret)
		return ret;
	ret = qnn_emu_lanes_init(emu, qnn_emu_lane_count(drm));
	if (ret)
		return ret;

	/* The last one: it goes before what it uses. */
	emu->worker = kthread_create_worker(0, "%s-core%u",
					    dev_name(drm->dev), core->index);
	if (IS_ERR(emu->worker))
		return PTR_ERR(emu->worker);
	ret = drmm_add_action_or_reset(drm, qnn_emu_destroy_worker,
				       emu->worker);
	if (ret)
		return ret;

	core->priv = emu;
	return 0;
}

static void qnn_emu_start(struct qnn_core *core, struct qnn_run *run)
{
	struct qnn_emu *emu = core->priv;

	emu->run = run;
	WRITE_ONCE(emu->cancel, false);
	kthread_queue_work(emu->worker, &emu->work);
}

static void qnn_emu_stop(struct qnn_core *core)
{
	struct qnn_emu *emu = core->priv;

	WRITE_ONCE(emu->cancel, true);
	wake_up(&emu->wait);
}

static void qnn_emu_hold(struct qnn_core *core)
{
	struct qnn_emu *emu = core->priv;

	WRITE_ONCE(emu->holds, emu->holds + 1);
	/* Who waits for other lanes does not look. */
	wake_up(&emu->wait);
}

static void qnn_emu_release(struct qnn_core *core)
{
	struct qnn_emu *emu = core->priv;

	WRITE_ONCE(emu->releases, emu->holds);
	wake_up(&emu->wait);
}

const struct qnn_backend_ops qnn_emu_ops = {
	.id = DRM_QNN_BACKEND_EMULATED,
	.init_core = qnn_emu_init_core,
	.prepare = qnn_emu_prepare,
	.unprepare = qnn_emu_unprepare,
	.start = qnn_emu_start,
	.stop = qnn_emu_stop,
	.hold = qnn_emu_hold,
	.release = qnn_emu_release,
};
EXPORT_SYMBOL_IF_KUNIT(qnn_emu_ops);
