/* SPDX-License-Identifier: MIT */
/*
 * Fuzzer of the ioctl interface: what its parts share.
 *
 * A case is a list of calls. Each call belongs to an actor, which is a thread
 * of one of some processes, and has two numbers of its own: from the first
 * follows with which arguments it is made, from the second what is then spoilt.
 * Handles, descriptors and mappings come from pools, so that a case means
 * something with any of its calls left out.
 */
#ifndef FZ_H
#define FZ_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define FZ_PROCESSES	4
#define FZ_THREADS	3		/* of a process, at most */
#define FZ_ACTORS	(FZ_PROCESSES * FZ_THREADS)
#define FZ_CALLS	400
#define FZ_IMAGES	10
#define FZ_DEVICES	8		/* accel0 and so on */

/* Reproducible random numbers (splitmix64). */
struct dice {
	uint64_t state;
};

static inline uint64_t roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to @n - 1. */
static inline uint32_t below(struct dice *d, uint32_t n)
{
	return (uint32_t)(roll(d) % n);
}

/* Once in @n. */
static inline bool once_in(struct dice *d, uint32_t n)
{
	return !below(d, n);
}

/* case.c */
struct fz_call {
	uint8_t actor;
	uint8_t op;
	uint32_t args;
	uint32_t harm;		/* 0: nothing is spoilt */
};

struct fz_case {
	uint64_t images;	/* seed of the programs */
	uint32_t processes;
	uint32_t threads;	/* of each process */
	uint32_t count;
	struct fz_call calls[FZ_CALLS];
};

/* What a case may do beside ioctls. */
#define FZ_ROOT		1u	/* devices come and go, cores fail */
#define FZ_FAULTS	2u	/* allocations and copies fail */

void case_random(struct fz_case *c, struct dice *dice, unsigned int allowed);
/* Change @c, which did something new, a little; @other did as well. */
void case_mutate(struct fz_case *c, const struct fz_case *other, struct dice *dice,
		 unsigned int allowed);
int case_save(const struct fz_case *c, const char *path);
int case_load(struct fz_case *c, const char *path);

/* pool.c: things that live, or did, of the process that looks. */
enum pool {
	POOL_NONE,
	POOL_FILE,		/* descriptors of devices */
	POOL_BO,		/* with their size */
	POOL_PROGRAM,		/* with their number in the shapes */
	POOL_QUEUE,
	POOL_SYNCOBJ,
	POOL_DMABUF,		/* descriptors, with their size */
	POOL_SYNC_FILE,
	POOL_SYNCOBJ_FD,
	POOL_EVENTFD,
	POOL_VGEM,		/* descriptors of the vgem device */
	POOL_VGEM_BO,
	POOL_VGEM_FENCE,
	POOL_MAP,		/* number of the place, with what was mapped */
	POOL_CHILD,		/* process numbers */
	POOLS
};

struct slot {
	int file;		/* descriptor that a handle belongs to, or -1 */
	uint32_t value;		/* handle or descriptor */
	uint64_t extra;
};

void pool_reset(void);
void pool_add(enum pool pool, int file, uint32_t value, uint64_t extra);
/* One of @file's, of anybody's if that is -1. False: there is none. */
bool pool_pick(enum pool pool, int file, struct dice *dice, struct slot *slot);
/* The same, taken out. */
bool pool_take(enum pool pool, int file, struct dice *dice, struct slot *slot);
/* One whose extra is at least @extra, if that can be had. */
bool pool_pick_large(enum pool pool, int file, struct dice *dice, uint64_t extra,
		     struct slot *slot);

/* images.c: programs; made before the processes are. */
struct fz_image {
	uint8_t *bytes;
	size_t size;
};

extern struct fz_image fz_images[FZ_IMAGES];
int images_make(uint64_t seed);
void image_damage(struct dice *dice, void *image, size_t size);

/* Exchange with other processes: a datagram socket pair. */
extern int fz_mail[2];
extern char fz_vgem[32];	/* path of the vgem device, or "" */

/* call.c: what a thread works with. */
struct layout;

struct part {
	const struct layout *layout;
	uint8_t *at;
};

#define FZ_PARTS	192

struct thread {
	int actor;
	unsigned int allowed;
	struct dice dice;	/* arguments */
	struct dice harm;	/* what is spoilt */
	bool harmful;
	int file;		/* descriptor of the device of this call, or -1 */
	uint32_t n;		/* elements of the arrays of this call */
	struct slot taken;	/* what a handle field got */
	int fail_nth;		/* descriptor */
	uint8_t *top;		/* lowest used byte of the arena */
	struct part parts[FZ_PARTS];
	uint32_t part_count;
	uint8_t tame[256];
	sigjmp_buf fault;
};

