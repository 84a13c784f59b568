// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "crc.h"
#include "error.h"
#include "memory.h"
#include "qnn_device.h"
#include "unpack.h"

#define unpack_fail(name, err, fmt, ...) \
	qnn_fail(err, "%s: section %s: " fmt, (name)->file, (name)->section, ##__VA_ARGS__)

uint64_t qnn_unpack_limit(uint32_t tag)
{
	return tag == QNN_SECTION_PROGRAM ? QNN_MAX_PROGRAM_SIZE : QNN_FILE_MAX_PACKED;
}

/* A stream, a part of it at a time. */
struct source {
	z_stream z;
	uint8_t part[4096];
	size_t at, have;
	bool bad;
};

static bool source_open(struct source *s, const uint8_t *stored, uint32_t size)
{
	memset(&s->z, 0, sizeof(s->z));
	s->at = s->have = 0;
	s->bad = false;
	s->z.next_in = (uint8_t *)stored;
	s->z.avail_in = size;
	return inflateInit2(&s->z, -MAX_WBITS) == Z_OK;
}

/* Fills @out; false: there is not so much, or it is damaged. */
static bool inflate_to(struct source *s, void *out, size_t size)
{
	int ret;

	s->z.next_out = out;
	s->z.avail_out = size;
	ret = inflate(&s->z, Z_SYNC_FLUSH);
	return (ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR) && !s->z.avail_out;
}

static uint8_t next(struct source *s)
{
	int ret;

	if (s->at < s->have)
		return s->part[s->at++];
	if (s->bad)
		return 0;
	s->z.next_out = s->part;
	s->z.avail_out = sizeof(s->part);
	ret = inflate(&s->z, Z_SYNC_FLUSH);
	s->have = sizeof(s->part) - s->z.avail_out;
	s->at = 0;
	if ((ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR) || !s->have) {
		s->bad = true;
		s->have = 0;
		return 0;
	}
	return s->part[s->at++];
}

/* Everything that is stored is used, and nothing else. */
static bool source_close(struct source *s)
{
	uint8_t more;
	int ret;

	s->z.next_out = &more;
	s->z.avail_out = 1;
	ret = s->bad || s->at < s->have ? Z_DATA_ERROR : inflate(&s->z, Z_FINISH);
	inflateEnd(&s->z);
	return ret == Z_STREAM_END && s->z.avail_out == 1 && !s->z.avail_in;
}

static void read_planes(struct source *s, const struct qnn_file_piece *p, uint8_t *out)
{
	uint32_t word = p->bits / 8, i, k;

	for (k = 0; k < word; k++)
		for (i = k; i < p->size && !s->bad; i += word)
			out[i] = next(s);
}

/* Fields of a piece, as many as there are to a byte. */
struct fields {
	struct source *s;
	unsigned int bits;
	unsigned int left;	/* in the last byte */
	unsigned int byte;
};

static unsigned int next_field(struct fields *f)
{
	unsigned int v;

	if (!f->left) {
		f->byte = next(f->s);
		f->left = 8 / f->bits;
	}
	v = f->byte & ((1u << f->bits) - 1);
	f->byte >>= f->bits;
	f->left--;
	return v;
}

static void read_fields(struct source *s, const struct qnn_file_piece *p, uint8_t *out)
{
	uint64_t bytes = qnn_piece_row_bytes(p->row, p->bits), at;
	struct fields f = { .s = s, .bits = p->bits };
	uint32_t i;

	for (at = 0; at < p->size && !s->bad; at += bytes)
		for (i = 0; i < p->row; i++)
			qnn_piece_put(out + at, i, p->bits, next_field(&f));
}

static void fill_rows(const struct qnn_file_piece *p, uint8_t *out, uint64_t bytes)
{
	uint64_t at;
	uint32_t i;

	for (i = 0; i < p->row && p->fill; i++)
		qnn_piece_put(out, i, p->bits, p->fill);
	for (at = bytes; at < p->size && p->fill; at += bytes)
		memcpy(out + at, out, bytes);
}

/*
 * Where something is, is marked first; what it is comes behind all of that. False: it
 * would be beyond the end.
 */
static bool read_sparse(struct source *s, const struct qnn_file_piece *p, uint8_t *out)
{
	uint64_t bytes = qnn_piece_row_bytes(p->row, p->bits), rows = p->size / bytes;
	uint64_t count = rows * p->row, at = 0, row;
	struct fields f = { .s = s, .bits = p->bits };
	unsigned int mark = p->fill ^ 1;
	uint32_t i;

	fill_rows(p, out, bytes);
	while (at < count && !s->bad) {
		unsigned int distance = next(s);

		at += distance;
		if (at > count)
			return false;
		if (distance == QNN_PIECE_FAR || at == count)
			continue;
		qnn_piece_put(out + at / p->row * bytes, at % p->row, p->bits, mark);
		at++;
	}
	for (row = 0; row < rows && !s->bad; row++)
		for (i = 0; i < p->row; i++)
			if (qnn_piece_get(out + row * bytes, i, p->bits) == mark)
				qnn_piece_put(out + row * bytes, i, p->bits, next_field(&f));
	return true;
}

static bool read_piece(const struct qnn_file_piece *p, const uint8_t *stored, uint8_t *out)
{
	struct source s;
	bool good = true;

	if (!source_open(&s, stored, p->stored))
		return false;
	switch (p->kind) {
	case QNN_PIECE_PLANES:
		read_planes(&s, p, out);
		break;
	case QNN_PIECE_FIELDS:
		read_fields(&s, p, out);
		break;
	case QNN_PIECE_SPARSE:
		good = read_sparse(&s, p, out);
		break;
	default:
		good = inflate_to(&s, out, p->size);
		break;
	}
	return source_close(&s) && good;
}

/* What is wrong with the description of a piece; NULL: nothing. */
static const char *piece_fault(const struct qnn_file_piece *p)
{
	bool fields = p->kind == QNN_PIECE_FIELDS || p->kind == QNN_PIECE_SPARSE;

	if (p->kind < QNN_PIECE_PLAIN || p->kind > QNN_PIECE_SPARSE)
		return "kind";
	if (!p->size)
		return "size";
	if (!p->stored)
		return "stored";
	if (fields ? !p->bits || p->bits > 8 :
	    p->kind == QNN_PIECE_PLANES ? p->bits != 16 && p->bits != 32 : p->bits != 0)
		return "bits";
	if (p->kind == QNN_PIECE_SPARSE ? p->fill >> p->bits : p->fill)
		return "fill";
	if (fields ? !p->row || p->size % qnn_piece_row_bytes(p->row, p->bits) : p->row)
		return "row";
	if (p->kind == QNN_PIECE_PLANES && p->size % (p->bits / 8))
		return "size";
	return NULL;
}

static int check_pieces(const struct qnn_unpack_name *name, const struct qnn_file_packed *h,
			uint64_t stored)
{
	const struct qnn_file_piece *p = (const void *)(h + 1);
	uint64_t size = 0, streams = 0;
	uint32_t i;

	if (h->piece_count > (stored - sizeof(*h)) / sizeof(*p))
		return unpack_fail(name, -EBADMSG, "has %llu bytes, too few for %u pieces",
				   (unsigned long long)stored, h->piece_count);
	for (i = 0; i < h->piece_count; i++) {
		const char *fault = piece_fault(&p[i]);

		if (fault)
			return unpack_fail(name, -EBADMSG, "%s of piece %u is not possible", fault,
					   i);
		size += p[i].size;
		streams += p[i].stored;
	}
	if (size != h->size)
		return unpack_fail(name, -EBADMSG, "its pieces have %llu bytes, size says %llu",
				   (unsigned long long)size, (unsigned long long)h->size);
	if (streams != stored - sizeof(*h) - h->piece_count * sizeof(*p))
		return unpack_fail(name, -EBADMSG,
				   "its pieces are stored in %llu bytes, it has %llu for them",
				   (unsigned long long)streams,
				   (unsigned long long)(stored - sizeof(*h) -
							h->piece_count * sizeof(*p)));
	return 0;
}

static int check_size(const struct qnn_unpack_name *name, const struct qnn_file_packed *h,
		      uint64_t stored, uint64_t limit)
{
	if (stored < sizeof(*h))
		return unpack_fail(name, -EBADMSG, "is cut: %llu bytes, a packed one has %zu",
				   (unsigned long long)stored, sizeof(*h));
	if (!h->size)
		return unpack_fail(name, -EBADMSG, "is empty");
	if (h->size > limit)
		return unpack_fail(name, -E2BIG, "would have %llu bytes unpacked, at most %llu",
				   (unsigned long long)h->size, (unsigned long long)limit);
	if (h->size / QNN_FILE_MAX_RATIO > stored)
		return unpack_fail(name, -E2BIG,
				   "%llu bytes would become %llu, that is more than %u times as many",
				   (unsigned long long)stored, (unsigned long long)h->size,
				   QNN_FILE_MAX_RATIO);
	return 0;
}

static int read_pieces(const struct qnn_unpack_name *name, const struct qnn_file_packed *h,
		       uint8_t *out)
{
	const struct qnn_file_piece *p = (const void *)(h + 1);
	const uint8_t *stored = (const void *)(p + h->piece_count);
	uint32_t i;

	for (i = 0; i < h->piece_count; i++) {
		if (!read_piece(&p[i], stored, out))
			return unpack_fail(name, -EBADMSG, "piece %u is damaged", i);
		out += p[i].size;
		stored += p[i].stored;
	}
	return 0;
}

int qnn_unpack_section(const struct qnn_unpack_name *name, const void *stored,
		       size_t stored_size, uint64_t limit, void **data, size_t *size,
		       uint32_t *crc)
{
	const struct qnn_file_packed *h = stored;
	uint32_t sum;
	void *mem;
	int err;

	err = check_size(name, h, stored_size, limit);
	if (!err)
		err = check_pieces(name, h, stored_size);
	if (err)
		return err;
	mem = qnn_memory(h->size, true);
	if (!mem)
		return qnn_fail_memory(name->file);
	memset(mem, 0, h->size);
	err = read_pieces(name, h, mem);
	sum = err ? 0 : qnn_crc32(mem, h->size);
	if (!err && crc)
		*crc = sum;
	else if (!err && sum != h->crc)
		err = unpack_fail(name, -EBADMSG, "unpacked, its check sum is %08x, should be %08x",
				  h->crc, sum);
	if (err) {
		free(mem);
		return err;
	}
	*data = mem;
	*size = h->size;
	return 0;
}
