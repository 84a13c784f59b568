// SPDX-License-Identifier: MIT
#include "program.h"

#include <string.h>

#include "tools/graph/mem.h"

#define ALIGN	64u

static size_t align(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void fill_regions(struct qnn_region_desc *region,
			 const struct lowered *l, size_t commands,
			 const struct memory *m)
{
	for (uint32_t i = 0; i < m->region_count; i++)
		region[i].size = m->region_size[i];
	for (size_t i = 0; i < commands; i++) {
		const struct qnn_cmd *cmd = &l->cmd[i];

		region[cmd->in[0].region].access |= QNN_ACCESS_READ;
		if (cmd->opcode == QNN_OP_ADD || cmd->opcode == QNN_OP_MUL)
			region[cmd->in[1].region].access |= QNN_ACCESS_READ;
		region[cmd->out.region].access |= QNN_ACCESS_WRITE;
	}
}

void *program_image(const struct lowered *l, size_t commands,
		    const struct memory *m, size_t *size)
{
	size_t regions = sizeof(struct qnn_region_desc) * m->region_count;
	size_t at = align(sizeof(struct qnn_program_header) + regions);
	size_t cmds = commands * sizeof(struct qnn_cmd);
	size_t consts = align(l->consts.size);
	struct qnn_program_header *h;
	char *image;

	*size = at + cmds + consts;
	image = mem_array(*size, 1);
	h = (struct qnn_program_header *)image;
	h->magic = QNN_PROGRAM_MAGIC;
	h->version = QNN_PROGRAM_VERSION;
	h->size = (u32)*size;
	h->region_count = m->region_count;
	h->cmd_count = (u32)commands;
	h->const_size = (u32)consts;
	fill_regions((struct qnn_region_desc *)(h + 1), l, commands, m);
	memcpy(image + at, l->cmd, cmds);
	if (l->consts.size)
		memcpy(image + at + cmds, l->consts.data, l->consts.size);
	return image;
}
