// SPDX-License-Identifier: MIT
/* The file writer: what it writes can be read, and it writes nothing else. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static char dir[] = "/tmp/qnn-writer-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* The program of a model that exists. */
static void *program_of(struct fixture_file f, size_t *size)
{
	struct qnn_device *dev;
	struct qnn_model *model;
	const void *data;
	void *copy;

	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	ok(qnn_model_load_memory(dev, f.data, f.size, &model));
	ok(qnn_model_section(model, QNN_SECTION_PROGRAM, &data, size));
	copy = malloc(*size);
	memcpy(copy, data, *size);
	qnn_model_free(model);
	qnn_device_close(dev);
	free(f.data);
	return copy;
}

/* A writer with all that a file needs: the program and tensors of "fc". */
static struct qnn_writer *new_writer(void)
{
	struct qnn_file_tensor x = fixture_tensor("x", QNN_FILE_INPUT, 0, QNN_TYPE_S8, 1, 1, FC_IN);
	struct qnn_file_tensor y = fixture_tensor("y", QNN_FILE_OUTPUT, 1, QNN_TYPE_S32, 1, 1,
						  FC_OUT);
	float scales[FC_OUT] = { 1, 2, 3, 4, 5 };
	struct qnn_writer *w;
	size_t size;
	void *image = program_of(fixture_fc(), &size);

	ok(qnn_writer_create(&w));
	ok(qnn_writer_set_program(w, image, size));
	ok(qnn_writer_add_tensor(w, &x, scales, 1));
	ok(qnn_writer_add_tensor(w, &y, scales, FC_OUT));
	free(image);
	return w;
}

static void test_minimal(void **state)
{
	struct qnn_writer *w = new_writer();
	const struct qnn_file_header *h;
	void *a, *b;
	size_t na, nb;

	(void)state;
	ok(qnn_writer_finish(w, &a, &na));
	h = a;
	assert_int_equal(h->section_count, 3);
	assert_int_equal(h->size, na);
	/* The same again, byte for byte. */
	ok(qnn_writer_finish(w, &b, &nb));
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	free(a);
	free(b);
	qnn_writer_free(w);
	qnn_writer_free(NULL);
}

static void test_refused(void **state)
{
	struct qnn_file_tensor bad = fixture_tensor("z", QNN_FILE_OUTPUT, 5, QNN_TYPE_S8, 1, 1, 1);
	struct qnn_writer *w;
	float scale = 1;
	size_t size;
	void *data;

	(void)state;
	ok(qnn_writer_create(&w));
	fails(qnn_writer_finish(w, &data, &size), -EBADMSG, "section_count is 0");
	fails(qnn_writer_set_program(w, "", 0), -EINVAL, "program is empty");
	fails(qnn_writer_set_program(w, "", (256u << 20) + 1), -E2BIG, "268435457 bytes");
	fails(qnn_writer_set_origin(w, ""), -EINVAL, "origin is empty");
	fails(qnn_writer_add_step(w, QNN_STEP_ADD, &scale, 1), -EINVAL, "no tensor for a step");
	fails(qnn_writer_add_tensor(w, &bad, &scale, 0), -EINVAL, "no scale");
	ok(qnn_writer_add_tensor(w, &bad, &scale, 1));
	fails(qnn_writer_add_step(w, QNN_STEP_ADD, &scale, 0), -EINVAL, "no operand");
	fails(qnn_writer_finish(w, &data, &size), -EBADMSG, "section PROG: is missing");
	ok(qnn_writer_set_program(w, "QNNP", 4));
	fails(qnn_writer_finish(w, &data, &size), -EINVAL, "section PROG: ");
	qnn_writer_free(w);

	w = new_writer();
	ok(qnn_writer_add_tensor(w, &bad, &scale, 1));
	fails(qnn_writer_finish(w, &data, &size), -EINVAL, "tensor 2 ('z'): region is 5");
	qnn_writer_free(w);

	w = new_writer();
	ok(qnn_writer_add_layer(w, "a", "b"));
	ok(qnn_writer_add_layer(w, "one too many", "b"));
	fails(qnn_writer_finish(w, &data, &size), -EINVAL, "section LAYR: has 192 bytes");
	qnn_writer_free(w);

	w = new_writer();
	ok(qnn_writer_add_label(w, "bell \a"));
	fails(qnn_writer_finish(w, &data, &size), -EINVAL, "section LABL: label 0");
	qnn_writer_free(w);
}

