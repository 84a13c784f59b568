/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * The device as a library: validate a program, run it over bound regions,
 * count what the modelled hardware would have done. Freestanding: no libc, no
 * kernel headers, no allocation, no recursion, no floating point.
 */
#ifndef QNN_DEVICE_H
#define QNN_DEVICE_H

#include "qnn_program.h"

/*
 * Geometry of the modelled hardware (Documentation/device.rst, "Cycle model").
 * A fused array of 8-bit multipliers: each splits into 4 of 4 bits or 16 of 2
 * bits, so the lanes grow with narrow activations and the columns with narrow
 * weights.
 */
#define QNN_ARRAY_LANES		16u	/* 8-bit products summed per column */
#define QNN_ARRAY_COLUMNS	16u	/* output channels at 8-bit weights */
#define QNN_VECTOR_LANES	16u	/* all others: 8-bit elements per cycle */
#define QNN_DRAM_BYTES		16u	/* bytes moved per cycle */
#define QNN_SRAM_BYTES		(256u << 10)
#define QNN_CMD_OVERHEAD	64u	/* cycles: fetch, decode, drain */
#define QNN_CLOCK_MHZ		1000u

/* What the validator can object to. Values are stable: they reach users. */
enum qnn_rule {
	QNN_RULE_OK = 0,
	QNN_RULE_SIZE,		/* image or section size */
	QNN_RULE_MAGIC,
	QNN_RULE_VERSION,
	QNN_RULE_RESERVED,	/* a reserved field or padding is not zero */
	QNN_RULE_COUNT,		/* number of regions or commands */
	QNN_RULE_OPCODE,
	QNN_RULE_TYPE,		/* element or weight type not allowed here */
	QNN_RULE_SHAPE,		/* a dimension, or in/out shapes disagree */
	QNN_RULE_STRIDE,	/* row or pixel stride too small, misaligned */
	QNN_RULE_BOUNDS,	/* a tensor leaves its region */
	QNN_RULE_REGION,	/* region number, size, or declared and unused */
	QNN_RULE_ACCESS,	/* access mode does not match what commands do */
	QNN_RULE_ALIGN,		/* offset not aligned for its type */
	QNN_RULE_OVERLAP,	/* output overlaps an input */
	QNN_RULE_KERNEL,	/* kernel, stride, dilation or padding */
	QNN_RULE_GROUPS,
	QNN_RULE_CONST,		/* a constant leaves the constants section */
	QNN_RULE_ZERO_POINT,
	QNN_RULE_ACCUMULATOR,	/* the sum could leave 32 bits */
	QNN_RULE_STAGE,		/* output stage kind, rule or flags */
	QNN_RULE_SCALE,		/* multiplier, shift or float out of range */
	QNN_RULE_CLAMP,
	QNN_RULE_THRESHOLD,	/* number, order or result range */
	QNN_RULE_CODEBOOK,
	QNN_RULE_LIMIT,		/* total work exceeds what can be counted */
	QNN_RULE_INTERRUPTED,	/* the poll callback asked to stop */
	QNN_RULE_TABLE,		/* an entry of a table is out of range */
	QNN_RULE_COPY,		/* coordinates, blocks or fill of a copy */
	QNN_RULE_NR,
};

/* One line of text for a rule; never NULL. */
const char *qnn_rule_text(u32 rule);

#define QNN_NO_CMD	0xffffffffu

/* Why a program was refused. */
struct qnn_diag {
	u32 rule;		/* enum qnn_rule */
	u32 cmd;		/* index of the command, or QNN_NO_CMD */
	const char *field;	/* name of the field, static; never NULL */
	s64 value;		/* what it was */
	s64 limit;		/* the nearest value within the bound, or 0 */
};

/* What the modelled hardware does for a command or a program. */
struct qnn_counters {
	u64 cycles;
	u64 macs;		/* nominal: taps in the padding are counted */
	u64 bytes_read;		/* external memory, weights included */
	u64 bytes_written;
};

/* A validated program: pointers into the image, which must stay unchanged. */
struct qnn_program {
	const struct qnn_program_header *header;
	const struct qnn_region_desc *regions;
	const struct qnn_cmd *cmds;
	const u8 *consts;
	struct qnn_counters total;	/* of one run */
};

/*
 * Called at least once per QNN_POLL_WORK units of work (a multiply-add, an
 * element, a constant looked at). Non-zero: stop as soon as possible.
 */
typedef int (*qnn_poll_fn)(void *priv);
#define QNN_POLL_WORK	65536u

/*
 * qnn_program_validate - check an image and describe it
 * @image: 8-byte aligned; must be immutable from here on
 * @size: bytes at @image
 * @poll: may be NULL
 *
 * Returns 0 and fills @prog, or -1 and fills @diag. Nothing that a job binds
 * can make a program that was accepted here access memory outside the bound
 * regions, overflow, or run longer than its commands say.
 */
int qnn_program_validate(const void *image, u64 size, struct qnn_program *prog,
			 struct qnn_diag *diag, qnn_poll_fn poll, void *priv);

/* Modelled cost of command @index of a validated program. */
void qnn_cmd_cost(const struct qnn_program *prog, u32 index,
		  struct qnn_counters *out);

/* Names for logs: never NULL. */
const char *qnn_opcode_name(u32 opcode);
const char *qnn_elem_name(u32 type);	/* weights too */
u32 qnn_elem_bits(u32 type);		/* weights too; 0: no such type */

/* Per-command record of a run. */
struct qnn_layer_record {
	struct qnn_counters c;
	u64 time_ns;		/* that the emulation took; 0 without a clock */
};

#define QNN_MAX_LANES	16u

/* The array's operand and accumulator memory: private to mac/. */
struct qnn_tile;
struct qnn_prepared;
u64 qnn_tile_size(void);	/* bytes to allocate for qnn_exec.tile */

/*
 * One run of a program. The caller fills the first part and keeps it valid
 * until qnn_exec_run() returns; @cmd may be read by other threads meanwhile.
 */
struct qnn_exec {
	const struct qnn_program *prog;
	void *region[QNN_MAX_REGIONS];	/* 64-byte aligned, sizes as declared */
	struct qnn_tile *tile;		/* 64-byte aligned, qnn_tile_size() */
	struct qnn_layer_record *layers;/* cmd_count records, or NULL */
	qnn_poll_fn poll;		/* or NULL */
	u64 (*clock_ns)(void *priv);	/* or NULL */
	void *priv;

	const struct qnn_prepared *prepared;	/* of prog, qnn_fast.h; or NULL */
	/*
	 * Lanes: threads that share the work of prepared commands. @share calls
	 * run(arg, part, lane) once for each part below @parts, on any lane but
	 * one at a time on each, lane 0 being the caller; returns when all have
	 * returned. @poll and @simd_begin are then called by all of them. NULL:
	 * one lane.
	 */
	void (*share)(void *priv, void (*run)(void *arg, u32 part, u32 lane), void *arg,
		      u32 parts);
	u32 lanes;			/* at most QNN_MAX_LANES */
	struct qnn_tile *lane_tile[QNN_MAX_LANES];	/* [0] is not used: tile */
	void (*simd_begin)(void *priv);	/* around vector code, or NULL; */
	void (*simd_end)(void *priv);	/* @poll is called outside of it */

	/* results */
	u32 cmd;			/* command being run */
	struct qnn_counters done;	/* sum over finished commands */
};

/* Returns 0 when all commands ran, -1 when @poll stopped the run. */
int qnn_exec_run(struct qnn_exec *exec);

#endif /* QNN_DEVICE_H */
