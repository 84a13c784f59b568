/* SPDX-License-Identifier: MIT */
/* Clients of every kind, for a long time. */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a client shares with the process that started it. */
struct soak_shared {
	volatile int stop;
	uint32_t rounds;
	char error[160];
};

struct soak_client {
	const char *name;
	/* One round; 0, or a negative errno after soak_fail(). */
	int (*round)(struct soak_shared *shared);
	bool killed;		/* now and then, in the middle of a round */
};

extern const struct soak_client soak_clients[];
extern const size_t soak_client_count;

/* Notes where a client failed, once; returns @error. */
int soak_fail(struct soak_shared *shared, const char *where, int error);

#endif /* SOAK_H */
