/* SPDX-License-Identifier: MIT */
/*
 * Write .qnn model files (qnn_file.h). Used by compilers such as qnn-pack; a
 * program that only runs models does not need this header.
 *
 *   struct qnn_writer *w;
 *
 *   qnn_writer_create(&w);
 *   qnn_writer_set_program(w, image, size);
 *   qnn_writer_add_tensor(w, &input, &input_scale, 1);
 *   qnn_writer_add_tensor(w, &output, output_scales, channels);
 *   qnn_writer_add_layer(w, "conv1", "Conv+BN+Relu");
 *   qnn_writer_save(w, "digits.qnn");
 *   qnn_writer_free(w);
 *
 * As in qnn.h, functions return 0 or a negative errno value and qnn_error()
 * has the text. Everything that is passed in is copied. A writer never writes
 * a file that qnn_model_load() would refuse: qnn_writer_finish() and
 * qnn_writer_save() read the result back with the loader's checks, the
 * program's validation included, and fail with the loader's error.
 */
#ifndef QNN_WRITER_H
#define QNN_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "qnn_file.h"

#ifdef __cplusplus
extern "C" {
#endif

struct qnn_writer;

/** qnn_writer_create() - an empty file. -ENOMEM */
int qnn_writer_create(struct qnn_writer **writer);

/** qnn_writer_free() - forget it. NULL is fine */
void qnn_writer_free(struct qnn_writer *writer);

/**
 * qnn_writer_set_program() - the program image; replaces an earlier one
 *
 * -EINVAL: @size is 0; -E2BIG: more than a device takes; -ENOMEM.
 */
int qnn_writer_set_program(struct qnn_writer *writer, const void *image,
			   size_t size);

/**
 * qnn_writer_add_tensor() - an input or output, in the order users see
 * @tensor: its scale_index and scale_count are ignored: the writer sets them
 * @scales: @scale_count values, which are copied
 * @scale_count: 1, or one for each channel
 *
 * Unused bytes of the name and the reserved fields must be zero. -EINVAL: no
 * scales; -ENOMEM. Everything else is checked when the file is finished.
 */
int qnn_writer_add_tensor(struct qnn_writer *writer,
			  const struct qnn_file_tensor *tensor,
			  const float *scales, uint32_t scale_count);

/**
 * qnn_writer_add_step() - what real numbers of the last tensor go through next
 * @kind: enum qnn_step_kind of qnn.h
 * @operands: @count values, which are copied
 * @count: 1, or one for each channel; 0 for softmax, which has none
 *
 * For outputs; see struct qnn_tensor. -EINVAL: there is no tensor yet, or no
 * operand where one is needed; -ENOMEM. Everything else is checked when the file is finished.
 */
int qnn_writer_add_step(struct qnn_writer *writer, uint32_t kind,
			const float *operands, uint32_t count);

/**
 * qnn_writer_add_layer() - name the next command of the program
 * @name: of the node in the source model, at most 63 bytes of UTF-8
 * @op: what it was there, at most 31 bytes of UTF-8
 *
 * Either no command is named, or each one, in order. A text that is too long
 * is cut between two characters. -ENOMEM.
 */
int qnn_writer_add_layer(struct qnn_writer *writer, const char *name,
			 const char *op);

/** qnn_writer_add_label() - name the next class. -ENOMEM */
int qnn_writer_add_label(struct qnn_writer *writer, const char *label);

/**
 * qnn_writer_set_origin() - JSON text; replaces an earlier one
 *
 * -EINVAL: empty; -ENOMEM.
 */
int qnn_writer_set_origin(struct qnn_writer *writer, const char *json);

/**
 * qnn_writer_set_packed() - store sections in less room, if @packed is not 0
 *
 * Each section is packed for which that is worth it; then a reader of version 1.2 is
 * needed. Weights that are mostly zero, and indices into code books, get smallest. To
 * the device they are the same as ever.
 */
void qnn_writer_set_packed(struct qnn_writer *writer, int packed);

/**
 * qnn_writer_finish() - the bytes of the file
 * @data: receives memory that the caller gives to free()
 * @size: receives its size
 *
 * The writer stays as it was: more can be added and finish be called again.
 * Errors: those of qnn_model_load_memory().
 */
int qnn_writer_finish(struct qnn_writer *writer, void **data, size_t *size);

/**
 * qnn_writer_save() - finish and write to @path
 *
 * The file appears complete or not at all: a temporary file beside it is
 * written, synchronized and renamed. Errors: those of qnn_writer_finish() and
 * of open(), write(), fsync() and rename(); -EINVAL and -EISDIR: there is
 * something at @path that is not a regular file.
 */
int qnn_writer_save(struct qnn_writer *writer, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* QNN_WRITER_H */
