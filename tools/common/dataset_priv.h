/* SPDX-License-Identifier: MIT */
/* What the readers of the single formats share. Not for users of dataset.h. */
#ifndef QNN_TOOLS_DATASET_PRIV_H
#define QNN_TOOLS_DATASET_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "dataset.h"

#define DATASET_MAX_BYTES	(4ull << 30)	/* of the images in memory */

/* A file that may be compressed, read in order. */
struct reader;

#define READER_END	(-1)	/* nothing is left */
#define READER_FAILED	(-2)	/* reader_status() is the error, text is set */

int reader_open(const char *path, struct reader **out);
void reader_close(struct reader *r);
const char *reader_path(const struct reader *r);
int reader_status(const struct reader *r);
int reader_getc(struct reader *r);
/* Look at the first bytes without consuming them; returns how many. */
size_t reader_peek(struct reader *r, unsigned char *buf, size_t size);
/* Returns the bytes read: fewer than @size only at the end or on failure. */
size_t reader_read(struct reader *r, void *buf, size_t size);

/* A set that grows while it is read. */
struct dataset_builder {
	struct dataset *ds;
	size_t elements;	/* of an image */
	size_t room;		/* images that fit into what is allocated */
	double scale;
	const char *path;
};

/* Make room for one more image. */
int dataset_grow(struct dataset_builder *b);

int dataset_read_csv(struct dataset_builder *b, struct reader *r);
int dataset_read_idx(struct dataset_builder *b, struct reader *r);
int dataset_read_idx_labels(struct dataset *ds, struct reader *r);

/* Set the thread's sentence; returns @err. */
int dataset_fail(int err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* QNN_TOOLS_DATASET_PRIV_H */
