/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_PROGRAM_H
#define TOOLS_PROGRAM_H

#include "lower.h"

/* The image that the device reads; the caller frees it. */
void *program_image(const struct lowered *l, size_t commands,
		    const struct memory *m, size_t *size);

#endif /* TOOLS_PROGRAM_H */
