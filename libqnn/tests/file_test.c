// SPDX-License-Identifier: MIT
/*
 * The file reader against files that are damaged (check sums must notice) and
 * files that lie (check sums are right, what they cover is not).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "fixture.h"

static struct qnn_device *dev;
static struct fixture_file good;
static struct fixture_file stepped;	/* the same with steps */

static struct fixture_file make_stepped(void)
{
	const float factors[FC_OUT] = { 1, -2, 0.5f, 4, 5 }, half = 0.5f;
	struct qnn_writer *w = fixture_fc_writer();
	struct fixture_file f;

	ok(qnn_writer_add_step(w, QNN_STEP_SUB, &half, 1));
	ok(qnn_writer_add_step(w, QNN_STEP_DIV, factors, FC_OUT));
	ok(qnn_writer_finish(w, &f.data, &f.size));
	qnn_writer_free(w);
	return f;
}

static int setup(void **state)
{
	(void)state;
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	good = fixture_fc();
	stepped = make_stepped();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(good.data);
	free(stepped.data);
	qnn_device_close(dev);
	return 0;
}

/* Loads a file that may be bad; a good one is freed again. */
static int try_load(const void *data, size_t size)
{
	struct qnn_model *model;
	int err = qnn_model_load_memory(dev, data, size, &model);

	if (err)
		assert_null(model);
	qnn_model_free(model);
	return err;
}

static struct fixture_file copy_of(struct fixture_file from)
{
	struct fixture_file f = { malloc(from.size), from.size };

	memcpy(f.data, from.data, from.size);
	return f;
}

static struct fixture_file copy_good(void)
{
	return copy_of(good);
}

static struct qnn_file_header *header_of(struct fixture_file f)
{
	return f.data;
}

static struct qnn_file_section *table_of(struct fixture_file f)
{
	return (struct qnn_file_section *)(header_of(f) + 1);
}

static struct qnn_file_section *section_of(struct fixture_file f, uint32_t tag)
{
	struct qnn_file_section *s = table_of(f);

	while (s->tag != tag)
		s++;
	return s;
}

static void *bytes_of(struct fixture_file f, uint32_t tag)
{
	return (uint8_t *)f.data + section_of(f, tag)->offset;
}

/* Makes all check sums right again. */
static void seal(struct fixture_file f)
{
	struct qnn_file_header *h = header_of(f);
	struct qnn_file_section *s = table_of(f);
	uint32_t i;

	for (i = 0; i < h->section_count && i < QNN_FILE_MAX_SECTIONS; i++)
		if (s[i].offset <= f.size && s[i].size <= f.size - s[i].offset)
			s[i].crc = crc32(0, (uint8_t *)f.data + s[i].offset, s[i].size);
	h->table_crc = crc32(0, (uint8_t *)s, h->section_count * sizeof(*s));
	h->header_crc = crc32(0, f.data, 60);
}

/* Seals and frees @f, which must be refused. */
#define lies(f, err, text) do { \
	seal(f); \
	fails(try_load((f).data, (f).size), err, text); \
	free((f).data); \
} while (0)

static void test_good(void **state)
{
	(void)state;
	ok(try_load(good.data, good.size));
}

static void test_every_bit(void **state)
{
	struct fixture_file f = copy_good();
	size_t i;
	int bit;

	(void)state;
	for (i = 0; i < f.size; i++)
		for (bit = 0; bit < 8; bit++) {
			uint8_t *byte = (uint8_t *)f.data + i;
			int err;

			*byte ^= 1 << bit;
			err = try_load(f.data, f.size);
			if (err != -EBADMSG)
				print_error("byte %zu bit %d: %d %s\n", i, bit, err, qnn_error());
			assert_int_equal(err, -EBADMSG);
			assert_non_null(strstr(qnn_error(), "model in memory: "));
			*byte ^= 1 << bit;
		}
	ok(try_load(f.data, f.size));
	free(f.data);
}

