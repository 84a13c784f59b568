/* SPDX-License-Identifier: MIT */
/*
 * Sets of images with or without class labels, read from a file.
 *
 * Two formats, told apart by their first bytes, each of them plain or
 * compressed with gzip:
 *
 * CSV: a row an image: height * width * channels numbers in the order height,
 *   width, channels, and then, in every row or in none, the label. Blank lines
 *   and lines that start with '#' are skipped.
 * IDX (the format of MNIST): unsigned bytes, dimensions count x height x width
 *   (one channel) or count x height x width x channels; where 1 x 1 pixels
 *   are asked for, any shape with as many elements. The labels are taken
 *   from the file of the same name with "labels" for "images" and "idx1" for
 *   "idx3", where there is one, or from the file named after a comma:
 *   "images.idx,labels.idx".
 */
#ifndef QNN_TOOLS_DATASET_H
#define QNN_TOOLS_DATASET_H

#include <stdint.h>

struct dataset {
	uint32_t count;
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	float *images;		/* [count][height][width][channels] */
	int32_t *labels;	/* [count], or NULL */
};

/**
 * dataset_load() - read a file
 * @path: the file, or two files with a comma between them
 * @h, @w, @c: shape that every image must have
 * @scale: what a number of the file is multiplied with, not 0
 * @ds: filled on success, zeroed on failure
 *
 * Returns 0; the error of open() or read(); -EINVAL where the file breaks a
 * rule of its format or has another shape, and -EFBIG where the images would
 * take more than 4 GiB; -ENOMEM.
 */
int dataset_load(const char *path, uint32_t h, uint32_t w, uint32_t c,
		 double scale, struct dataset *ds);

/** dataset_free() - a zeroed or freed set is fine */
void dataset_free(struct dataset *ds);

/**
 * dataset_error() - sentence about the last failure on this thread
 *
 * Names the file, and the line or byte. Never NULL.
 */
const char *dataset_error(void);

#endif /* QNN_TOOLS_DATASET_H */
