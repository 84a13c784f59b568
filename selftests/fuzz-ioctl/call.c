// SPDX-License-Identifier: MIT
/* Makes one ioctl from its table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm/qnn_accel.h>

#include "fz.h"

#define MS		1000000ll
#define MOST_HANDLES	4
#define POINTS		12

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

uint8_t *arena_alloc(struct thread *t, size_t size)
{
	uint8_t *start = arena_of((uint32_t)(t - fz_threads));

	size = (size + 7) / 8 * 8;
	if (size > (size_t)(t->top - start))
		return NULL;
	t->top -= size;
	memset(t->top, 0, size);
	return t->top;
}

void *part_new(struct thread *t, const struct layout *layout)
{
	uint8_t *at = arena_alloc(t, layout->size);

	if (at && t->part_count < FZ_PARTS)
		t->parts[t->part_count++] = (struct part){ layout, at };
	return at;
}

static void put(uint8_t *at, const struct field *f, uint64_t value)
{
	memcpy(at + f->offset, &value, f->size);
}

static uint64_t get(const uint8_t *at, const struct field *f)
{
	uint64_t value = 0;

	memcpy(&value, at + f->offset, f->size);
	return value;
}

static uint64_t point(struct dice *d)
{
	return once_in(d, 3) ? 0 : 1 + below(d, POINTS);
}

static uint64_t handles(struct thread *t, enum pool pool)
{
	uint32_t *list = (uint32_t *)arena_alloc(t, t->n * sizeof(*list)), i;
	struct slot slot;

	for (i = 0; list && i < t->n; i++) {
		pool_pick(pool, t->file, &t->dice, &slot);
		list[i] = slot.value;
	}
	return (uintptr_t)list;
}

static uint64_t points(struct thread *t)
{
	uint64_t *list = (uint64_t *)arena_alloc(t, t->n * sizeof(*list));
	uint32_t i;

	for (i = 0; list && i < t->n; i++)
		list[i] = point(&t->dice);
	return (uintptr_t)list;
}

static uint64_t some_size(struct dice *d, uint32_t most)
{
	static const uint32_t usual[] = { 1, 4096, 4096, 8192, 16384, 65536, 300000 };

	return once_in(d, 12) ? most : usual[below(d, ARRAY_SIZE(usual))];
}

static uint64_t some_time(struct dice *d)
{
	switch (below(d, 4)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)(now() + 20 * MS);
	default:
		return (uint64_t)(now() + below(d, 4) * MS);
	}
}

static uint64_t good_value(struct thread *t, const struct field *f)
{
	struct slot slot;

	switch (f->kind) {
	case K_FLAGS:
		return once_in(&t->dice, 2) ? f->arg : roll(&t->dice) & f->arg;
	case K_ENUM:
		return below(&t->dice, f->arg);
	case K_SIDE:
		return 1 + below(&t->dice, f->arg);
	case K_HANDLE:
		pool_pick(f->arg, t->file, &t->dice, &slot);
		return slot.value;
	case K_DYING:
		/* Once in four the others go on using it. */
		if (once_in(&t->dice, 4) || !pool_take(f->arg, t->file, &t->dice, &slot))
			pool_pick(f->arg, t->file, &t->dice, &slot);
		return slot.value;
	case K_FD:
		pool_pick(f->arg, -1, &t->dice, &slot);
		t->taken = slot;
		return slot.value;
	case K_SIZE:
		return some_size(&t->dice, f->arg);
	case K_BYTES:
		return (uintptr_t)arena_alloc(t, f->arg);
	case K_HANDLES:
		return handles(t, f->arg);
	case K_POINTS:
		return points(t);
	case K_COUNT:
		return t->n;
	case K_TIME:
		return some_time(&t->dice);
	case K_POINT:
		return point(&t->dice);
	default:
		return 0;
	}
}

void fill_by_kind(struct thread *t, const struct layout *layout, void *arg)
{
	uint32_t i;

	t->n = 1 + below(&t->dice, MOST_HANDLES);
	for (i = 0; i < layout->count; i++)
		put(arg, &layout->fields[i], good_value(t, &layout->fields[i]));
}

static uint64_t edge(struct dice *d)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 4095, 4096, 4097, 0x7fffffff, 0x80000000,
		0xffffffff, 1ull << 32, 1ull << 62, 1ull << 63, ~0ull, ~0ull - 63, ~0ull - 4095,
	};

	return edges[below(d, ARRAY_SIZE(edges))];
}

/* Sizes that are refused, or small: nobody takes all memory. */
static uint64_t bad_size(struct dice *d)
{
	static const uint64_t sizes[] = {
		0, 1, 63, 4095, 4097, (1ull << 32) + 1, 1ull << 33, 1ull << 62, 1ull << 63, ~0ull,
	};

	return sizes[below(d, ARRAY_SIZE(sizes))];
}

