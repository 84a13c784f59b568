// SPDX-License-Identifier: MIT
/* .qnn files: the program, and the names of its commands. */
#include <errno.h>
#include <stdio.h>

#include "error.h"
#include "file.h"

/*
 * Commands may share constants, and the validator looks at those of each
 * command: a few megabytes could keep it busy for hours. No network shares
 * anything this often.
 */
#define WORK_FREE	(1ull << 30)	/* units of the device's poll function */
#define WORK_PER_BYTE	64

static int spend(void *priv)
{
	uint64_t *polls = priv;

	return !--*polls;
}

static int refused(const struct qnn_file *file, const void *image,
		   const struct qnn_diag *diag)
{
	const struct qnn_program_header *h = image;
	char where[64] = "";

	if (diag->rule == QNN_RULE_INTERRUPTED)
		return qnn_fail(-E2BIG,
				"%s: section PROG: so many commands share constants that checking them would take too long",
				file->name);
	if (diag->rule == QNN_RULE_VERSION)
		return qnn_fail(-EPROTONOSUPPORT,
				"%s: section PROG: the program is of version %u, this library reads %u",
				file->name, h->version, QNN_PROGRAM_VERSION);
	if (diag->cmd != QNN_NO_CMD)
		snprintf(where, sizeof(where), " command %u,", diag->cmd);
	return qnn_fail(-EINVAL, "%s: section PROG:%s %s is %lld, the nearest allowed is %lld: %s",
			file->name, where, diag->field, (long long)diag->value,
			(long long)diag->limit, qnn_rule_text(diag->rule));
}

int qnn_file_parse_program(struct qnn_file *file)
{
	struct qnn_diag diag;
	const void *image;
	uint64_t polls;
	size_t size;

	image = qnn_file_contents(file, QNN_SECTION_PROGRAM, &size);
	polls = (WORK_FREE + size * WORK_PER_BYTE) / QNN_POLL_WORK;
	if (size > QNN_MAX_PROGRAM_SIZE)
		return qnn_fail(-E2BIG, "%s: section PROG: has %zu bytes, a device takes %u",
				file->name, size, QNN_MAX_PROGRAM_SIZE);
	if (qnn_program_validate(image, size, &file->prog, &diag, spend, &polls))
		return refused(file, image, &diag);
	return 0;
}
