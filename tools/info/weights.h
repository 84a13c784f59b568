/* SPDX-License-Identifier: MIT */
/* The weights of a command: how many, how many of them 0, in how many bytes. */
#ifndef QNN_INFO_WEIGHTS_H
#define QNN_INFO_WEIGHTS_H

#include "image.h"
#include "qnn_program.h"

/** struct program - of a file that libqnn accepted: nothing is left to be checked */
struct program {
	const struct qnn_program_header *header;
	const struct qnn_region_desc *regions;
	const struct qnn_cmd *cmds;
	const unsigned char *consts;
};

struct layer_weights {
	uint64_t count;		/* 0: the command has none */
	uint64_t zeros;		/* of them */
	uint64_t bytes;		/* in memory, with code books */
	double stored;		/* the same in the file */
};

/** layer_weights() - those of @cmd; @image tells how they are stored */
struct layer_weights layer_weights(const struct image *image,
				   const struct program *prog,
				   const struct qnn_cmd *cmd);

#endif /* QNN_INFO_WEIGHTS_H */