/* A step without operands needs no section for them. */
static void test_softmax(void **state)
{
	struct qnn_writer *w = new_writer();
	const struct qnn_file_header *h;
	struct qnn_device *dev;
	struct qnn_model *model;
	size_t size;
	void *data;

	(void)state;
	ok(qnn_writer_add_step(w, QNN_STEP_SOFTMAX, NULL, 0));
	ok(qnn_writer_finish(w, &data, &size));
	h = data;
	assert_int_equal(h->section_count, 4);
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	ok(qnn_model_load_memory(dev, data, size, &model));
	assert_int_equal(qnn_model_output(model, 0)->step_count, 1);
	assert_int_equal(qnn_model_output(model, 0)->step->count, 0);
	assert_null(qnn_model_output(model, 0)->step->operand);
	qnn_model_free(model);
	qnn_device_close(dev);
	free(data);
	qnn_writer_free(w);
}

/* Names that are too long end between two characters. */
static void test_long_names(void **state)
{
	const char *name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u00e9";
	struct qnn_writer *w = new_writer();
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_layer layer;
	size_t size;
	void *data;

	(void)state;
	ok(qnn_writer_add_layer(w, name, "ooooooooooooooooooooooooooooooooooo"));
	ok(qnn_writer_finish(w, &data, &size));
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	ok(qnn_model_load_memory(dev, data, size, &model));
	ok(qnn_model_layer(model, 0, &layer, sizeof(layer)));
	assert_int_equal(strlen(layer.name), 62);
	assert_int_equal(strlen(layer.op), 31);
	qnn_model_free(model);
	qnn_device_close(dev);
	free(data);
	qnn_writer_free(w);
}

static int files_in_dir(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int n = -2;		/* . and .. */

	while ((entry = readdir(d)))
		n++;
	closedir(d);
	return n;
}

static void test_save(void **state)
{
	struct qnn_writer *w = new_writer();
	struct qnn_device *dev;
	struct qnn_model *model;
	char path[64], missing[64];
	struct stat st;
	mode_t mask;

	(void)state;
	snprintf(path, sizeof(path), "%s/a.qnn", dir);
	snprintf(missing, sizeof(missing), "%s/no/a.qnn", dir);
	fails(qnn_writer_save(w, missing), -ENOENT, "No such file");
	mask = umask(027);
	ok(qnn_writer_save(w, path));
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	ok(qnn_writer_set_origin(w, "{}"));
	ok(qnn_writer_save(w, path));
	assert_int_equal(files_in_dir(), 1);
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	ok(qnn_model_load(dev, path, &model));
	qnn_model_free(model);
	qnn_device_close(dev);
	qnn_writer_free(w);
	remove(path);
}

/* A directory in the way, a file that may not grow: nothing is left behind. */
static void test_save_fails(void **state)
{
	struct qnn_writer *w = new_writer();
	struct rlimit before, small;
	struct stat st;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/dir", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(qnn_writer_save(w, path), -EISDIR);
	assert_int_equal(files_in_dir(), 1);
	rmdir(path);

	/* Stands for /dev/null, which must not become a file. */
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	fails(qnn_writer_save(w, path), -EINVAL, "is not a regular file");
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(files_in_dir(), 1);
	remove(path);

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &small);
	snprintf(path, sizeof(path), "%s/b.qnn", dir);
	assert_int_equal(qnn_writer_save(w, path), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(files_in_dir(), 0);
	qnn_writer_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_save_fails),
	};

	return cmocka_run_group_tests_name("libqnn writer", tests, setup, teardown);
}
