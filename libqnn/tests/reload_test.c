// SPDX-License-Identifier: MIT
/*
 * The program of a model whose weights have left memory comes from its file
 * again, if that is still the one that was loaded.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "firmware/qnn_fast.h"
#include "fixture.h"

static char path[] = "/tmp/qnn-reload-XXXXXX";
static struct fixture_file file;
static struct qnn_device *dev;

static void put(size_t size)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(file.data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	file = fixture_wide(1, 8);
	if (fd < 0)
		return -1;
	close(fd);
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	qnn_device_close(dev);
	free(file.data);
	unlink(path);
	return 0;
}

static struct qnn_model *load(void)
{
	struct qnn_model *model;

	put(file.size);
	ok(qnn_model_load(dev, path, &model));
	return model;
}

/* The same bytes as those of a model in memory, which stay there. */
static void test_same(void **state)
{
	struct qnn_model *model = load(), *kept;
	const void *a, *b;
	size_t a_size, b_size;

	(void)state;
	ok(qnn_model_load_memory(dev, file.data, file.size, &kept));
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &a, &a_size));
	ok(qnn_model_section(kept, QNN_SECTION_PROGRAM, &b, &b_size));
	assert_int_equal(a_size, b_size);
	assert_memory_equal(a, b, a_size);
	/* From here on it stays. */
	unlink(path);
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &b, &b_size));
	assert_ptr_equal(a, b);
	qnn_model_free(kept);
	qnn_model_free(model);
}

static void gone(struct qnn_model *model)
{
	const void *data = path;
	size_t size = 7;

	fails(qnn_model_section(model, QNN_SECTION_PROGRAM, &data, &size), -ENODATA, "");
	assert_ptr_equal(data, path);
	assert_int_equal(size, 7);
	/* What is in memory is there all the same. */
	ok(qnn_model_section(model, QNN_SECTION_TENSORS, &data, &size));
	qnn_model_free(model);
}

/* The same model with packed sections. */
static struct fixture_file packed(void)
{
	const struct qnn_file_tensor *t;
	struct fixture_file f;
	struct qnn_model *model;
	struct qnn_writer *w;
	const float *scales;
	const void *data;
	size_t size;

	ok(qnn_model_load_memory(dev, file.data, file.size, &model));
	ok(qnn_writer_create(&w));
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &data, &size));
	ok(qnn_writer_set_program(w, data, size));
	ok(qnn_model_section(model, QNN_SECTION_SCALES, &data, &size));
	scales = data;
	ok(qnn_model_section(model, QNN_SECTION_TENSORS, &data, &size));
	t = data;
	for (size_t i = 0; i < size / sizeof(*t); i++)
		ok(qnn_writer_add_tensor(w, &t[i], scales + t[i].scale_index, t[i].scale_count));
	qnn_writer_set_packed(w, 1);
	ok(qnn_writer_finish(w, &f.data, &f.size));
	qnn_writer_free(w);
	qnn_model_free(model);
	return f;
}

/* What was packed is unpacked again, and gone like the rest if the file is. */
static void test_packed(void **state)
{
	struct fixture_file plain = file, small = packed();
	struct qnn_model *model, *kept;
	const void *a, *b, *c;
	size_t a_size, b_size;

	(void)state;
	assert_true(small.size < plain.size);
	ok(qnn_model_load_memory(dev, plain.data, plain.size, &kept));
	ok(qnn_model_section(kept, QNN_SECTION_PROGRAM, &a, &a_size));
	file = small;
	model = load();
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &b, &b_size));
	assert_int_equal(a_size, b_size);
	assert_memory_equal(a, b, a_size);
	unlink(path);
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &c, &b_size));
	assert_ptr_equal(b, c);
	qnn_model_free(model);
	if (qnn_isa_best() != QNN_ISA_NONE) {
		model = load();
		unlink(path);
		gone(model);
	}
	file = plain;
	free(small.data);
	qnn_model_free(kept);
}

static void test_gone(void **state)
{
	struct qnn_model *model = load();
	uint8_t *bytes = file.data;

	(void)state;
	/* Without vector code nothing leaves memory. */
	if (qnn_isa_best() == QNN_ISA_NONE)
		skip();
	unlink(path);
	gone(model);

	model = load();
	put(file.size - 1);
	gone(model);

	model = load();
	put(0);
	gone(model);

	/* A byte of the weights, which are the most of the file. */
	model = load();
	bytes[file.size / 2] ^= 1;
	put(file.size);
	bytes[file.size / 2] ^= 1;
	gone(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_packed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("reload", tests, set_up, tear_down);
}
