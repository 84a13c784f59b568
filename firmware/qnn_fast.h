/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Running commands with the vector units of the machine that emulates. A
 * program is prepared once: weights and what the output stages need are put
 * into the order that the machine likes. Jobs then run with the result, and
 * give the bytes that they give without it.
 */
#ifndef QNN_FAST_H
#define QNN_FAST_H

#include "qnn_device.h"

/* Sets of instructions that there are kernels for. */
enum qnn_isa {
	QNN_ISA_NONE = 0,	/* everything runs on the scalar code */
	QNN_ISA_AVX2 = 1,
	QNN_ISA_AVX512VNNI = 2,	/* AVX-512 F, BW, DQ, VL and VNNI */
	QNN_ISA_AVX512BITS = 3,	/* the same, and VPOPCNTDQ and VBMI */
	QNN_ISA_AMX = 4,	/* the same, and AMX-INT8; not in the kernel */
	QNN_ISA_NEONDOT = 5,	/* arm64 with FEAT_DotProd; not in the kernel */
	QNN_ISA_NR,
};

/* "none", "avx2", "avx512vnni", "avx512bits", "amx", "neondot"; NULL: no such set. */
const char *qnn_isa_name(u32 isa);

/* The set of that name, or QNN_ISA_NR. */
u32 qnn_isa_find(const char *name);

/*
 * Has this build kernels for the set, and this machine the instructions? A process
 * has to ask before it uses some: this does so, too.
 */
int qnn_isa_usable(u32 isa);

/* The best of those. */
u32 qnn_isa_best(void);

struct qnn_prepared;

/* More than this is not prepared: commands can share constants, not this. */
#define QNN_MAX_PREPARED	(1ull << 30)

/*
 * Bytes that preparing @prog for @isa takes, at an address that is a multiple
 * of 64; 0 if no command gains by it, it would be too much, or @poll asked to
 * stop.
 */
u64 qnn_prepared_size(const struct qnn_program *prog, u32 isa, qnn_poll_fn poll, void *priv);

/*
 * Prepares @prog, which must outlive the result, in @memory.
 * Returns NULL when @poll asked to stop.
 */
const struct qnn_prepared *qnn_prepare(const struct qnn_program *prog, u32 isa, void *memory,
				       qnn_poll_fn poll, void *priv);

/* For a program whose constants can be written to, and are nobody else's. */
struct qnn_sparing {
	/* Told of weights that were copied: their memory can go at once. */
	void (*spare)(void *priv, const void *consts, u64 size);
	void *priv;
	/* With room for a block of channels, weights can be put in order where they are ... */
	void *room;
	u64 room_bytes;
	u64 least;		/* ... those of a command that are so many bytes */
	u32 replaced;		/* how many commands' were */
};

/*
 * The same, and does not keep weights twice. Then the program can neither be prepared
 * again nor run without the result.
 */
const struct qnn_prepared *qnn_prepare_sparing(const struct qnn_program *prog, u32 isa,
					       void *memory, qnn_poll_fn poll, void *priv,
					       struct qnn_sparing *sparing);

#endif /* QNN_FAST_H */