static void test_every_length(void **state)
{
	struct fixture_file f = { malloc(good.size + 64), good.size };
	size_t size;

	(void)state;
	memset(f.data, 0, good.size + 64);
	memcpy(f.data, good.data, good.size);
	for (size = 0; size < good.size + 64; size++)
		if (size != good.size)
			assert_int_equal(try_load(f.data, size), -EBADMSG);
	/* A cut file whose header knows about it. */
	for (size = 64; size < good.size; size++) {
		struct fixture_file cut = { malloc(size), size };

		memcpy(cut.data, good.data, size);
		header_of(cut)->size = size;
		header_of(cut)->header_crc = crc32(0, cut.data, 60);
		assert_int_equal(try_load(cut.data, size), -EBADMSG);
		free(cut.data);
	}
	free(f.data);
}

static void test_header(void **state)
{
	struct fixture_file f;

	(void)state;
	f = copy_good();
	header_of(f)->magic ^= 1;
	lies(f, -EBADMSG, "is not a .qnn file");
	f = copy_good();
	header_of(f)->major = 2;
	lies(f, -EPROTONOSUPPORT, "file version 2.0, this library reads 1.2");
	f = copy_good();
	header_of(f)->size++;
	lies(f, -EBADMSG, "header.size says");
	f = copy_good();
	header_of(f)->section_count = 0;
	lies(f, -EBADMSG, "section_count is 0");
	f = copy_good();
	header_of(f)->reserved[8] = 1;
	lies(f, -EBADMSG, "header.reserved");
	f = copy_good();
	header_of(f)->section_count = QNN_FILE_MAX_SECTIONS + 1;
	lies(f, -EBADMSG, "section_count is 33");
	/* A newer minor version may have more, and says so by sections. */
	f = copy_good();
	header_of(f)->minor = 9;
	seal(f);
	ok(try_load(f.data, f.size));
	free(f.data);
}

static void test_table(void **state)
{
	struct fixture_file f;

	(void)state;
	f = copy_good();
	section_of(f, QNN_SECTION_LABELS)->tag = QNN_SECTION_LAYERS;
	lies(f, -EBADMSG, "section LAYR: is there twice");
	f = copy_good();
	section_of(f, QNN_SECTION_LABELS)->tag = QNN_SECTION_TAG('N', 'E', 'W', '!');
	seal(f);
	ok(try_load(f.data, f.size));
	header_of(f)->minor = 3;
	section_of(f, QNN_SECTION_TAG('N', 'E', 'W', '!'))->flags = 0;
	lies(f, -EPROTONOSUPPORT,
	     "section NEW!: is needed but not known here; the file is of version 1.3, this library reads 1.2");
	f = copy_good();
	section_of(f, QNN_SECTION_LABELS)->tag = 0x1b4a5b41;	/* an escape sequence */
	section_of(f, 0x1b4a5b41)->flags = 0;
	lies(f, -EPROTONOSUPPORT, "section 0x1b4a5b41:");
	f = copy_good();
	section_of(f, QNN_SECTION_LABELS)->flags = 5;
	lies(f, -EPROTONOSUPPORT, "flags 00000005");
	f = copy_good();
	section_of(f, QNN_SECTION_LABELS)->flags = 0;
	lies(f, -EBADMSG, "section LABL: must be marked optional");
	f = copy_good();
	section_of(f, QNN_SECTION_SCALES)->flags = 1;
	lies(f, -EBADMSG, "section SCAL: must not be marked optional");
	f = copy_good();
	section_of(f, QNN_SECTION_SCALES)->reserved = 1;
	lies(f, -EBADMSG, "section SCAL: reserved");
	f = copy_good();
	section_of(f, QNN_SECTION_SCALES)->tag = QNN_SECTION_TAG('O', 'T', 'H', 'R');
	section_of(f, QNN_SECTION_TAG('O', 'T', 'H', 'R'))->flags = 1;
	lies(f, -EBADMSG, "section SCAL: is missing");
}

