// SPDX-License-Identifier: MIT
/*
 * Memory: the arenas that arguments are in, which other threads write to and
 * take away, and places for mappings. Places are replaced, never given back, so
 * that nothing else of the process ever lies there.
 */
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/qnn_accel.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

#include "fz.h"

#define ARENA_ROOM	((FZ_ARENA_PAGES + 2) * 4096ul)	/* holes on both sides */
#define PLACES		32
#define PLACE_ROOM	(1ul << 20)

static uint8_t *arenas, *places;

uint8_t *arena_of(uint32_t thread)
{
	return arenas + thread * ARENA_ROOM + 4096;
}

uint8_t *place_of(uint32_t place)
{
	return places + place * PLACE_ROOM;
}

static void hole(void *at, size_t size)
{
	mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

void memory_init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	arenas = mmap(NULL, FZ_THREADS * ARENA_ROOM, PROT_NONE, flags, -1, 0);
	places = mmap(NULL, PLACES * PLACE_ROOM, PROT_NONE, flags, -1, 0);
	if (arenas == MAP_FAILED || places == MAP_FAILED)
		_exit(1);
}

/* Fresh and writable, whatever others did to it. */
void memory_thread_init(uint32_t thread)
{
	mmap(arena_of(thread), FZ_ARENA_PAGES * 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* A random page of the other threads' arguments. */
static uint8_t *others_page(struct thread *t)
{
	return arena_of(below(&t->dice, fz_thread_count)) +
	       below(&t->dice, FZ_ARENA_PAGES) * 4096ul;
}

static void arena_write(struct thread *t)
{
	uint32_t i, rounds = 1 + below(&t->dice, 60);
	uint8_t *page = others_page(t);

	for (i = 0; i < rounds; i++)
		page[4095 - below(&t->dice, 512)] = (uint8_t)roll(&t->dice);
}

static void arena_protect(struct thread *t)
{
	static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };

	mprotect(others_page(t), 4096, protections[below(&t->dice, 3)]);
}

static void arena_unmap(struct thread *t)
{
	uint8_t *page = others_page(t);

	hole(page, 4096);
	if (once_in(&t->dice, 2))
		mmap(page, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void *map_place(struct thread *t, int fd, uint64_t size, uint64_t offset)
{
	uint32_t place = below(&t->dice, PLACES);
	uint8_t *at = place_of(place);
	int prot = once_in(&t->dice, 4) ? PROT_READ : PROT_READ | PROT_WRITE;
	int flags = once_in(&t->dice, 10) ? MAP_PRIVATE : MAP_SHARED;

	if (!size || size > PLACE_ROOM)
		size = 4096;
	if (mmap(at, size, prot, flags | MAP_FIXED, fd, (off_t)offset) == MAP_FAILED)
		return NULL;
	pool_add(POOL_MAP, -1, place, size);
	return at;
}

static void bo_map(struct thread *t)
{
	struct drm_qnn_bo_mmap_offset offset = { .handle = 0 };
	struct slot file, bo;

	if (!pool_pick(POOL_FILE, -1, &t->dice, &file) ||
	    !pool_pick(POOL_BO, (int)file.value, &t->dice, &bo))
		return;
	offset.handle = bo.value;
	if (ioctl((int)file.value, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset))
		return;
	if (once_in(&t->dice, 12))
		offset.offset += 4096ul * below(&t->dice, 8);
	map_place(t, (int)file.value, bo.extra, offset.offset);
}

static void dmabuf_map(struct thread *t)
{
	struct slot dmabuf;

	if (pool_pick(POOL_DMABUF, -1, &t->dice, &dmabuf))
		map_place(t, (int)dmabuf.value, 4096 << below(&t->dice, 4), 0);
}

/* Memory of the process itself: private, shared, of a file. */
static void own_map(struct thread *t)
{
	uint64_t size = 4096ull << below(&t->dice, 6);
	uint32_t place = below(&t->dice, PLACES);
	int flags = MAP_FIXED, prot = PROT_READ | PROT_WRITE, fd = -1;

	switch (below(&t->dice, 4)) {
	case 0:
		flags |= MAP_PRIVATE | MAP_ANONYMOUS | (once_in(&t->dice, 2) ? MAP_POPULATE : 0);
		break;
	case 1:
		flags |= MAP_SHARED | MAP_ANONYMOUS;
		break;
	case 2:
		flags |= once_in(&t->dice, 2) ? MAP_SHARED : MAP_PRIVATE;
		fd = memfd_create("fz", MFD_CLOEXEC);
		if (fd >= 0 && ftruncate(fd, (off_t)(once_in(&t->dice, 4) ? 4096 : size)))
			return;
		break;
	default:
		flags |= MAP_PRIVATE;
		prot = once_in(&t->dice, 2) ? PROT_READ : prot;
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	}
	if (mmap(place_of(place), size, prot, flags, fd, 0) != MAP_FAILED)
		pool_add(POOL_MAP, -1, place, size);
	if (fd >= 0)
		close(fd);
}

static void map_touch(struct thread *t)
{
	volatile uint8_t *at;
	struct slot map;
	uint32_t i;

	if (!pool_pick(POOL_MAP, -1, &t->dice, &map))
		return;
	at = place_of(map.value);
	for (i = 0; i < 16; i++) {
		uint64_t byte = roll(&t->dice) % map.extra;

		if (once_in(&t->dice, 3))
			(void)at[byte];
		else
			at[byte] = (uint8_t)roll(&t->dice);
	}
}

/* madvise(), mprotect(), mremap(), or away with it. */
static void map_change(struct thread *t)
{
	static const int advice[] = { MADV_DONTNEED, MADV_DONTFORK, MADV_DOFORK, MADV_WILLNEED };
	struct slot map;
	uint8_t *at;

	if (!pool_pick(POOL_MAP, -1, &t->dice, &map))
		return;
	at = place_of(map.value);
	switch (below(&t->dice, 5)) {
	case 0:
		madvise(at, map.extra, advice[below(&t->dice, ARRAY_SIZE(advice))]);
		break;
	case 1:
		mprotect(at, 4096, once_in(&t->dice, 2) ? PROT_NONE : PROT_READ | PROT_WRITE);
		break;
	case 2:
		if (mremap(at, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
			   place_of(below(&t->dice, PLACES))) != MAP_FAILED)
			hole(at, 4096);
		break;
	case 3:
		hole(at + 4096 * below(&t->dice, 4), 4096);
		break;
	default:
		hole(at, PLACE_ROOM);
	}
}

/* Buffers of other drivers. */
static void foreign_udmabuf(struct thread *t)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC };
	int dev, memfd, fd;

	create.size = 4096ull << below(&t->dice, 5);
	dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	memfd = memfd_create("fz", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (dev >= 0 && memfd >= 0 && !ftruncate(memfd, (off_t)create.size) &&
	    !fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		create.memfd = (uint32_t)memfd;
		fd = ioctl(dev, UDMABUF_CREATE, &create);
		if (fd >= 0)
			pool_add(POOL_DMABUF, -1, (uint32_t)fd, create.size);
	}
	if (memfd >= 0)
		close(memfd);
	if (dev >= 0)
		close(dev);
}

static void foreign_heap(struct thread *t)
{
	struct dma_heap_allocation_data data = { .fd_flags = O_RDWR | O_CLOEXEC };
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);

	if (heap < 0)
		return;
	data.len = 4096ull << below(&t->dice, 6);
	if (!ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		pool_add(POOL_DMABUF, -1, data.fd, data.len);
	close(heap);
}

const struct op memory_ops[] = {
	{ "arena_write", 8, 0, NULL, arena_write },
	{ "arena_protect", 4, 0, NULL, arena_protect },
	{ "arena_unmap", 4, 0, NULL, arena_unmap },
	{ "bo_map", 8, 0, NULL, bo_map },
	{ "own_map", 4, 0, NULL, own_map },
	{ "dmabuf_map", 3, 0, NULL, dmabuf_map },
	{ "map_touch", 10, 0, NULL, map_touch },
	{ "map_change", 6, 0, NULL, map_change },
	{ "foreign_udmabuf", 2, 0, NULL, foreign_udmabuf },
	{ "foreign_heap", 2, 0, NULL, foreign_heap },
};

const uint32_t memory_op_count = ARRAY_SIZE(memory_ops);
