// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The image as a whole: header, regions, commands in turn, totals. */
#include "../ops.h"
#include "check.h"

#define WORK_PER_CMD	64u	/* units that checking a command counts at least */
#define MAX_TOTAL	(1ull << 62)

#define REGION_FIELDS(f) { \
	"regions[0]." f, "regions[1]." f, "regions[2]." f, "regions[3]." f, \
	"regions[4]." f, "regions[5]." f, "regions[6]." f, "regions[7]." f, \
	"regions[8]." f, "regions[9]." f, "regions[10]." f, "regions[11]." f, \
	"regions[12]." f, "regions[13]." f, "regions[14]." f, "regions[15]." f }

static const char *const size_fields[QNN_MAX_REGIONS] = REGION_FIELDS("size");
static const char *const access_fields[QNN_MAX_REGIONS] = REGION_FIELDS("access");
static const char *const reserved_fields[QNN_MAX_REGIONS] = REGION_FIELDS("reserved");

/* Where the commands start. */
static u64 commands_offset(const struct qnn_program_header *h)
{
	u64 end = sizeof(*h) + (u64)h->region_count * sizeof(struct qnn_region_desc);

	return (end + 63) & ~63ull;
}

static int check_header(struct qnn_check *check, u64 size)
{
	const struct qnn_program_header *h = check->header;
	u64 expected;

	if (h->magic != QNN_PROGRAM_MAGIC)
		return qnn_refuse(check, QNN_RULE_MAGIC, "magic", h->magic, QNN_PROGRAM_MAGIC);
	if (h->version != QNN_PROGRAM_VERSION)
		return qnn_refuse(check, QNN_RULE_VERSION, "version", h->version,
				  QNN_PROGRAM_VERSION);
	if (qnn_check_zero_bytes(check, "reserved", h->reserved, sizeof(h->reserved)) ||
	    qnn_check_range(check, QNN_RULE_COUNT, "region_count", h->region_count, 1,
			    QNN_MAX_REGIONS) ||
	    qnn_check_range(check, QNN_RULE_COUNT, "cmd_count", h->cmd_count, 1,
			    QNN_MAX_COMMANDS))
		return -1;
	if (h->const_size & 63)
		return qnn_refuse(check, QNN_RULE_SIZE, "const_size", h->const_size,
				  h->const_size & ~63u);
	expected = commands_offset(h) + (u64)h->cmd_count * sizeof(struct qnn_cmd) +
		   h->const_size;
	if (qnn_check_range(check, QNN_RULE_SIZE, "size", h->size, (s64)expected,
			    (s64)expected))
		return -1;
	return qnn_check_range(check, QNN_RULE_SIZE, "image", (s64)size, (s64)expected,
			       (s64)expected);
}

static int check_regions(struct qnn_check *check)
{
	const struct qnn_program_header *h = check->header;
	const u8 *end = (const u8 *)(check->regions + h->region_count);
	u32 i;

	for (i = 0; i < h->region_count; i++) {
		const struct qnn_region_desc *r = &check->regions[i];
		u64 size = r->size > QNN_MAX_REGION_SIZE ? QNN_MAX_REGION_SIZE : r->size;

		if (!r->size || r->size != size)
			return qnn_refuse(check, QNN_RULE_REGION, size_fields[i],
					  (s64)r->size, size ? (s64)size : 1);
		if (qnn_check_zero(check, reserved_fields[i], r->reserved))
			return -1;
	}
	return qnn_check_zero_bytes(check, "padding", end,
				    (u32)((const u8 *)check->cmds - end));
}

