// SPDX-License-Identifier: MIT
/* Arguments whose fields depend on each other. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <drm/qnn_accel.h>

#include "fz.h"
#include "qnn_program.h"

#define SHAPES		64
#define MOST_PROGRAM	(40u << 10)
#define MOST_BO		(2u << 20)

/* What a job for a program needs; the number of a shape is in the pool. */
static struct shape {
	uint32_t regions;
	uint32_t commands;
	uint64_t size[QNN_MAX_REGIONS];
} shapes[SHAPES];
static uint32_t next_shape;

bool fill_query(struct thread *t, void *arg)
{
	struct drm_qnn_dev_query *query = arg;

	query->size = below(&t->dice, 256);
	query->pointer = (uintptr_t)arena_alloc(t, 256);
	return true;
}

/* Memory of any kind that the process has mapped, and may change meanwhile. */
bool fill_userptr(struct thread *t, void *arg)
{
	struct drm_qnn_bo_userptr *userptr = arg;
	uint32_t pages = 1 + below(&t->dice, 16);
	struct slot map;

	if (once_in(&t->dice, 6) || !pool_pick(POOL_MAP, -1, &t->dice, &map)) {
		userptr->addr = (uintptr_t)arena_of(below(&t->dice, fz_thread_count));
	} else {
		userptr->addr = (uintptr_t)place_of(map.value);
		if (!once_in(&t->dice, 4))
			pages = (uint32_t)((map.extra + 4095) / 4096);
	}
	userptr->size = pages * 4096ull;
	userptr->flags = once_in(&t->dice, 3) ? DRM_QNN_BO_USERPTR_READ_ONLY : 0;
	return true;
}

/* A program as it is, or with a few fields changed. */
bool fill_program(struct thread *t, void *arg)
{
	const struct fz_image *image = &fz_images[below(&t->dice, FZ_IMAGES)];
	struct drm_qnn_program_create *create = arg;
	uint8_t *copy;

	if (image->size > MOST_PROGRAM)
		image = &fz_images[0];
	copy = arena_alloc(t, image->size);
	if (!copy)
		return false;
	memcpy(copy, image->bytes, image->size);
	if (t->harmful && !once_in(&t->harm, 3)) {
		image_damage(&t->harm, copy, image->size);
		/* Then that is enough. */
		t->part_count = 0;
	}
	create->data = (uintptr_t)copy;
	create->size = image->size;
	if (once_in(&t->dice, 2)) {
		create->log_size = below(&t->dice, 200);
		create->log = (uintptr_t)arena_alloc(t, 200);
	}
	return true;
}

void done_program(struct thread *t, void *arg)
{
	const struct drm_qnn_program_create *create = arg;
	const struct qnn_program_header *header = (const void *)(uintptr_t)create->data;
	const struct qnn_region_desc *regions = (const void *)(header + 1);
	uint32_t at = __atomic_fetch_add(&next_shape, 1, __ATOMIC_RELAXED) % SHAPES, i;
	struct shape *shape = &shapes[at];

	shape->regions = header->region_count % (QNN_MAX_REGIONS + 1);
	shape->commands = header->cmd_count;
	for (i = 0; i < shape->regions; i++)
		shape->size[i] = regions[i].size;
	pool_add(POOL_PROGRAM, t->file, create->handle, at);
}

/* There is none that would do: mostly a new one. */
static void new_bo(struct thread *t, uint64_t size, struct slot *bo)
{
	struct drm_qnn_bo_create create = { .size = size };

	if (!size || size > MOST_BO || once_in(&t->dice, 5) ||
	    ioctl(t->file, DRM_IOCTL_QNN_BO_CREATE, &create))
		return;
	*bo = (struct slot){ t->file, create.handle, create.size };
	pool_add(POOL_BO, t->file, create.handle, create.size);
}

/* A BO that is large enough, and not one of @used if there is another. */
static void pick_bo(struct thread *t, uint64_t size, const uint32_t *used, uint32_t count,
		    struct slot *bo)
{
	int tries = 6;
	uint32_t i;

	do {
		pool_pick_large(POOL_BO, t->file, &t->dice, size, bo);
		for (i = 0; i < count && used[i] != bo->value; i++)
			;
	} while (i < count && tries--);
	if (!bo->value || i < count || bo->extra < size)
		new_bo(t, size, bo);
}

static uint64_t some_offset(struct dice *d, uint64_t room, uint64_t size, uint32_t align)
{
	uint64_t most = room > size ? room - size : 0;

	switch (below(d, 3)) {
	case 0:
		return most / align * align;
	case 1:
		return roll(d) % (most + 1) / align * align;
	default:
		return 0;
	}
}

