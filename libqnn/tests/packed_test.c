// SPDX-License-Identifier: MIT
/*
 * Packed sections: what comes out is what went in; files that are damaged or lie are
 * refused before they take memory or time.
 */
#include <errno.h>
#include <math.h>
#include <zlib.h>

#include "fixture.h"
#include "libqnn/src/unpack.h"
#include "libqnn/src/writer_pack.h"

static struct qnn_device *dev;
static struct fixture_file good;

static int set_up(void **state)
{
	(void)state;
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	good = fixture_packed();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(good.data);
	qnn_device_close(dev);
	return 0;
}

static unsigned int number(void)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

/* Rows of fields, of which one in @share is not @fill. */
static uint8_t *rows(const struct qnn_range *r, unsigned int share, unsigned int fill)
{
	uint64_t bytes = qnn_piece_row_bytes(r->row, r->bits), at;
	uint8_t *data = calloc(1, r->size);
	uint32_t i;

	for (at = 0; at < r->size; at += bytes)
		for (i = 0; i < r->row; i++)
			qnn_piece_put(data + at, i, r->bits, number() % share ? fill :
				      number() & ((1u << r->bits) - 1));
	return data;
}

/* Packs, unpacks, compares; returns how many bytes were stored, or 0: not worth it. */
static size_t round_trip(const uint8_t *data, size_t size, const struct qnn_range *r, size_t count)
{
	const struct qnn_unpack_name name = { "file", "section" };
	void *packed, *out;
	size_t stored, got;

	ok(qnn_pack_section(data, size, r, count, &packed, &stored));
	if (!packed)
		return 0;
	ok(qnn_unpack_section(&name, packed, stored, size, &out, &got, NULL));
	assert_int_equal(got, size);
	assert_memory_equal(out, data, size);
	free(out);
	/* A byte less, in the file or in what is allowed. */
	assert_true(qnn_unpack_section(&name, packed, stored - 1, size, &out, &got, NULL) < 0);
	fails(qnn_unpack_section(&name, packed, stored, size - 1, &out, &got, NULL), -E2BIG,
	      "file: section section: would have");
	free(packed);
	return stored;
}

static void test_fields(void **state)
{
	(void)state;
	for (unsigned int bits = 1; bits <= 8; bits++)
		for (unsigned int row = 1; row < 1200; row = row * 3 + 1)
			for (unsigned int share = 1; share < 2000; share *= 6) {
				struct qnn_range r = { 0, 0, bits, row };
				unsigned int fill = number() & ((1u << bits) - 1);
				uint8_t *data;

				r.size = qnn_piece_row_bytes(row, bits) * (1 + number() % 40);
				data = rows(&r, share, fill);
				round_trip(data, r.size, &r, 1);
				free(data);
			}
}

/* Close to what there is to know of numbers that have nothing to do with each other. */
static void test_entropy(void **state)
{
	static const struct {
		unsigned int bits, share;
	} cases[] = { { 3, 1 }, { 5, 1 }, { 3, 12 }, { 2, 20 }, { 4, 40 }, { 8, 16 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int bits = cases[i].bits, share = cases[i].share;
		double other = (1 - 1.0 / (1u << bits)) / share, least;
		struct qnn_range r = { 0, 0, bits, 800 };
		uint8_t *data;
		size_t stored;

		r.size = qnn_piece_row_bytes(800, bits) * 400;
		data = rows(&r, share, 0);
		/* Which fields are not 0, and which of the other numbers they are. */
		least = other * log2((1u << bits) - 1) - other * log2(other) -
			(1 - other) * log2(1 - other);
		least *= 320000 / 8.0;
		stored = round_trip(data, r.size, &r, 1);
		if (!stored)
			stored = r.size;
		if (stored > 1.05 * least + 300)
			fail_msg("%u bits, 1 of %u: %zu bytes, %g are possible", bits, share,
				 stored, least);
		free(data);
	}
}

/* Bits behind the last field of a row are kept, if somebody has some there. */
static void test_dirty_rows(void **state)
{
	struct qnn_range r = { 0, 3 * 100, 3, 7 };
	uint8_t *data = rows(&r, 20, 0);

	(void)state;
	assert_true(round_trip(data, r.size, &r, 1) > 0);
	data[2] |= 0x80;
	assert_true(round_trip(data, r.size, &r, 1) > 0);
	free(data);
}

static void test_words(void **state)
{
	struct qnn_range r[] = { { 0, 4000, 32, 0 }, { 4000, 2000, 16, 0 }, { 6000, 100, 0, 0 } };
	uint8_t data[6100] = { 0 };
	size_t mixed;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		data[4 * i] = number();
	for (unsigned int i = 0; i < 1000; i++)
		data[4000 + 2 * i] = number() % 16;
	mixed = round_trip(data, sizeof(data), r, 3);
	assert_true(mixed > 0 && mixed < 1000 + 500 + 250);
	/* Nothing is gained from what cannot be foreseen. */
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = number();
	assert_int_equal(round_trip(data, sizeof(data), r, 3), 0);
}

static int try_load(const void *data, size_t size)
{
	struct qnn_model *model;
	int err = qnn_model_load_memory(dev, data, size, &model);

	qnn_model_free(model);
	return err;
}

static struct qnn_file_section *program(void *file)
{
	struct qnn_file_header *h = file;

	return (struct qnn_file_section *)(h + 1);
}

static void test_file(void **state)
{
	const struct qnn_file_header *h = good.data;
	const struct qnn_file_section *s = program(good.data);
	const struct qnn_file_packed *p = (void *)((uint8_t *)good.data + s->offset);
	const struct qnn_file_piece *piece = (void *)(p + 1);
	unsigned int kinds = 0;

	(void)state;
	ok(try_load(good.data, good.size));
	assert_int_equal(h->minor, 2);
	assert_int_equal(s->tag, QNN_SECTION_PROGRAM);
	assert_int_equal(s->flags, QNN_SECTION_PACKED);
	assert_true(p->size > 2 * s->size);
	for (uint32_t i = 0; i < p->piece_count; i++)
		kinds |= 1u << piece[i].kind;
	/* All four. */
	assert_int_equal(kinds, 0x1e);
}

static void test_damage(void **state)
{
	uint8_t *bytes;
	void *copy;

	(void)state;
	assert_int_equal(posix_memalign(&copy, QNN_FILE_ALIGN, good.size), 0);
	memcpy(copy, good.data, good.size);
	bytes = copy;
	for (size_t i = 0; i < good.size; i++) {
		bytes[i] ^= 1u << i % 8;
		assert_int_equal(try_load(copy, good.size), -EBADMSG);
		bytes[i] ^= 1u << i % 8;
	}
	for (size_t size = 1; size < good.size; size += 7)
		assert_int_equal(try_load(copy, size), -EBADMSG);
	free(copy);
}

static void seal(uint8_t *data)
{
	struct qnn_file_header *h = (void *)data;
	struct qnn_file_section *s = program(data);

	for (uint32_t i = 0; i < h->section_count; i++)
		s[i].crc = crc32(0, data + s[i].offset, s[i].size);
	h->table_crc = crc32(0, (void *)s, h->section_count * sizeof(*s));
	h->header_crc = crc32(0, data, 60);
}

/* Changes a copy by @change, and expects @err with @text. */
#define lies(change, err, text) do { \
	void *copy; \
	struct qnn_file_packed *p; \
	struct qnn_file_piece *piece; \
	assert_int_equal(posix_memalign(&copy, QNN_FILE_ALIGN, good.size), 0); \
	memcpy(copy, good.data, good.size); \
	p = (void *)((uint8_t *)copy + program(copy)->offset); \
	piece = (void *)(p + 1); \
	(void)piece; \
	change; \
	seal(copy); \
	fails(try_load(copy, good.size), err, text); \
	free(copy); \
} while (0)