static void test_places(void **state)
{
	static const uint64_t sizes[] = { 1ull << 63, UINT64_MAX, UINT64_MAX - 63, 1u << 31 };
	struct qnn_file_section *s;
	struct fixture_file f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		f = copy_good();
		section_of(f, QNN_SECTION_TENSORS)->size = sizes[i];
		lies(f, -EBADMSG, "section TENS: is cut");
		f = copy_good();
		section_of(f, QNN_SECTION_ORIGIN)->size = sizes[i];
		lies(f, -EBADMSG, "section ORIG: is cut");
		f = copy_good();
		section_of(f, QNN_SECTION_TENSORS)->offset = sizes[i];
		lies(f, -EBADMSG, "section TENS: offset is");
	}
	f = copy_good();
	section_of(f, QNN_SECTION_TENSORS)->size = 0;
	lies(f, -EBADMSG, "section TENS: is empty");
	f = copy_good();
	section_of(f, QNN_SECTION_ORIGIN)->size--;
	lies(f, -EBADMSG, "1 bytes behind the last section");
	/* Two sections over the same bytes. */
	f = copy_good();
	s = section_of(f, QNN_SECTION_LABELS);
	s->offset = section_of(f, QNN_SECTION_LAYERS)->offset;
	lies(f, -EBADMSG, "section LABL: offset is");
	f = copy_good();
	s = section_of(f, QNN_SECTION_LABELS);
	((uint8_t *)f.data)[s->offset - 1] = 1;
	lies(f, -EBADMSG, "padding before it is not zero");
}

static void test_program(void **state)
{
	struct qnn_program_header *p;
	struct fixture_file f;

	(void)state;
	f = copy_good();
	p = bytes_of(f, QNN_SECTION_PROGRAM);
	p->version = 7;
	lies(f, -EPROTONOSUPPORT, "section PROG: the program is of version 7, this library reads 1");
	f = copy_good();
	p = bytes_of(f, QNN_SECTION_PROGRAM);
	p->reserved[3] = 1;
	lies(f, -EINVAL, "section PROG: ");
	f = copy_good();
	p = bytes_of(f, QNN_SECTION_PROGRAM);
	((struct qnn_cmd *)((uint8_t *)p + 128))->in[0].channels++;
	lies(f, -EINVAL, "section PROG: command 0, ");
	f = copy_good();
	section_of(f, QNN_SECTION_PROGRAM)->size = 64;
	lies(f, -EBADMSG, "offset is");
}

/* Changes a field of tensor @n and expects a refusal that names it. */
#define tensor_lies(n, field, value, text) do { \
	struct fixture_file f_ = copy_good(); \
	struct qnn_file_tensor *t_ = bytes_of(f_, QNN_SECTION_TENSORS); \
	t_[n].field = value; \
	lies(f_, -EINVAL, "section TENS: tensor " #n text); \
} while (0)

static void test_tensors(void **state)
{
	(void)state;
	tensor_lies(0, name[0], 0, ": name is empty");
	tensor_lies(0, name[0], 0x1b, ": name is not printable UTF-8");
	tensor_lies(0, name[0], (char)0xc0, ": name is not printable UTF-8");
	tensor_lies(0, name[63], 1, " ('x'): name is not filled up with zeros");
	tensor_lies(1, name[0], 'x', " ('x'): name is that of tensor 0 too");
	tensor_lies(0, role, 0, " ('x'): role is 0");
	tensor_lies(0, role, 3, " ('x'): role is 3");
	tensor_lies(0, role, QNN_FILE_OUTPUT, " ('x'): is an output, but the program never writes");
	tensor_lies(1, role, QNN_FILE_INPUT, " ('y'): is an input, but the program never reads");
	tensor_lies(0, region, 2, " ('x'): region is 2, the program has 2");
	tensor_lies(0, region, UINT32_MAX, " ('x'): region is 4294967295");
	tensor_lies(1, region, 0, " ('y'): region 0 is that of 'x' too");
	tensor_lies(0, height, 0, " ('x'): height is 0");
	tensor_lies(0, width, 65536, " ('x'): width is 65536");
	tensor_lies(0, channels, 0, " ('x'): channels is 0");
	tensor_lies(0, type, 0, " ('x'): type 0");
	tensor_lies(0, type, 9, " ('x'): type 9");
	tensor_lies(0, type, UINT32_MAX, " ('x'): type 4294967295");
	tensor_lies(0, pixel_stride, FC_IN - 1, " ('x'): pixel_stride is 23, a pixel has 24");
	tensor_lies(0, row_stride, FC_IN - 1, " ('x'): row_stride is 23, a row has 24");
	tensor_lies(1, row_stride, FC_OUT * 4 + 1, " ('y'): offset, row_stride or pixel_stride");
	tensor_lies(1, offset, 2, " ('y'): offset, row_stride or pixel_stride");
	tensor_lies(0, offset, 64, " ('x'): ends 24 bytes behind offset 64, region 0 has");
	tensor_lies(0, offset, UINT64_MAX, " ('x'): ends");
	tensor_lies(0, offset, UINT64_MAX - 8, " ('x'): ends");
	tensor_lies(0, height, 65535, " ('x'): ends");
	tensor_lies(0, zero_point, 128, " ('x'): zero_point is 128");
	tensor_lies(0, zero_point, -129, " ('x'): zero_point is -129");
	tensor_lies(1, zero_point, 1, " ('y'): zero_point is 1, should be 0 for s32");
	tensor_lies(0, scale_count, 0, " ('x'): scale_count is 0");
	tensor_lies(1, scale_count, FC_OUT - 1, " ('y'): scale_count is 4, should be 1 or 5");
	tensor_lies(0, scale_index, FC_OUT + 1, " ('x'): scale_index is 6");
	tensor_lies(0, scale_index, UINT32_MAX, " ('x'): scale_index is 4294967295");
	tensor_lies(1, scale_index, 2, " ('y'): scale_index is 2");
	tensor_lies(0, reserved[0], 1, " ('x'): reserved");
	tensor_lies(0, reserved[2], 1u << 31, " ('x'): reserved");
}

