// SPDX-License-Identifier: MIT
#include "weights.h"

#include "libqnn/src/unpack.h"
#include "qnn_device.h"

static bool has_weights(const struct qnn_cmd *cmd)
{
	return cmd->opcode == QNN_OP_CONV || cmd->opcode == QNN_OP_FC ||
	       cmd->opcode == QNN_OP_CONV_TRANSPOSE;
}

/* Weights of an output channel. */
static uint32_t row_of(const struct qnn_cmd *cmd)
{
	return (uint32_t)cmd->conv.kernel_h * cmd->conv.kernel_w *
	       (cmd->in[0].channels / cmd->conv.groups);
}

static uint64_t book_bytes(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *conv = &cmd->conv;
	uint64_t books = 1;

	if (conv->codebook_off == QNN_NO_CONST)
		return 0;
	if (conv->codebook_channels)
		books = (cmd->out.channels + conv->codebook_channels - 1) /
			conv->codebook_channels;
	return books << qnn_elem_bits(conv->weight_type);
}

/* Does @code stand for 0 in output channel @oc? */
static bool is_zero(const struct program *prog, const struct qnn_cmd *cmd,
		    uint32_t oc, unsigned int code)
{
	const struct qnn_conv_desc *conv = &cmd->conv;
	uint32_t bits = qnn_elem_bits(conv->weight_type), book = 0;

	if (conv->weight_type == QNN_ELEM_B1)
		return false;
	if (conv->codebook_off == QNN_NO_CONST)
		return code == ((uint32_t)conv->weight_zero_point & ((1u << bits) - 1));
	if (conv->codebook_channels)
		book = oc / conv->codebook_channels;
	return !prog->consts[conv->codebook_off + (book << bits) + code];
}

static uint64_t count_zeros(const struct program *prog,
			    const struct qnn_cmd *cmd, uint64_t row_bytes)
{
	uint32_t bits = qnn_elem_bits(cmd->conv.weight_type), row = row_of(cmd);
	const unsigned char *data = prog->consts + cmd->conv.weight_off;
	uint64_t zeros = 0;

	for (uint32_t oc = 0; oc < cmd->out.channels; oc++, data += row_bytes) {
		bool zero[256];

		for (unsigned int code = 0; code < 1u << bits; code++)
			zero[code] = is_zero(prog, cmd, oc, code);
		for (uint32_t k = 0; k < row; k++)
			zeros += zero[qnn_piece_get(data, k, bits)];
	}
	return zeros;
}

/*
 * What bytes of the program take in the file: those of their stream, or their
 * part of it where it has others, too.
 */
static double stored_bytes(const struct image *image, uint64_t offset,
			   uint64_t size)
{
	const struct qnn_file_packed *packed = image_packed(image, QNN_SECTION_PROGRAM);
	const struct qnn_file_piece *piece;
	uint64_t at = 0;
	double sum = 0;

	if (!packed)
		return (double)size;
	piece = (const void *)(packed + 1);
	for (uint32_t i = 0; i < packed->piece_count; i++) {
		uint64_t end = at + piece[i].size;
		uint64_t from = offset > at ? offset : at;
		uint64_t to = offset + size < end ? offset + size : end;

		if (from < to)
			sum += (double)piece[i].stored * (double)(to - from) /
			       piece[i].size;
		at = end;
	}
	return sum;
}

struct layer_weights layer_weights(const struct image *image,
				   const struct program *prog,
				   const struct qnn_cmd *cmd)
{
	uint64_t consts = (uint64_t)(prog->consts -
				     (const unsigned char *)prog->header);
	struct layer_weights w = { 0 };
	uint64_t row_bytes, books;

	if (!has_weights(cmd))
		return w;
	row_bytes = qnn_piece_row_bytes(row_of(cmd),
					(uint8_t)qnn_elem_bits(cmd->conv.weight_type));
	books = book_bytes(cmd);
	w.count = (uint64_t)row_of(cmd) * cmd->out.channels;
	w.zeros = count_zeros(prog, cmd, row_bytes);
	w.bytes = row_bytes * cmd->out.channels;
	w.stored = stored_bytes(image, consts + cmd->conv.weight_off, w.bytes);
	if (books)
		w.stored += stored_bytes(image, consts + cmd->conv.codebook_off, books);
	w.bytes += books;
	return w;
}
