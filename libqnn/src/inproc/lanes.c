// SPDX-License-Identifier: MIT
/*
 * Lanes: the caller of a run and threads that help it. Parts of a command are
 * taken by whoever comes first; a thread that sleeps or is late does less, and
 * the caller never waits for one that has nothing in hand.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "inproc.h"
#include "lanes.h"

/* Looked for new work so often before a thread sleeps: about 0.1 ms. */
#define LOOKS		4000u
#define LOOKS_IN_TURN	200u	/* before the caller lets others run */

typedef void (*part_fn)(void *arg, u32 part, u32 lane);

struct helper {
	struct inproc_lanes *lanes;
	u32 lane;
	pthread_t thread;
};

struct inproc_lanes {
	u32 count;
	struct helper helper[QNN_MAX_LANES];	/* [0] is not used */
	struct qnn_tile *tile[QNN_MAX_LANES];

	/*
	 * The number of the task in 32 bits, and from where to where there are
	 * parts that nobody has, in 16 each. Who moves one of these has a part, and
	 * the task stays until that is done: what was read of it before was of
	 * this task.
	 */
	_Atomic uint64_t next;
	_Atomic(part_fn) run;
	_Atomic(void *) arg;
	_Atomic uint32_t done;

	pthread_mutex_t lent;		/* one run at a time */
	pthread_mutex_t lock;		/* for sleeping */
	pthread_cond_t work;
	_Atomic uint32_t asleep;
	_Atomic bool stop;
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/*
 * Takes parts of the task that @next is of, until there are no more: half of the lanes
 * from the front, half from the back. So they mostly have the same rows of all layers,
 * and those that a layer reads were written by the same processor.
 */
static void take_parts(struct inproc_lanes *l, u32 lane, uint64_t next)
{
	const uint64_t task = next >> 32;
	const bool back = lane % 2;

	while (next >> 32 == task && (uint16_t)next < (uint16_t)(next >> 16)) {
		uint64_t taken = back ? next - (1ul << 16) : next + 1;
		u32 part = back ? (uint16_t)(taken >> 16) : (uint16_t)next;
		part_fn run = atomic_load_explicit(&l->run, memory_order_relaxed);
		void *arg = atomic_load_explicit(&l->arg, memory_order_relaxed);

		if (!atomic_compare_exchange_weak_explicit(&l->next, &next, taken,
							   memory_order_acq_rel,
							   memory_order_acquire))
			continue;
		run(arg, part, lane);
		atomic_fetch_add_explicit(&l->done, 1, memory_order_release);
		next = atomic_load_explicit(&l->next, memory_order_acquire);
	}
}

static bool has_work(struct inproc_lanes *l, uint64_t seen)
{
	return atomic_load(&l->next) >> 32 != seen || atomic_load(&l->stop);
}

static void wait_for_work(struct inproc_lanes *l, uint64_t seen)
{
	uint32_t i;

	for (i = 0; i < LOOKS; i++) {
		if (has_work(l, seen))
			return;
		relax();
	}
	pthread_mutex_lock(&l->lock);
	atomic_fetch_add(&l->asleep, 1);
	while (!has_work(l, seen))
		pthread_cond_wait(&l->work, &l->lock);
	atomic_fetch_sub(&l->asleep, 1);
	pthread_mutex_unlock(&l->lock);
}

static void *help(void *priv)
{
	struct helper *helper = priv;
	struct inproc_lanes *l = helper->lanes;
	uint64_t seen = 0;

	for (;;) {
		uint64_t next;

		wait_for_work(l, seen);
		if (atomic_load(&l->stop))
			return NULL;
		next = atomic_load_explicit(&l->next, memory_order_acquire);
		seen = next >> 32;
		take_parts(l, helper->lane, next);
	}
}

static void wake(struct inproc_lanes *l)
{
	if (!atomic_load(&l->asleep))
		return;
	pthread_mutex_lock(&l->lock);
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
}

/* qnn_exec.share */
static void share(void *priv, part_fn run, void *arg, u32 parts)
{
	struct inproc_lanes *l = ((struct inproc_job *)priv)->lanes;
	uint64_t next = ((atomic_load(&l->next) >> 32) + 1) << 32 | (uint64_t)parts << 16;
	uint32_t i;

	atomic_store_explicit(&l->run, run, memory_order_relaxed);
	atomic_store_explicit(&l->arg, arg, memory_order_relaxed);
	atomic_store_explicit(&l->done, 0, memory_order_relaxed);
	atomic_store(&l->next, next);
	wake(l);
	take_parts(l, 0, next);
	for (i = 1; atomic_load_explicit(&l->done, memory_order_acquire) != parts; i++) {
		if (i % LOOKS_IN_TURN)
			relax();
		else
			sched_yield();
	}
}

void inproc_lanes_lend(struct inproc_lanes *l, struct qnn_exec *exec)
{
	exec->share = NULL;
	if (!l || pthread_mutex_trylock(&l->lent))
		return;
	exec->lanes = l->count;
	memcpy(exec->lane_tile, l->tile, sizeof(l->tile));
	exec->share = share;
}

void inproc_lanes_return(struct inproc_lanes *l, struct qnn_exec *exec)
{
	if (exec->share)
		pthread_mutex_unlock(&l->lent);
}

void inproc_lanes_stop(struct inproc_lanes *l)
{
	u32 i;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->stop, true);
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	for (i = 1; i < l->count; i++)
		pthread_join(l->helper[i].thread, NULL);
	for (i = 1; i < QNN_MAX_LANES; i++)
		free(l->tile[i]);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->lent);
	free(l);
}

static int count_wanted(u32 *count)
{
	const char *wanted = getenv("QNN_LANES");
	char *end;
	long n;

	*count = 1;
	if (!wanted || !*wanted)
		return 0;
	errno = 0;
	n = strtol(wanted, &end, 10);
	if (errno || *end || n < 1 || n > (long)QNN_MAX_LANES)
		return qnn_fail(-EINVAL, "QNN_LANES: '%s' is not a number from 1 to %u", wanted,
				QNN_MAX_LANES);
	*count = (u32)n;
	return 0;
}

static int add_helper(struct inproc_lanes *l)
{
	struct helper *helper = &l->helper[l->count];
	void *tile;
	int err;

	if (posix_memalign(&tile, QNN_REGION_ALIGN, qnn_tile_size()))
		return qnn_fail_memory("a lane");
	l->tile[l->count] = tile;
	helper->lanes = l;
	helper->lane = l->count;
	err = inproc_thread_start(&helper->thread, help, helper);
	if (!err)
		l->count++;
	return err;
}

int inproc_lanes_start(struct inproc_lanes **out)
{
	struct inproc_lanes *l;
	u32 count;
	int err;

	*out = NULL;
	err = count_wanted(&count);
	if (err || count == 1)
		return err;
	l = calloc(1, sizeof(*l));
	if (!l)
		return qnn_fail_memory("lanes");
	l->count = 1;
	pthread_mutex_init(&l->lent, NULL);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	while (!err && l->count < count)
		err = add_helper(l);
	if (err)
		inproc_lanes_stop(l);
	else
		*out = l;
	return err;
}