static void test_unterminated(void **state)
{
	struct qnn_file_tensor *t;
	struct fixture_file f;

	(void)state;
	f = copy_good();
	t = bytes_of(f, QNN_SECTION_TENSORS);
	memset(t[0].name, 'a', sizeof(t[0].name));
	lies(f, -EINVAL, "tensor 0: name is not terminated");
	f = copy_good();
	memset(bytes_of(f, QNN_SECTION_LAYERS), 'a', 64);
	lies(f, -EINVAL, "section LAYR: name of layer 0 is not terminated");
	f = copy_good();
	memset((char *)bytes_of(f, QNN_SECTION_LAYERS) + 64, 'a', 32);
	lies(f, -EINVAL, "section LAYR: op of layer 0 is not terminated");
	f = copy_good();
	((char *)bytes_of(f, QNN_SECTION_LABELS))
		[section_of(f, QNN_SECTION_LABELS)->size - 1] = 'a';
	lies(f, -EINVAL, "section LABL: the last label is not terminated");
}

static void test_texts(void **state)
{
	static const char *const bad[] = {
		"\x1b[2J", "a\nb", "\x7f", "\x80", "\xc3", "\xc3\x28", "\xc0\x80",
		"\xc1\x81", "\xe0\x81\x81", "\xf0\x82\x82\xac",	/* longer than needed */
		"\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80",
		"\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff",
	};
	struct fixture_file f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = copy_good();
		memcpy(bytes_of(f, QNN_SECTION_LAYERS), bad[i], strlen(bad[i]));
		memset((char *)bytes_of(f, QNN_SECTION_LAYERS) + strlen(bad[i]), 0, 8);
		lies(f, -EINVAL, "section LAYR: name of layer 0 is not printable UTF-8");
	}
	f = copy_good();
	((char *)bytes_of(f, QNN_SECTION_LABELS))[6] = '\r';
	lies(f, -EINVAL, "section LABL: label 1 is not printable UTF-8");
	f = copy_good();
	((char *)bytes_of(f, QNN_SECTION_ORIGIN))[2] = '\0';
	lies(f, -EINVAL, "section ORIG: is not printable UTF-8");
	f = copy_good();
	((char *)bytes_of(f, QNN_SECTION_LAYERS))[63 + 32] = 'a';
	lies(f, -EINVAL, "section LAYR: op of layer 0 is not filled up with zeros");
}

static void test_scales(void **state)
{
	static const float bad[] = { 0, -1, NAN, INFINITY, -INFINITY };
	struct fixture_file f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = copy_good();
		((float *)bytes_of(f, QNN_SECTION_SCALES))[3] = bad[i];
		lies(f, -EINVAL, "section SCAL: scale 3 is ");
	}
}

/* Changes a field of step @n and expects a refusal that says @text. */
#define step_lies(n, field, value, text) do { \
	struct fixture_file f_ = copy_of(stepped); \
	struct qnn_file_step *s_ = bytes_of(f_, QNN_SECTION_STEPS); \
	s_[n].field = value; \
	lies(f_, -EINVAL, "section STEP: step " #n ": " text); \
} while (0)