static void fill_report(struct thread *t, struct drm_qnn_job *job, const struct shape *shape,
			const uint32_t *used, uint32_t count)
{
	uint64_t size = sizeof(struct drm_qnn_report);
	struct slot bo;

	if (once_in(&t->dice, 2)) {
		job->report_layers = shape->commands;
		size += shape->commands * sizeof(struct drm_qnn_layer_report);
	}
	pick_bo(t, size, used, count, &bo);
	job->report_handle = bo.value;
	job->report_offset = some_offset(&t->dice, bo.extra, size, 8);
}

static void fill_job(struct thread *t, struct drm_qnn_job *job)
{
	struct drm_qnn_binding *binding;
	uint32_t used[QNN_MAX_REGIONS], i;
	const struct shape *shape;
	struct slot program, bo;

	pool_pick(POOL_PROGRAM, t->file, &t->dice, &program);
	shape = &shapes[program.extra % SHAPES];
	job->program = program.value;
	if (!once_in(&t->dice, 8))	/* or the default */
		job->timeout_ms = 1 + below(&t->dice, once_in(&t->dice, 8) ? 1000 : 40);
	job->binding_count = shape->regions;
	job->binding_stride = sizeof(*binding);
	for (i = 0; i < shape->regions; i++) {
		binding = part_new(t, &layout_binding);
		if (!binding)
			return;
		pick_bo(t, shape->size[i], used, i, &bo);
		used[i] = bo.value;
		/* The arena grows downwards: the last region comes first. */
		binding->region = i;
		binding->handle = bo.value;
		binding->offset = some_offset(&t->dice, bo.extra, shape->size[i],
					      QNN_REGION_ALIGN);
		job->bindings = (uintptr_t)binding;
	}
	if (once_in(&t->dice, 3))
		fill_report(t, job, shape, used, i);
}

/*
 * False: there is none. Where @wait, such as have a fence: the extra of one is its
 * last point plus one.
 */
static bool fill_sync(struct thread *t, struct drm_qnn_sync *sync, bool wait)
{
	struct slot slot;

	if (!wait || once_in(&t->dice, 10)) {
		fill_by_kind(t, &layout_sync, sync);
		return sync->handle;
	}
	if (!pool_pick_large(POOL_SYNCOBJ, t->file, &t->dice, 1, &slot) || !slot.extra)
		return false;
	sync->handle = slot.value;
	sync->point = slot.extra > 1 ? slot.extra - 1 : 0;
	return true;
}

static uint64_t fill_syncs(struct thread *t, uint32_t *count, bool wait)
{
	uint32_t n = once_in(&t->dice, 2) ? 0 : 1 + below(&t->dice, wait ? 2 : 3);
	struct drm_qnn_sync *sync = NULL, *next;

	for (*count = 0; *count < n; ++*count) {
		next = part_new(t, &layout_sync);
		/* Without a syncobj, mostly none is named. */
		if (!next || (!fill_sync(t, next, wait) && !once_in(&t->dice, 10)))
			break;
		sync = next;
	}
	return (uintptr_t)sync;
}

void done_submit(struct thread *t, void *arg)
{
	const struct drm_qnn_submit *submit = arg;
	const struct drm_qnn_sync *sync = (const void *)(uintptr_t)submit->out_syncs;
	uint32_t i;

	for (i = 0; i < submit->out_sync_count && i < 4; i++)
		pool_add(POOL_SYNCOBJ, t->file, sync[i].handle, sync[i].point + 1);
}

bool fill_submit(struct thread *t, void *arg)
{
	struct drm_qnn_submit *submit = arg;
	struct drm_qnn_job *jobs;
	struct slot queue;
	uint32_t i;

	pool_pick(POOL_QUEUE, t->file, &t->dice, &queue);
	submit->queue = queue.value;
	submit->job_count = 1;
	if (once_in(&t->dice, 4))
		submit->job_count = 1 + below(&t->dice, once_in(&t->dice, 8) ? 24 : 4);
	submit->job_stride = sizeof(*jobs);
	submit->sync_stride = sizeof(struct drm_qnn_sync);
	submit->in_syncs = fill_syncs(t, &submit->in_sync_count, true);
	submit->out_syncs = fill_syncs(t, &submit->out_sync_count, false);
	for (i = 0; i < submit->job_count; i++) {
		jobs = part_new(t, &layout_job);
		if (!jobs)
			return false;
		submit->jobs = (uintptr_t)jobs;
	}
	jobs = (struct drm_qnn_job *)(uintptr_t)submit->jobs;
	for (i = 0; i < submit->job_count; i++)
		fill_job(t, &jobs[i]);
	return true;
}
