/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Stages of sets whose rounding is a mode of the thread: the file that includes this has
 * the set's WITH_NEAREST(), which calls a function of one argument in the mode of rule C.
 */
#ifndef QNN_NEAREST_H
#define QNN_NEAREST_H

#include "kernel.h"

struct tile_args {
	const struct qnn_store *store;
	const struct qnn_tile_out *tile;
};

/* A stage @NAME, which was declared before, that is @INNER in that mode. */
#define TO_NEAREST(NAME, INNER)								\
static void INNER##_inner(const struct tile_args *args)					\
{											\
	INNER(args->store, args->tile);							\
}											\
											\
WITH_NEAREST(INNER##_call, const struct tile_args *, INNER##_inner)			\
											\
void NAME(const struct qnn_store *s, const struct qnn_tile_out *t)			\
{											\
	const struct tile_args args = { s, t };						\
											\
	INNER##_call(&args);								\
}

#endif /* QNN_NEAREST_H */