static void test_steps(void **state)
{
	static const float bad[] = { NAN, INFINITY, -INFINITY };
	const struct qnn_tensor *t;
	struct qnn_model *model;
	struct fixture_file f = copy_of(stepped);
	size_t i;

	(void)state;
	assert_int_equal(header_of(f)->minor, 1);
	ok(qnn_model_load_memory(dev, f.data, f.size, &model));
	assert_int_equal(qnn_model_input(model, 0)->step_count, 0);
	t = qnn_model_output(model, 0);
	assert_int_equal(t->step_count, 2);
	assert_int_equal(t->step[0].kind, QNN_STEP_SUB);
	assert_int_equal(t->step[0].count, 1);
	assert_true(t->step[0].operand[0] == 0.5f);
	assert_int_equal(t->step[1].kind, QNN_STEP_DIV);
	assert_int_equal(t->step[1].count, FC_OUT);
	assert_true(t->step[1].operand[1] == -2);
	qnn_model_free(model);
	free(f.data);

	step_lies(0, tensor, 0, "tensor 0 ('x') is not an output");
	step_lies(1, tensor, 2, "tensor is 2, there are 2");
	step_lies(1, tensor, UINT32_MAX, "tensor is 4294967295");
	step_lies(0, kind, 0, "kind is 0");
	step_lies(1, kind, 6, "kind is 6");
	step_lies(1, kind, QNN_STEP_SOFTMAX, "is softmax, but has operands");
	step_lies(0, operand_count, 0, "operand_count is 0, should be 1 or 5");
	step_lies(0, operand_count, 2, "operand_count is 2");
	step_lies(1, operand_index, 2, "operand_index is 2, section OPND has 6");
	step_lies(1, operand_index, UINT32_MAX, "operand_index is 4294967295");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = copy_of(stepped);
		((float *)bytes_of(f, QNN_SECTION_OPERANDS))[3] = bad[i];
		lies(f, -EINVAL, "section OPND: operand 3 is ");
	}
	f = copy_of(stepped);
	((float *)bytes_of(f, QNN_SECTION_OPERANDS))[3] = -0.0f;
	lies(f, -EINVAL, "section STEP: step 1: divides channel 2 by 0");
	f = copy_of(stepped);
	section_of(f, QNN_SECTION_OPERANDS)->tag = QNN_SECTION_TAG('O', 'T', 'H', 'R');
	section_of(f, QNN_SECTION_TAG('O', 'T', 'H', 'R'))->flags = 1;
	lies(f, -EINVAL, "section STEP: step 0: operand_index is 0, section OPND has 0 operands");
	f = copy_of(stepped);
	section_of(f, QNN_SECTION_STEPS)->tag = QNN_SECTION_TAG('O', 'T', 'H', 'R');
	section_of(f, QNN_SECTION_TAG('O', 'T', 'H', 'R'))->flags = 1;
	lies(f, -EINVAL, "section OPND: there is no section STEP");
	f = copy_of(stepped);
	section_of(f, QNN_SECTION_STEPS)->flags = 1;
	lies(f, -EBADMSG, "section STEP: must not be marked optional");
}

/* No program may spend its time on the numbers of a hostile file. */
static void test_many_steps(void **state)
{
	struct qnn_writer *w = fixture_fc_writer();
	const float one = 1;
	size_t size;
	void *data;
	int i;

	(void)state;
	for (i = 0; i < QNN_FILE_MAX_STEPS; i++)
		ok(qnn_writer_add_step(w, QNN_STEP_MUL, &one, 1));
	ok(qnn_writer_finish(w, &data, &size));
	free(data);
	ok(qnn_writer_add_step(w, QNN_STEP_MUL, &one, 1));
	fails(qnn_writer_finish(w, &data, &size), -EINVAL,
	      "section STEP: step 16: tensor 1 has more than 16 steps");
	qnn_writer_free(w);
}

/*
 * Whatever stands in the sections, with right check sums: an error or a model,
 * nothing else. The sanitizers watch.
 */