static void test_lies(void **state)
{
	uint32_t sparse = 0, planes = 0;
	const struct qnn_file_packed *h = (void *)((uint8_t *)good.data +
						   program(good.data)->offset);
	const struct qnn_file_piece *known = (void *)(h + 1);

	(void)state;
	while (known[sparse].kind != QNN_PIECE_SPARSE)
		sparse++;
	while (known[planes].kind != QNN_PIECE_PLANES)
		planes++;
	lies(p->size = 0, -EBADMSG, "section PROG: is empty");
	lies(p->size = 1ull << 40, -E2BIG, "at most 268435456");
	lies(p->size = 200u << 20, -E2BIG, "more than 1024 times");
	lies(p->size++, -EBADMSG, "its pieces have");
	lies(p->crc ^= 1, -EBADMSG, "unpacked, its check sum is");
	lies(p->piece_count = 0, -EBADMSG, "its pieces have 0 bytes");
	lies(p->piece_count = 0xffffffff, -EBADMSG, "too few for 4294967295 pieces");
	lies(piece[0].kind = 0, -EBADMSG, "kind of piece 0");
	lies(piece[0].kind = 5, -EBADMSG, "kind of piece 0");
	lies(piece[0].size = 0, -EBADMSG, "size of piece 0");
	lies(piece[0].stored = 0, -EBADMSG, "stored of piece 0");
	lies(piece[0].stored++, -EBADMSG, "its pieces are stored in");
	lies((piece[0].stored++, piece[1].stored--), -EBADMSG, "piece 0 is damaged");
	lies((piece[0].stored--, piece[1].stored++), -EBADMSG, "piece 0 is damaged");
	lies((piece[0].size--, piece[planes].size++), -EBADMSG, "size of piece");
	lies(piece[0].bits = 1, -EBADMSG, "bits of piece 0");
	lies(piece[0].row = 1, -EBADMSG, "row of piece 0");
	lies(piece[0].fill = 1, -EBADMSG, "fill of piece 0");
	lies(piece[planes].bits = 24, -EBADMSG, "bits of piece");
	lies(piece[sparse].bits = 0, -EBADMSG, "bits of piece");
	lies(piece[sparse].bits = 9, -EBADMSG, "bits of piece");
	lies(piece[sparse].row = 0, -EBADMSG, "row of piece");
	lies(piece[sparse].row = 0xffffffff, -EBADMSG, "row of piece");
	lies(piece[sparse].fill = 8, -EBADMSG, "fill of piece");
	lies(piece[sparse].fill = 1, -EBADMSG, "unpacked, its check sum");
	lies(piece[sparse].kind = QNN_PIECE_FIELDS, -EBADMSG, "is damaged");
	lies((piece[sparse].kind = QNN_PIECE_PLAIN, piece[sparse].bits = 0, piece[sparse].row = 0),
	     -EBADMSG, "is damaged");
	lies(program(copy)->size = 8, -EBADMSG, "");
}

/* Any byte of the streams, with check sums that are right: no more is to be seen. */
static void test_streams(void **state)
{
	const struct qnn_file_section *s = program(good.data);
	void *copy;

	(void)state;
	assert_int_equal(posix_memalign(&copy, QNN_FILE_ALIGN, good.size), 0);
	for (unsigned int i = 0; i < 5000; i++) {
		memcpy(copy, good.data, good.size);
		((uint8_t *)copy)[s->offset + number() % s->size] = number();
		seal(copy);
		try_load(copy, good.size);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_entropy),
		cmocka_unit_test(test_dirty_rows),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_streams),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("packed", tests, set_up, tear_down);
}
