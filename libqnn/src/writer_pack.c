// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "crc.h"
#include "error.h"
#include "unpack.h"
#include "writer_pack.h"

/* The bytes of a piece as a stream has them: fields are other ones than distances. */
struct form {
	uint8_t *data;
	size_t size;
	size_t first;		/* bytes that are not like the rest */
};

/* A piece, as small as it was found so far. */
struct best {
	struct qnn_file_piece piece;
	uint8_t *stream;
};

/* Returns the bytes of the stream; 0: no memory. */
static size_t deflate_form(const struct form *f, int strategy, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = f->data, .avail_in = f->first, .next_out = out,
		       .avail_out = room };
	size_t size = 0;

	if (deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, strategy) != Z_OK)
		return 0;
	/* Its codes end here, without a byte for that. */
	if (f->first && deflate(&z, Z_BLOCK) != Z_OK)
		goto out;
	z.avail_in = f->size - f->first;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		size = z.total_out;
out:
	deflateEnd(&z);
	return size;
}

/* Takes over the form's data. */
static int try_form(struct form *f, const struct qnn_file_piece *piece, struct best *best)
{
	static const int strategies[] = { Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY };
	size_t room = compressBound(f->size) + 64, size, i;
	uint8_t *out = malloc(room);
	int err = out && f->data ? 0 : qnn_fail_memory("a packed section");

	for (i = 0; i < 2 && !err; i++) {
		size = deflate_form(f, strategies[i], out, room);
		if (!size) {
			err = qnn_fail_memory("a packed section");
			break;
		}
		if (best->stream && size >= best->piece.stored)
			continue;
		free(best->stream);
		best->stream = malloc(size);
		if (!best->stream) {
			err = qnn_fail_memory("a packed section");
			break;
		}
		memcpy(best->stream, out, size);
		best->piece = *piece;
		best->piece.stored = size;
	}
	free(out);
	free(f->data);
	return err;
}

static struct form plain(const uint8_t *data, size_t size)
{
	struct form f = { .data = malloc(size), .size = size };

	if (f.data)
		memcpy(f.data, data, size);
	return f;
}

static struct form planes(const uint8_t *data, const struct qnn_range *r)
{
	struct form f = { .data = malloc(r->size), .size = r->size };
	uint32_t word = r->bits / 8, k;
	size_t at = 0, i;

	for (k = 0; k < word && f.data; k++)
		for (i = k; i < r->size; i += word)
			f.data[at++] = data[i];
	return f;
}

/* Fields are put into bytes, as many as there is room for. */
struct putter {
	uint8_t *data;
	size_t size;
	unsigned int bits, used;
};

static void put_field(struct putter *p, unsigned int value)
{
	if (p->used + p->bits > 8 || !p->size) {
		p->data[p->size++] = 0;
		p->used = 0;
	}
	p->data[p->size - 1] |= value << p->used;
	p->used += p->bits;
}

static uint64_t field_count(const struct qnn_range *r)
{
	return r->size / qnn_piece_row_bytes(r->row, r->bits) * r->row;
}

static unsigned int field(const uint8_t *data, const struct qnn_range *r, uint64_t i)
{
	return qnn_piece_get(data + i / r->row * qnn_piece_row_bytes(r->row, r->bits), i % r->row,
			     r->bits);
}

static struct form fields(const uint8_t *data, const struct qnn_range *r)
{
	uint64_t count = field_count(r), i;
	struct putter p = { .data = malloc(count), .bits = r->bits };

	for (i = 0; i < count && p.data; i++)
		put_field(&p, field(data, r, i));
	return (struct form){ .data = p.data, .size = p.size };
}

/* The value that most fields have. */
static unsigned int most_of(const uint8_t *data, const struct qnn_range *r, uint64_t *how_many)
{
	uint64_t seen[256] = { 0 }, count = field_count(r), i;
	unsigned int best = 0, v;

	for (i = 0; i < count; i++)
		seen[field(data, r, i)]++;
	for (v = 1; v < 256; v++)
		best = seen[v] > seen[best] ? v : best;
	*how_many = seen[best];
	return best;
}

static struct form sparse(const uint8_t *data, const struct qnn_range *r, unsigned int fill)
{
	uint64_t count = field_count(r), i, last = 0;
	struct putter p = { .bits = r->bits };
	/* Each field that is there has a distance and is at most a byte. */
	uint8_t *out = malloc(2 * count + count / QNN_PIECE_FAR + 2), *values = malloc(count);
	struct form f = { .data = out };