static void test_random(void **state)
{
	uint64_t rng = 0x9e3779b97f4a7c15;
	unsigned int loaded = 0;
	int round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct fixture_file f = round % 2 ? copy_good() : copy_of(stepped);

		for (i = 0; i < 1 + round % 3; i++) {
			rng = rng * 6364136223846793005u + 1442695040888963407u;
			((uint8_t *)f.data)[(rng >> 33) % f.size] ^= 1 << (rng >> 30) % 8;
		}
		/* The damage may be anywhere, the header included. */
		if (header_of(f)->section_count <= 8)
			seal(f);
		loaded += !try_load(f.data, f.size);
		free(f.data);
	}
	assert_true(loaded > 0);
}

/* Thresholds that all commands share: work far beyond the bytes of the file. */
static void test_shared_constants(void **state)
{
	enum { CHANNELS = 1024, LEVELS = 255, COMMANDS = 5000 };
	const uint32_t consts = CHANNELS * LEVELS * 4, cmds = COMMANDS * sizeof(struct qnn_cmd);
	const uint32_t size = sizeof(struct qnn_program_header) + 64 + cmds + consts;
	struct qnn_program_header *h = calloc(1, size);
	struct qnn_region_desc *regions = (void *)(h + 1);
	struct qnn_cmd *cmd = (void *)(regions + 4);
	struct qnn_writer *w;
	size_t bytes;
	void *data;

	(void)state;
	*h = (struct qnn_program_header){
		.magic = QNN_PROGRAM_MAGIC, .version = QNN_PROGRAM_VERSION, .size = size,
		.region_count = 2, .cmd_count = COMMANDS, .const_size = consts,
	};
	regions[0] = (struct qnn_region_desc){ .access = QNN_ACCESS_READ, .size = CHANNELS };
	regions[1] = (struct qnn_region_desc){ .access = QNN_ACCESS_WRITE, .size = CHANNELS };
	for (int i = 0; i < COMMANDS; i++) {
		cmd[i].opcode = QNN_OP_AVG_POOL;
		cmd[i].in[0] = (struct qnn_tensor_desc){
			.height = 1, .width = 1, .channels = CHANNELS, .type = QNN_ELEM_U8,
			.row_stride = CHANNELS, .pixel_stride = CHANNELS,
		};
		cmd[i].out = cmd[i].in[0];
		cmd[i].out.region = 1;
		cmd[i].stage = (struct qnn_stage_desc){
			.kind = QNN_STAGE_THRESHOLD, .levels = LEVELS,
			.flags = QNN_STAGE_PER_CHANNEL,
		};
		cmd[i].pool = (struct qnn_pool_desc){
			.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1,
		};
	}
	ok(qnn_writer_create(&w));
	ok(qnn_writer_set_program(w, h, size));
	ok(qnn_writer_add_tensor(w, &(struct qnn_file_tensor){ .name = "x" }, &(float){ 1 }, 1));
	fails(qnn_writer_finish(w, &data, &bytes), -E2BIG, "share constants");
	qnn_writer_free(w);
	free(h);
}

static void test_paths(void **state)
{
	struct qnn_model *model;
	char path[] = "/tmp/qnn-file-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	fails(qnn_model_load(dev, "/nonexistent/a.qnn", &model), -ENOENT,
	      "/nonexistent/a.qnn: No such file");
	fails(qnn_model_load(dev, "/tmp", &model), -EISDIR, "/tmp: is a directory");
	fails(qnn_model_load(dev, "/dev/null", &model), -EINVAL, "not a regular file");
	fails(qnn_model_load(dev, path, &model), -EBADMSG, "is empty");
	assert_null(model);
	fwrite(good.data, good.size - 1, 1, file);
	fflush(file);
	fails(qnn_model_load(dev, path, &model), -EBADMSG, path);
	fwrite((char *)good.data + good.size - 1, 1, 1, file);
	fflush(file);
	ok(qnn_model_load(dev, path, &model));
	qnn_model_free(model);
	assert_int_equal(ftruncate(fd, (1ll << 30) + 1), 0);
	fails(qnn_model_load(dev, path, &model), -E2BIG, "has 1073741825 bytes");
	fails(qnn_model_load_memory(dev, good.data, (1u << 30) + 1, &model), -E2BIG, "1073741825");
	fails(qnn_model_load_memory(dev, NULL, 0, &model), -EBADMSG, "is empty");
	fclose(file);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_tensors),
		cmocka_unit_test(test_unterminated),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_many_steps),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_shared_constants),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests_name("libqnn file", tests, setup, teardown);
}