static uint64_t bad_address(struct thread *t, uint64_t good)
{
	uint8_t *start = arena_of((uint32_t)(t - fz_threads));

	switch (below(&t->harm, 8)) {
	case 0:
		return 0;
	case 1:
		return good + 1 + below(&t->harm, 64);
	case 2:
		return good - 1 - below(&t->harm, 64);
	case 3:		/* the hole behind the arena */
		return (uintptr_t)start + FZ_ARENA_PAGES * 4096 - below(&t->harm, 128);
	case 4:
		return 0xffff888000000000ull + roll(&t->harm) % (1ull << 40);
	case 5:		/* somebody else's, who writes to it */
		return (uintptr_t)arena_of(below(&t->harm, fz_thread_count)) +
		       below(&t->harm, FZ_ARENA_PAGES * 4096);
	case 6:
		return 0x7fffffffe000ull + below(&t->harm, 8192);
	default:
		return edge(&t->harm);
	}
}

static uint64_t bad_handle(struct thread *t, const struct field *f, uint64_t good)
{
	struct slot slot;

	switch (below(&t->harm, 5)) {
	case 0:
		return good + 1;
	case 1:
		return edge(&t->harm);
	case 2:		/* what another file, or nobody any more, calls so */
		pool_pick(f->arg, -1, &t->harm, &slot);
		return slot.value;
	case 3:		/* of another kind */
		pool_pick(1 + below(&t->harm, POOLS - 1), -1, &t->harm, &slot);
		return slot.value;
	default:
		return below(&t->harm, 16);
	}
}

static uint64_t bad_time(struct dice *d)
{
	switch (below(d, 40)) {
	case 0:
		return INT64_MAX;
	case 1:
		return (uint64_t)INT64_MIN;
	case 2:
		return ~0ull;
	default:
		return (uint64_t)(now() + below(d, 60) * MS);
	}
}

static uint64_t bad_value(struct thread *t, const struct field *f, uint64_t good)
{
	struct dice *d = &t->harm;

	switch (f->kind) {
	case K_HANDLE:
	case K_DYING:
	case K_FD:
		return bad_handle(t, f, good);
	case K_SIDE:
		return below(d, f->arg);
	case K_SIZE:
		return bad_size(d);
	case K_TIME:
		return bad_time(d);
	case K_BYTES:
	case K_HANDLES:
	case K_POINTS:
	case K_ARRAY:
		return bad_address(t, good);
	case K_COUNT:
		return once_in(d, 2) ? good + below(d, 5) - 2 : edge(d);
	case K_MS:
		return once_in(d, 2) ? below(d, 2000) : edge(d);
	case K_FLAGS:
	case K_ZERO:
	case K_ENUM:
		return once_in(d, 2) ? 1ull << below(d, 64) : edge(d);
	default:
		break;
	}
	switch (below(d, 3)) {
	case 0:
		return good ^ 1ull << below(d, 64);
	case 1:
		return good + below(d, 9) - 4;
	default:
		return edge(d);
	}
}

/* Changes a field or two of what will be passed. */
void spoil(struct thread *t)
{
	uint32_t hits = 1 + once_in(&t->harm, 3);

	while (hits-- && t->part_count) {
		const struct part *p = &t->parts[below(&t->harm, t->part_count)];
		const struct field *f = &p->layout->fields[below(&t->harm, p->layout->count)];

		put(p->at, f, bad_value(t, f, get(p->at, f)));
	}
}

/* The request itself: another size, direction, or number. */
static unsigned long spoil_request(struct thread *t, unsigned long nr)
{
	uint32_t size = _IOC_SIZE(nr);

	switch (below(&t->harm, 4)) {
	case 0:
		size = below(&t->harm, 2 * size + 8);
		return _IOC(_IOC_DIR(nr), _IOC_TYPE(nr), _IOC_NR(nr), size);
	case 1:
		return _IOC(below(&t->harm, 4), _IOC_TYPE(nr), _IOC_NR(nr), size);
	case 2:
		return _IOC(_IOC_DIR(nr), _IOC_TYPE(nr), below(&t->harm, 256), size);
	default:
		return nr ^ 1ul << below(&t->harm, 32);
	}
}

/* The n-th allocation or copy of this call fails. */
static void arm_fault(struct thread *t)
{
	static const char digits[] = "123456789";
	char text[3] = { digits[below(&t->harm, 9)], 0, 0 };

	if (once_in(&t->harm, 2)) {
		text[1] = text[0];
		text[0] = digits[below(&t->harm, 4)];
	}
	if (pwrite(t->fail_nth, text, strlen(text), 0) < 0)
		t->fail_nth = -1;
}

static void disarm_fault(struct thread *t)
{
	int tries = 100;

	while (pwrite(t->fail_nth, "0", 1, 0) < 0 && tries--)
		;
}

static uint64_t bo_size(const struct thread *t, const struct request *r, const void *arg)
{
	if (r->nr == DRM_IOCTL_QNN_BO_CREATE)
		return ((const struct drm_qnn_bo_create *)arg)->size;
	if (r->nr == DRM_IOCTL_QNN_BO_USERPTR)
		return ((const struct drm_qnn_bo_userptr *)arg)->size;
	return t->taken.extra;	/* of the dma-buf */
}

