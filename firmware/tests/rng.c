// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "rng.h"

u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

s64 rng_range(struct rng *rng, s64 min, s64 max)
{
	return min + (s64)(rng_next(rng) % (u64)(max - min + 1));
}

void rng_fill(struct rng *rng, void *dst, size_t size)
{
	u8 *byte = dst;

	while (size--)
		*byte++ = (u8)rng_next(rng);
}
