/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* A valid program, a change, and what the validator must say about it. */
#ifndef FW_CHANGES_H
#define FW_CHANGES_H

#include "bases.h"

/* What a change patches. */
enum where { HEADER, REGION0, REGION1, CMD0, CMD1, CONSTS, AT };

struct patch {
	enum where where;
	u32 offset;
	u32 size;
	s64 value;
};

#define FIELD(where, type, member, value) \
	{ where, offsetof(type, member), sizeof(((type *)0)->member), value }
#define H(member, value)	FIELD(HEADER, struct qnn_program_header, member, value)
#define R0(member, value)	FIELD(REGION0, struct qnn_region_desc, member, value)
#define R1(member, value)	FIELD(REGION1, struct qnn_region_desc, member, value)
#define C(member, value)	FIELD(CMD0, struct qnn_cmd, member, value)
#define C1(member, value)	FIELD(CMD1, struct qnn_cmd, member, value)
#define K8(offset, value)	{ CONSTS, offset, 1, value }
#define K32(offset, value)	{ CONSTS, offset, 4, value }
#define BYTE(offset, value)	{ AT, offset, 1, value }

#define UNFIXABLE	1	/* the limit alone does not make it valid ... */
#define LIMIT		3	/* ... but it is the one given */
#define EXACT		7	/* and so is the value */

struct change {
	enum base base;
	u32 rule;
	const char *field;
	struct patch patch[5];	/* the first is the one that a limit undoes */
	int flags;
	s64 limit;
	s64 value;
};

/*
 * Fails the test unless each of @count changes is refused for its rule, field
 * and command, or accepted where the rule is QNN_RULE_OK and the field empty.
 * Where a change can be undone by setting the field to the limit that was
 * reported, that is tried too.
 */
void changes_check(const struct change *changes, size_t count);

#endif /* FW_CHANGES_H */
