// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "changes.h"

/* Where a patch goes; to be asked before the header is changed. */
static u8 *locate(void *image, const struct patch *patch)
{
	switch (patch->where) {
	case HEADER:
	case AT:
		return (u8 *)image + patch->offset;
	case REGION0:
		return (u8 *)fw_region(image, 0) + patch->offset;
	case REGION1:
		return (u8 *)fw_region(image, 1) + patch->offset;
	case CMD0:
		return (u8 *)fw_cmd(image, 0) + patch->offset;
	case CMD1:
		return (u8 *)fw_cmd(image, 1) + patch->offset;
	default:
		return fw_consts(image) + patch->offset;
	}
}

/* The command that the diagnosis must name. */
static u32 blamed(const struct change *c)
{
	if (c->patch[0].where == CMD1)
		return 1;
	if (!strncmp(c->field, "regions[", 8))
		return QNN_NO_CMD;
	if (c->patch[0].where == CMD0 || c->patch[0].where == CONSTS)
		return 0;
	/* A header or a region that is fine but for what a command does. */
	return strncmp(c->field, "out.", 4) ? QNN_NO_CMD : 0;
}

/* Returns whether all was as expected; says what was not. */
static int check_change(const struct change *c, size_t number)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	u8 *at[ARRAY_SIZE(c->patch)];
	void *image;
	size_t size;
	int good, refused;
	u32 i;

	image = bases_build(c->base, &size);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		at[i] = locate(image, &c->patch[i]);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		memcpy(at[i], &c->patch[i].value, c->patch[i].size);
	refused = fw_validate(image, size, &prog, &diag);
	good = !refused == !c->rule && diag.rule == c->rule && !strcmp(diag.field, c->field) &&
	       diag.cmd == (refused ? blamed(c) : QNN_NO_CMD) &&
	       (c->flags < LIMIT || diag.limit == c->limit) &&
	       (c->flags < EXACT || diag.value == c->value);
	if (!good)
		print_error("change %zu of %s: %s: command %d, value %lld, limit %lld, %s\n", number,
			    c->field, diag.field, (int)diag.cmd, diag.value, diag.limit,
			    qnn_rule_text(diag.rule));
	if (good && c->rule && !(c->flags & UNFIXABLE)) {
		memcpy(at[0], &diag.limit, c->patch[0].size);
		good = !fw_validate(image, size, &prog, &diag);
		if (!good)
			print_error("change %zu: %s at its limit %lld: %s: %s\n", number, c->field,
				    diag.limit, diag.field, qnn_rule_text(diag.rule));
	}
	free(image);
	return good;
}

void changes_check(const struct change *changes, size_t count)
{
	size_t i, bad = 0;

	for (i = 0; i < count; i++)
		bad += !check_change(&changes[i], i);
	assert_int_equal(bad, 0);
}
