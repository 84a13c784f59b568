// SPDX-License-Identifier: MIT
/*
 * Cases: invented, changed, written and read. A file of a case is text:
 *
 *	images 4711
 *	actors 2 3
 *	0 open 1f 0
 *	4 SUBMIT 8a310c55 9
 *
 * that is, the seed of the programs, two processes of three threads, and calls:
 * actor, name, seed of the arguments, seed of what is spoilt (0: nothing).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fz.h"

/* So many in a hundred calls are spoilt. */
#define SPOILT	35
/* Each case has some calls that it makes more often than others do. */
#define OFTEN	5

static uint32_t actors(const struct fz_case *c)
{
	return c->processes * c->threads;
}

static uint8_t random_op(struct dice *dice, unsigned int allowed)
{
	uint32_t sum = 0, i, at;

	for (i = 0; i < fz_op_count; i++)
		if (!(fz_ops[i].needs & ~allowed))
			sum += fz_ops[i].weight;
	at = below(dice, sum);
	for (i = 0; i < fz_op_count; i++) {
		if (fz_ops[i].needs & ~allowed)
			continue;
		if (at < fz_ops[i].weight)
			break;
		at -= fz_ops[i].weight;
	}
	return (uint8_t)i;
}

/* One that is rare otherwise is as likely as any. */
static uint8_t any_op(struct dice *dice, unsigned int allowed)
{
	uint32_t op;

	do {
		op = below(dice, fz_op_count);
	} while (fz_ops[op].needs & ~allowed);
	return (uint8_t)op;
}

static struct fz_call random_call(const struct fz_case *c, struct dice *dice,
				  unsigned int allowed)
{
	struct fz_call call = {
		.actor = (uint8_t)below(dice, actors(c)),
		.op = random_op(dice, allowed),
		.args = (uint32_t)roll(dice),
	};

	if (below(dice, 100) < SPOILT)
		call.harm = (uint32_t)roll(dice) | 1;
	return call;
}

static void append(struct fz_case *c, uint32_t actor, const char *name, struct dice *dice)
{
	int op = op_find(name);

	if (op >= 0 && c->count < FZ_CALLS)
		c->calls[c->count++] = (struct fz_call){
			.actor = (uint8_t)actor, .op = (uint8_t)op, .args = (uint32_t)roll(dice),
		};
}

/* What most calls need, and at times a buffer of another driver with a fence. */
static void begin(struct fz_case *c, struct dice *dice)
{
	static const char * const names[] = {
		"open", "QUEUE_CREATE", "PROGRAM_CREATE", "PROGRAM_CREATE", "BO_CREATE",
		"BO_CREATE", "SYNCOBJ_CREATE", "SYNCOBJ_CREATE",
		"open_vgem", "VGEM_DUMB", "VGEM_EXPORT", "VGEM_ATTACH", "PRIME_FD_TO_HANDLE",
	};
	uint32_t process, count, i;

	for (process = 0; process < c->processes; process++) {
		count = once_in(dice, 2) ? ARRAY_SIZE(names) : 8;
		for (i = 0; i < count; i++)
			append(c, process * c->threads, names[i], dice);
	}
}

void case_random(struct fz_case *c, struct dice *dice, unsigned int allowed)
{
	uint32_t length = 40 + below(dice, 200), i;
	struct fz_call call;
	uint8_t often[OFTEN];

	for (i = 0; i < OFTEN; i++)
		often[i] = i % 2 ? random_op(dice, allowed) : any_op(dice, allowed);
	c->images = roll(dice);
	c->processes = 1 + below(dice, FZ_PROCESSES);
	c->threads = 1 + below(dice, FZ_THREADS);
	c->count = 0;
	begin(c, dice);
	while (c->count < length) {
		call = random_call(c, dice, allowed);
		if (once_in(dice, 3))
			call.op = often[below(dice, OFTEN)];
		c->calls[c->count++] = call;
	}
}

static void insert(struct fz_case *c, uint32_t at, struct fz_call call)
{
	if (c->count == FZ_CALLS)
		return;
	memmove(&c->calls[at + 1], &c->calls[at], (c->count - at) * sizeof(call));
	c->calls[at] = call;
	c->count++;
}

static void drop(struct fz_case *c, uint32_t at)
{
	c->count--;
	memmove(&c->calls[at], &c->calls[at + 1], (c->count - at) * sizeof(c->calls[0]));
}

/* Some calls of the other one, in their order. */
static void splice(struct fz_case *c, const struct fz_case *other, struct dice *dice)
{
	uint32_t from = below(dice, other->count), n = 1 + below(dice, 30);
	uint32_t at = below(dice, c->count);

	while (n-- && from < other->count) {
		struct fz_call call = other->calls[from++];

		call.actor = (uint8_t)(call.actor % actors(c));
		insert(c, at++, call);
	}
}

void case_mutate(struct fz_case *c, const struct fz_case *other, struct dice *dice,
		 unsigned int allowed)
{
	uint32_t changes = 1 + below(dice, 8), at;

	if (once_in(dice, 3))
		splice(c, other, dice);
	while (changes--) {
		at = below(dice, c->count);
		switch (below(dice, 6)) {
		case 0:
			if (c->count > 1)
				drop(c, at);
			break;
		case 1:
			c->calls[at].args = (uint32_t)roll(dice);
			break;
		case 2:
			c->calls[at].harm = once_in(dice, 3) ? 0 : (uint32_t)roll(dice);
			break;
		case 3:
			c->calls[at].actor = (uint8_t)below(dice, actors(c));
			break;
		default:
			insert(c, at, random_call(c, dice, allowed));
		}
	}
}

int case_save(const struct fz_case *c, const char *path)
{
	FILE *f = fopen(path, "we");
	uint32_t i;

	if (!f)
		return -errno;
	fprintf(f, "images %llu\nactors %u %u\n", (unsigned long long)c->images, c->processes,
		c->threads);
	for (i = 0; i < c->count; i++)
		fprintf(f, "%u %s %x %x\n", c->calls[i].actor, fz_ops[c->calls[i].op].name,
			c->calls[i].args, c->calls[i].harm);
	return fclose(f) ? -errno : 0;
}

static bool read_call(struct fz_case *c, const char *line)
{
	struct fz_call *call = &c->calls[c->count];
	unsigned int actor;
	char name[32];
	int op;

	if (c->count == FZ_CALLS ||
	    sscanf(line, "%u %31s %x %x", &actor, name, &call->args, &call->harm) != 4)
		return false;
	op = op_find(name);
	if (op < 0 || actor >= actors(c))
		return false;
	call->actor = (uint8_t)actor;
	call->op = (uint8_t)op;
	c->count++;
	return true;
}

int case_load(struct fz_case *c, const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long images;
	char line[128];
	int ret = 0;

	if (!f)
		return -errno;
	c->count = 0;
	if (fscanf(f, "images %llu\nactors %u %u\n", &images, &c->processes, &c->threads) != 3 ||
	    !c->processes || c->processes > FZ_PROCESSES || !c->threads ||
	    c->threads > FZ_THREADS)
		ret = -EINVAL;
	c->images = images;
	while (!ret && fgets(line, sizeof(line), f))
		if (!read_call(c, line))
			ret = -EINVAL;
	fclose(f);
	return ret;
}