	p.data = values;
	for (i = 0; i <= count && out && values; i++) {
		if (i < count && field(data, r, i) == fill)
			continue;
		for (; i - last >= QNN_PIECE_FAR; last += QNN_PIECE_FAR)
			out[f.first++] = QNN_PIECE_FAR;
		/* The end is told by a distance, too, unless it is reached. */
		if (i < count || last < count)
			out[f.first++] = i - last;
		last = i + 1;
		if (i < count)
			put_field(&p, field(data, r, i));
	}
	if (!values) {
		free(out);
		f.data = NULL;
	} else if (out) {
		memcpy(out + f.first, values, p.size);
		f.size = f.first + p.size;
	}
	free(values);
	return f;
}

/* Bits behind a row's last field are not stored: they must be none. */
static bool rows_end_clean(const uint8_t *data, const struct qnn_range *r)
{
	uint64_t bytes = qnn_piece_row_bytes(r->row, r->bits), at;
	unsigned int used = (uint64_t)r->row * r->bits % 8;

	for (at = bytes; at <= r->size && used; at += bytes)
		if (data[at - 1] >> used)
			return false;
	return true;
}

static int pack_fields(const uint8_t *data, const struct qnn_range *r, struct best *best)
{
	struct qnn_file_piece piece = { .size = r->size, .kind = QNN_PIECE_FIELDS, .bits = r->bits,
					.row = r->row };
	uint64_t how_many;
	struct form f;
	int err;

	f = fields(data, r);
	err = try_form(&f, &piece, best);
	if (err)
		return err;
	piece.fill = most_of(data, r, &how_many);
	if (how_many < field_count(r) / 2)
		return 0;
	piece.kind = QNN_PIECE_SPARSE;
	f = sparse(data, r, piece.fill);
	return try_form(&f, &piece, best);
}

static int pack_range(const uint8_t *data, const struct qnn_range *r, struct best *best)
{
	struct qnn_file_piece piece = { .size = r->size, .kind = QNN_PIECE_PLAIN };
	struct form f = plain(data, r->size);
	int err = try_form(&f, &piece, best);

	if (err || !r->bits)
		return err;
	if (r->bits <= 8)
		return rows_end_clean(data, r) ? pack_fields(data, r, best) : 0;
	piece.kind = QNN_PIECE_PLANES;
	piece.bits = r->bits;
	f = planes(data, r);
	return try_form(&f, &piece, best);
}

/* Header, table and streams behind each other. */
static int join(const struct qnn_file_packed *h, const struct best *best, void **packed,
		size_t *packed_size)
{
	size_t size = sizeof(*h) + h->piece_count * sizeof(best->piece), at;
	uint8_t *out;
	uint32_t i;

	at = size;
	for (i = 0; i < h->piece_count; i++)
		size += best[i].piece.stored;
	*packed_size = size;
	if (size >= h->size || h->size / QNN_FILE_MAX_RATIO > size)
		return 0;
	out = malloc(size);
	if (!out)
		return qnn_fail_memory("a packed section");
	memcpy(out, h, sizeof(*h));
	for (i = 0; i < h->piece_count; i++) {
		memcpy(out + sizeof(*h) + i * sizeof(best->piece), &best[i].piece,
		       sizeof(best->piece));
		memcpy(out + at, best[i].stream, best[i].piece.stored);
		at += best[i].piece.stored;
	}
	*packed = out;
	return 0;
}

int qnn_pack_section(const void *data, size_t size, const struct qnn_range *ranges,
		     size_t count, void **packed, size_t *packed_size)
{
	struct qnn_file_packed h = { .size = size, .crc = qnn_crc32(data, size),
				     .piece_count = count };
	struct best *best = calloc(count, sizeof(*best));
	int err = best ? 0 : qnn_fail_memory("a packed section");
	size_t i;

	*packed = NULL;
	for (i = 0; i < count && !err; i++)
		err = pack_range((const uint8_t *)data + ranges[i].offset, &ranges[i], &best[i]);
	if (!err)
		err = join(&h, best, packed, packed_size);
	for (i = 0; i < count && best; i++)
		free(best[i].stream);
	free(best);
	return err;
}