static int check_commands(struct qnn_check *check)
{
	u32 i;

	for (i = 0; i < check->header->cmd_count; i++) {
		const struct qnn_cmd *cmd = &check->cmds[i];
		const struct qnn_op *op = qnn_op(cmd->opcode);

		check->cmd = i;
		if (qnn_check_work(check, WORK_PER_CMD))
			return -1;
		if (!op)
			return qnn_refuse(check, QNN_RULE_OPCODE, "opcode", cmd->opcode, 0);
		if (qnn_check_zero(check, "reserved0", cmd->reserved0) ||
		    qnn_check_zero(check, "reserved1", cmd->reserved1) ||
		    op->check(check, cmd))
			return -1;
	}
	check->cmd = QNN_NO_CMD;
	return 0;
}

/* Declared access against what the commands do. */
static int check_access(struct qnn_check *check)
{
	u32 i;

	for (i = 0; i < check->header->region_count; i++) {
		u32 declared = check->regions[i].access;
		u32 used = check->used[i];

		if (!used)
			return qnn_refuse(check, QNN_RULE_REGION, access_fields[i], declared, 0);
		if (declared != used)
			return qnn_refuse(check, QNN_RULE_ACCESS, access_fields[i], declared,
					  used);
	}
	return 0;
}

/* Adds one command's cost; each counter of the total stays countable. */
static int add_cost(struct qnn_check *check, struct qnn_counters *total,
		    const struct qnn_counters *cost)
{
	static const char *const names[4] = { "cycles", "macs", "bytes_read", "bytes_written" };
	u64 *sum[4] = { &total->cycles, &total->macs, &total->bytes_read, &total->bytes_written };
	const u64 add[4] = { cost->cycles, cost->macs, cost->bytes_read, cost->bytes_written };
	u32 i;

	for (i = 0; i < 4; i++) {
		if (add[i] > MAX_TOTAL - *sum[i])
			return qnn_refuse(check, QNN_RULE_LIMIT, names[i],
					  (s64)(add[i] > MAX_TOTAL ? MAX_TOTAL + 1 : add[i]),
					  (s64)(MAX_TOTAL - *sum[i]));
		*sum[i] += add[i];
	}
	return 0;
}

static int count_totals(struct qnn_check *check, struct qnn_counters *total)
{
	const struct qnn_counters none = { 0, 0, 0, 0 };
	struct qnn_counters cost;
	u32 i;

	*total = none;
	for (i = 0; i < check->header->cmd_count; i++) {
		check->cmd = i;
		qnn_op(check->cmds[i].opcode)->cost(&check->cmds[i], &cost);
		if (qnn_check_work(check, WORK_PER_CMD) || add_cost(check, total, &cost))
			return -1;
	}
	return 0;
}

static void begin(struct qnn_check *check, const void *image, struct qnn_diag *diag)
{
	check->header = image;
	check->diag = diag;
	check->cmd = QNN_NO_CMD;
	diag->rule = QNN_RULE_OK;
	diag->cmd = QNN_NO_CMD;
	diag->field = "";
	diag->value = 0;
	diag->limit = 0;
}

int qnn_program_validate(const void *image, u64 size, struct qnn_program *prog,
			 struct qnn_diag *diag, qnn_poll_fn poll, void *priv)
{
	struct qnn_check check = { .poll = { poll, priv, 0 } };
	const u8 *bytes = image;

	begin(&check, image, diag);
	if (qnn_check_range(&check, QNN_RULE_SIZE, "image", (s64)size,
			    sizeof(struct qnn_program_header), QNN_MAX_PROGRAM_SIZE) ||
	    check_header(&check, size))
		return -1;
	check.regions = (const struct qnn_region_desc *)(bytes + sizeof(*check.header));
	check.cmds = (const struct qnn_cmd *)(bytes + commands_offset(check.header));
	check.consts = (const u8 *)(check.cmds + check.header->cmd_count);
	if (check_regions(&check) || check_commands(&check) || check_access(&check) ||
	    count_totals(&check, &prog->total))
		return -1;
	prog->header = check.header;
	prog->regions = check.regions;
	prog->cmds = check.cmds;
	prog->consts = check.consts;
	return 0;
}