extern struct thread *fz_threads;	/* of this process */
extern uint32_t fz_thread_count;

/* Memory for arguments; ends where the arena ends, or where the last one began. */
#define FZ_ARENA_PAGES	16
uint8_t *arena_alloc(struct thread *t, size_t size);
uint8_t *arena_of(uint32_t thread);
/* Arguments that may be spoilt. */
void *part_new(struct thread *t, const struct layout *layout);

/* abi.c: the ioctls as tables. */
enum kind {
	K_ZERO,			/* must be zero */
	K_FLAGS,		/* arg: those that are known */
	K_ENUM,			/* arg: number of values */
	K_HANDLE,		/* arg: pool */
	K_DYING,		/* the same; what it names goes */
	K_HANDLE_OUT,
	K_FD,
	K_FD_OUT,
	K_SIZE,			/* bytes to allocate; arg: most */
	K_SIDE,			/* 1 to arg */
	K_BYTES,		/* address of arg bytes */
	K_HANDLES,		/* address of n handles; arg: pool */
	K_POINTS,		/* address of n timeline points */
	K_COUNT,		/* n */
	K_TIME,			/* absolute, ns */
	K_MS,			/* deadline */
	K_POINT,		/* of a timeline, or 0 */
	K_PLACE,		/* offset */
	K_ARRAY,		/* address of elements; filled by hand */
	K_STRIDE,		/* bytes of an element */
	K_NUMBER,		/* any */
	K_OUT,			/* the kernel writes it */
};

struct field {
	const char *name;
	uint16_t offset;
	uint8_t size;
	uint8_t kind;
	uint32_t arg;
};

struct layout {
	const char *name;
	uint32_t size;
	uint32_t count;
	const struct field *fields;
};

struct request {
	const char *name;
	unsigned long nr;
	const struct layout *layout;	/* NULL: no argument */
	enum pool on;			/* kind of descriptor */
	/* By hand, instead of by kind; false: it cannot be made now. */
	bool (*fill)(struct thread *t, void *arg);
	/* It worked. */
	void (*done)(struct thread *t, void *arg);
};

extern const struct layout layout_job, layout_binding, layout_sync;

void fill_by_kind(struct thread *t, const struct layout *layout, void *arg);
bool call_request(struct thread *t, const struct request *r);	/* it worked */
void spoil(struct thread *t);

/* fill.c: arguments with structure. */
bool fill_query(struct thread *t, void *arg);
bool fill_userptr(struct thread *t, void *arg);
bool fill_program(struct thread *t, void *arg);
bool fill_submit(struct thread *t, void *arg);
void done_program(struct thread *t, void *arg);
void done_submit(struct thread *t, void *arg);

/* What can be called: ioctls first, then everything else. */
struct op {
	const char *name;
	uint32_t weight;
	unsigned int needs;		/* FZ_* */
	const struct request *request;	/* or */
	void (*run)(struct thread *t);
};

#define FZ_OPS		128

extern struct op fz_ops[FZ_OPS];
extern uint32_t fz_op_count;
/* How often each ioctl was made and worked, of all processes. */
extern struct tally {
	uint32_t made, worked;
} *fz_tally;

void ops_init(void);
int op_find(const char *name);		/* -1: none of that name */

/* Tables of the files that have them. */
extern const struct request abi_requests[];
extern const uint32_t abi_weights[], abi_request_count;
extern const struct op memory_ops[], process_ops[], device_ops[];
extern const uint32_t memory_op_count, process_op_count, device_op_count;
uint8_t *place_of(uint32_t place);	/* of POOL_MAP */
void memory_init(void);
void memory_thread_init(uint32_t thread);
void device_restore(void);		/* as it was before root did something */
void device_renumber(void);		/* the first one is accel0 again, if nobody has it */

/* run.c: a process of a case; does not return. */
void run_process(const struct fz_case *c, uint32_t process, unsigned int allowed)
	__attribute__((noreturn));
void run_call(struct thread *t, const struct fz_call *call);

/* watch.c: is all well? */
void watch_init(void);
/* Did the kernel complain? What it said is in @text. */
bool watch_kernel(char *text, size_t size);
/* Nothing of a case is left, within @seconds. Says what is. */
bool watch_settled(unsigned int seconds, char *text, size_t size);
/* A known job on every device has the right result. */
bool watch_device(char *text, size_t size);

/* cover.c: which code of the kernel was reached, if the kernel tells (KCOV). */
bool cover_init(void);			/* in the first process; false: it does not */
void cover_thread_start(void);
void cover_collect(void);		/* after each call */
void cover_thread_stop(void);
uint32_t cover_new(void);		/* places not seen before this was called last */
uint32_t cover_count(void);

#endif /* FZ_H */