/* What a call that worked has made. */
static void collect(struct thread *t, const struct request *r, uint8_t *arg)
{
	uint32_t i;

	for (i = 0; r->layout && i < r->layout->count; i++) {
		const struct field *f = &r->layout->fields[i];
		uint64_t extra = 0;

		if (f->kind == K_FD_OUT) {
			pool_add(f->arg, -1, (uint32_t)get(arg, f), 1 << 16);
		} else if (f->kind == K_HANDLE_OUT) {
			if (f->arg == POOL_BO)
				extra = bo_size(t, r, arg);
			if (f->arg == POOL_SYNCOBJ)
				extra = ((struct drm_syncobj_create *)arg)->flags &
					DRM_SYNCOBJ_CREATE_SIGNALED;
			pool_add(f->arg, t->file, (uint32_t)get(arg, f), extra);
		}
	}
	if (r->done)
		r->done(t, arg);
}

/*
 * The DRM core warns when the list of syncobjs that it is asked to allocate is
 * huge; that is not ours. So the count of those ioctls is kept small, in a copy
 * that other threads do not write to.
 */
static void *tame(struct thread *t, unsigned long nr, const void *arg, size_t size)
{
	static const struct {
		unsigned long nr;
		size_t count;
	} list[] = {
		{ DRM_IOCTL_SYNCOBJ_WAIT, offsetof(struct drm_syncobj_wait, count_handles) },
		{ DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
		  offsetof(struct drm_syncobj_timeline_wait, count_handles) },
		{ DRM_IOCTL_SYNCOBJ_RESET, offsetof(struct drm_syncobj_array, count_handles) },
		{ DRM_IOCTL_SYNCOBJ_SIGNAL, offsetof(struct drm_syncobj_array, count_handles) },
		{ DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL,
		  offsetof(struct drm_syncobj_timeline_array, count_handles) },
		{ DRM_IOCTL_SYNCOBJ_QUERY,
		  offsetof(struct drm_syncobj_timeline_array, count_handles) },
	};
	uint32_t count, i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		if (_IOC_NR(nr) != _IOC_NR(list[i].nr) || _IOC_TYPE(nr) != DRM_IOCTL_BASE)
			continue;
		memset(t->tame, 0, sizeof(t->tame));
		memcpy(t->tame, arg, size);
		memcpy(&count, t->tame + list[i].count, sizeof(count));
		count &= 0xffff;
		memcpy(t->tame + list[i].count, &count, sizeof(count));
		return t->tame;
	}
	return (void *)(uintptr_t)arg;
}

/* What a file should have for this call to make sense. */
static enum pool wanted(const struct request *r)
{
	uint32_t i;

	if (r->nr == DRM_IOCTL_QNN_SUBMIT)
		return POOL_PROGRAM;
	for (i = 0; i < r->layout->count; i++) {
		const struct field *f = &r->layout->fields[i];

		if (f->kind == K_HANDLE || f->kind == K_DYING || f->kind == K_HANDLES)
			return f->arg;
	}
	return POOL_NONE;
}

static bool pick_descriptor(struct thread *t, const struct request *r, int *fd)
{
	struct slot slot;

	if (!once_in(&t->dice, 10) && pool_pick(wanted(r), -1, &t->dice, &slot))
		t->file = slot.file;
	else if (pool_pick(r->on, -1, &t->dice, &slot))
		t->file = (int)slot.value;
	else
		return false;
	*fd = t->file;
	if (t->harmful && once_in(&t->harm, 25)) {
		pool_pick(1 + below(&t->harm, POOLS - 1), -1, &t->harm, &slot);
		*fd = (int)slot.value;
	}
	return true;
}

bool call_request(struct thread *t, const struct request *r)
{
	unsigned long nr = r->nr;
	uint8_t *arg;
	bool faulty;
	int fd, ret;

	if (!pick_descriptor(t, r, &fd))
		return false;
	arg = part_new(t, r->layout);
	if (r->fill) {
		if (!r->fill(t, arg))
			return false;
	} else {
		fill_by_kind(t, r->layout, arg);
	}
	faulty = t->harmful && t->allowed & FZ_FAULTS && t->fail_nth >= 0 &&
		 once_in(&t->harm, 3);
	if (t->harmful && !faulty) {
		if (once_in(&t->harm, 12))
			nr = spoil_request(t, nr);
		else
			spoil(t);
		if (once_in(&t->harm, 30))
			mprotect(arena_of((uint32_t)(t - fz_threads)), FZ_ARENA_PAGES * 4096,
				 PROT_READ);
	}
	if (faulty)
		arm_fault(t);
	ret = ioctl(fd, nr, tame(t, nr, arg, r->layout->size));
	if (faulty)
		disarm_fault(t);
	if (ret < 0 || nr != r->nr)
		return false;
	collect(t, r, arg);
	return true;
}
