/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef FW_RNG_H
#define FW_RNG_H

#include <stddef.h>

#include "qnn_types.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Reproducible random numbers. */
struct rng {
	u64 state;
};

u64 rng_next(struct rng *rng);
/* From @min to @max inclusive. */
s64 rng_range(struct rng *rng, s64 min, s64 max);
void rng_fill(struct rng *rng, void *dst, size_t size);

#endif /* FW_RNG_H */
