// SPDX-License-Identifier: MIT
/* Data sets: both formats, and everything that can be wrong with a file. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "tools/common/dataset.h"

/* Where MNIST is looked for, unless QNN_MNIST names another folder. */
#define MNIST	"../shared/data/mnist"

static char folder[] = "/tmp/qnn-dataset-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[sizeof(folder) + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[2][128];
	static unsigned int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void put(const char *name, const void *data, size_t size, int gzip)
{
	gzFile gz = gzopen(path_of(name), gzip ? "wb" : "wbT");

	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, data, (unsigned int)size), size);
	assert_int_equal(gzclose(gz), Z_OK);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text), 0);
}

/* Loading fails with @err, and the sentence has @name and @text in it. */
static void refused_as(const char *name, const char *arg, uint32_t h,
		       uint32_t w, uint32_t c, int err, const char *text)
{
	struct dataset ds = { .count = 7 };

	assert_int_equal(dataset_load(arg, h, w, c, 1.0, &ds), err);
	if (!strstr(dataset_error(), name) || !strstr(dataset_error(), text))
		fail_msg("\"%s\" does not name \"%s\" and \"%s\"",
			 dataset_error(), name, text);
	assert_null(ds.images);
	assert_null(ds.labels);
	assert_int_equal(ds.count, 0);
}

static void refused(const char *name, uint32_t h, uint32_t w, uint32_t c,
		    int err, const char *text)
{
	refused_as(name, path_of(name), h, w, c, err, text);
}

static void csv_with_labels(void **state)
{
	static const char text[] =
		"# a comment\n1,2,3,4,9\r\n\n  \n 5 ,\t6,-7.5e0,8,0";
	struct dataset ds;
	int gzip;

	(void)state;
	for (gzip = 0; gzip < 2; gzip++) {
		put("a.csv", text, strlen(text), gzip);
		assert_int_equal(dataset_load(path_of("a.csv"), 1, 2, 2, 0.5,
					      &ds), 0);
		assert_int_equal(ds.count, 2);
		assert_int_equal(ds.height, 1);
		assert_int_equal(ds.width, 2);
		assert_int_equal(ds.channels, 2);
		assert_true(ds.images[3] == 2.0f);
		assert_true(ds.images[4] == 2.5f);
		assert_true(ds.images[6] == -3.75f);
		assert_int_equal(ds.labels[0], 9);
		assert_int_equal(ds.labels[1], 0);
		dataset_free(&ds);
		assert_null(ds.images);
		dataset_free(&ds);
	}
}

static void csv_without_labels(void **state)
{
	struct dataset ds;

	(void)state;
	put_text("b.csv", "1\n2\n3\n");
	assert_int_equal(dataset_load(path_of("b.csv"), 1, 1, 1, 1.0, &ds), 0);
	assert_int_equal(ds.count, 3);
	assert_null(ds.labels);
	assert_true(ds.images[2] == 3.0f);
	dataset_free(&ds);
}

/* More images than fit into the first allocation, and long rows. */
static void csv_grows(void **state)
{
	struct dataset ds;
	FILE *out = fopen(path_of("big.csv"), "w");
	unsigned int i, j;

	(void)state;
	assert_non_null(out);
	for (i = 0; i < 1000; i++) {
		for (j = 0; j < 300; j++)
			fprintf(out, "%u,", i + j);
		fprintf(out, "%u\n", i);
	}
	fclose(out);
	assert_int_equal(dataset_load(path_of("big.csv"), 10, 10, 3, 1.0, &ds),
			 0);
	assert_int_equal(ds.count, 1000);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(ds.labels[i], i);
		assert_true(ds.images[i * 300 + 299] == i + 299);
	}
	dataset_free(&ds);
}

static void csv_bad(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} bad[] = {
		{ "", "empty" },
		{ "\n\n# nothing\n", "no images" },
		{ "1,2,x,4\n", "line 1: column 3: \"x\"" },
		{ "1,2,3,4\n1,2,,4\n", "line 2: column 3 is empty" },
		{ "1,2,3,4\n1,2,3\n", "line 2: 3 columns" },
		{ "1,2,3,4\n1,2,3,4,5\n", "line 2: 5 columns" },
		{ "1,2,3,4,0\n1,2,3,4\n", "line 2: 4 columns" },
		{ "1,2,3\n", "line 1: 3 columns" },
		{ "1,2,3,4,5,6\n", "line 1: 6 columns" },
		{ "1,2,3,4,\n", "column 5 is empty" },
		{ "1,2,3,nan\n", "column 4: \"nan\"" },
		{ "1,2,3,inf\n", "column 4: \"inf\"" },
		{ "1,2,3,0x10\n", "column 4: \"0x10\"" },
		{ "1,2,3,1e999\n", "column 4: \"1e999\"" },
		{ "1,2,3,1e39\n", "column 4: \"1e39\" is too large" },
		{ "1,2,3,4-\n", "column 4: \"4-\"" },
		{ "1 2 3 4\n", "column 1: \"1 2 3 4\"" },
		{ "1,2,3,4,-1\n", "label \"-1\"" },
		{ "1,2,3,4,1.5\n", "label \"1.5\"" },
		{ "1,2,3,4,2147483648\n", "label \"2147483648\"" },
		{ "1,2,3,\033[31m\n", "column 4: \"?[31m\"" },
		{ "1,2,3,\xff\xfe\n", "column 4: \"??\"" },
		{ "1,2,3,0000000000000000000000000000000000000000000000000000000000000001\n",
		  "column 4" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_text("bad.csv", bad[i].text);
		refused("bad.csv", 1, 2, 2, -EINVAL, bad[i].error);
	}
	put("nul.csv", "1,2\0,3,4\n", 9, 0);
	refused("nul.csv", 1, 2, 2, -EINVAL, "line 1: column 2");
}

static void csv_gzip_cut(void **state)
{
	static char text[40000];
	unsigned char packed[40000];
	ssize_t size;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, &"1\n2\n7\n"[i % 3 * 2], 2);
	put("whole.gz", text, sizeof(text) - sizeof(text) % 2, 1);
	fd = open(path_of("whole.gz"), O_RDONLY);
	size = read(fd, packed, sizeof(packed));
	close(fd);
	assert_true(size > 30);
	put("cut.gz", packed, (size_t)size - 9, 0);
	refused("cut.gz", 1, 1, 1, -EINVAL, "gzip");
	put("cut.gz", packed, 5, 0);
	refused("cut.gz", 1, 1, 1, -EINVAL, "");
	packed[size - 5] ^= 1;
	put("crc.gz", packed, (size_t)size, 0);
	refused("crc.gz", 1, 1, 1, -EINVAL, "damaged gzip data");
}

static void put_be32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

/* @count images of 2 x 3, values counting up. */
static size_t make_images(unsigned char *buf, uint32_t count)
{
	size_t i;

	memcpy(buf, "\0\0\x08\x03", 4);
	put_be32(buf + 4, count);
	put_be32(buf + 8, 2);
	put_be32(buf + 12, 3);
	for (i = 0; i < count * 6u; i++)
		buf[16 + i] = (unsigned char)(i * 7);
	return 16 + count * 6u;
}

static size_t make_labels(unsigned char *buf, uint32_t count)
{
	size_t i;

	memcpy(buf, "\0\0\x08\x01", 4);
	put_be32(buf + 4, count);
	for (i = 0; i < count; i++)
		buf[8 + i] = (unsigned char)(i % 10);
	return 8 + count;
}

static void idx_good(void **state)
{
	unsigned char images[1024], labels[256];
	size_t isize = make_images(images, 100), lsize = make_labels(labels, 100);
	struct dataset ds;
	char both[300];

	(void)state;
	put("t-images-idx3-ubyte", images, isize, 0);
	assert_int_equal(dataset_load(path_of("t-images-idx3-ubyte"), 2, 3, 1,
				      1.0, &ds), 0);
	assert_null(ds.labels);
	dataset_free(&ds);

	/* Beside it, the one of both compressed. */
	put("t-labels-idx1-ubyte.gz", labels, lsize, 1);
	assert_int_equal(dataset_load(path_of("t-images-idx3-ubyte"), 2, 3, 1,
				      1.0 / 255, &ds), 0);
	assert_int_equal(ds.count, 100);
	assert_non_null(ds.labels);
	assert_int_equal(ds.labels[57], 7);
	assert_true(fabsf(ds.images[599] - (599 * 7 & 255) / 255.0f) < 1e-6f);
	dataset_free(&ds);

	/* Named, and as a flat vector. */
	snprintf(both, sizeof(both), "%s,%s", path_of("t-images-idx3-ubyte"),
		 path_of("t-labels-idx1-ubyte.gz"));
	assert_int_equal(dataset_load(both, 1, 1, 6, 1.0, &ds), 0);
	assert_int_equal(ds.labels[99], 9);
	assert_int_equal(ds.channels, 6);
	dataset_free(&ds);
}

static void idx_with_channels(void **state)
{
	unsigned char buf[64] = "\0\0\x08\x04";
	struct dataset ds;

	(void)state;
	put_be32(buf + 4, 1);
	put_be32(buf + 8, 1);
	put_be32(buf + 12, 2);
	put_be32(buf + 16, 3);
	memcpy(buf + 20, "\1\2\3\4\5\6", 6);
	put("c.idx", buf, 26, 0);
	assert_int_equal(dataset_load(path_of("c.idx"), 1, 2, 3, 1.0, &ds), 0);
	assert_true(ds.images[5] == 6.0f);
	dataset_free(&ds);
}

/* Cut anywhere, the file is refused. */
static void idx_cut(void **state)
{
	unsigned char images[1024], labels[64];
	size_t isize = make_images(images, 3), lsize = make_labels(labels, 3);
	char both[300];
	size_t i;

	(void)state;
	for (i = 0; i < isize; i++) {
		put("cut.idx", images, i, 0);
		refused("cut.idx", 2, 3, 1, -EINVAL, i ? "cut" : "empty");
	}
	put("cut.idx", images, isize, 0);
	for (i = 0; i < lsize; i++) {
		put("cut-l.idx", labels, i, 0);
		snprintf(both, sizeof(both), "%s,%s", path_of("cut.idx"),
			 path_of("cut-l.idx"));
		refused_as("cut-l.idx", both, 2, 3, 1, -EINVAL, "cut");
	}
}

static void idx_bad(void **state)
{
	unsigned char buf[1024], labels[64];
	size_t size, lsize;
	char both[300];

	(void)state;
	size = make_images(buf, 3);
	put("x.idx", buf, size + 1, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "longer");
	refused("x.idx", 3, 2, 1, -EINVAL, "3 x 2 x 1");
	refused("x.idx", 2, 3, 2, -EINVAL, "2 x 3 x 2");
	refused("x.idx", 1, 1, 7, -EINVAL, "1 x 1 x 7");
	put_be32(buf + 4, 0xffffffff);
	put("x.idx", buf, size, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "cut in image 3");
	put_be32(buf + 4, 0);
	put("x.idx", buf, 16, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "no images");
	buf[2] = 0x0d;
	put("x.idx", buf, size, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "0x0d");
	buf[2] = 8;
	buf[3] = 2;
	put("x.idx", buf, size, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "2 dimensions");
	buf[1] = 1;
	put("x.idx", buf, size, 0);
	refused("x.idx", 2, 3, 1, -EINVAL, "not an IDX file");

	size = make_images(buf, 3);
	put("x.idx", buf, size, 0);
	lsize = make_labels(labels, 4);
	put("l.idx", labels, lsize, 0);
	snprintf(both, sizeof(both), "%s,%s", path_of("x.idx"),
		 path_of("l.idx"));
	refused_as("l.idx", both, 2, 3, 1, -EINVAL, "4 labels for 3 images");
	lsize = make_labels(labels, 3);
	put("l.idx", labels, lsize + 1, 0);
	refused_as("l.idx", both, 2, 3, 1, -EINVAL, "longer");
	snprintf(both, sizeof(both), "%s,%s", path_of("x.idx"),
		 path_of("none.idx"));
	refused_as("none.idx", both, 2, 3, 1, -ENOENT, "No such file");
}

static void arguments(void **state)
{
	struct dataset ds;
	char both[300];

	(void)state;
	refused("missing.csv", 1, 1, 1, -ENOENT, "No such file");
	refused_as(folder, folder, 1, 1, 1, -EISDIR, "directory");
	put_text("ok.csv", "1\n");
	refused("ok.csv", 0, 1, 1, -EINVAL, "0 x 1 x 1");
	refused("ok.csv", 0xffffffff, 0xffffffff, 0xffffffff, -EINVAL, "not possible");
	assert_int_equal(dataset_load(path_of("ok.csv"), 1, 1, 1, 0.0, &ds),
			 -EINVAL);
	assert_int_equal(dataset_load(path_of("ok.csv"), 1, 1, 1, NAN, &ds),
			 -EINVAL);
	snprintf(both, sizeof(both), "%s,%s", path_of("ok.csv"),
		 path_of("ok.csv"));
	refused_as("ok.csv", both, 1, 1, 1, -EINVAL, "in its rows");
	/* A comma in the name of a file that exists is not a separator. */
	put_text("a,b.csv", "1\n");
	assert_int_equal(dataset_load(path_of("a,b.csv"), 1, 1, 1, 1.0, &ds), 0);
	dataset_free(&ds);
}

static void mnist(void **state)
{
	const char *mnist_folder = getenv("QNN_MNIST");
	struct dataset ds;
	char path[512];
	double sum = 0;
	uint32_t i;

	(void)state;
	snprintf(path, sizeof(path), "%s/train-images-idx3-ubyte.gz",
		 mnist_folder ? mnist_folder : MNIST);
	if (access(path, F_OK)) {
		print_message("# no file %s: set QNN_MNIST\n", path);
		skip();
	}
	assert_int_equal(dataset_load(path, 28, 28, 1, 1.0 / 255, &ds), 0);
	assert_int_equal(ds.count, 60000);
	assert_non_null(ds.labels);
	/* The first digits of the set, and the mean that everybody quotes. */
	assert_int_equal(ds.labels[0], 5);
	assert_int_equal(ds.labels[1], 0);
	assert_int_equal(ds.labels[59999], 8);
	for (i = 0; i < 60000u * 784u; i++)
		sum += ds.images[i];
	assert_true(fabs(sum / (60000.0 * 784.0) - 0.1307) < 0.0001);
	dataset_free(&ds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_with_labels),
		cmocka_unit_test(csv_without_labels),
		cmocka_unit_test(csv_grows),
		cmocka_unit_test(csv_bad),
		cmocka_unit_test(csv_gzip_cut),
		cmocka_unit_test(idx_good),
		cmocka_unit_test(idx_with_channels),
		cmocka_unit_test(idx_cut),
		cmocka_unit_test(idx_bad),
		cmocka_unit_test(arguments),
		cmocka_unit_test(mnist),
	};

	return cmocka_run_group_tests_name("dataset", tests, make_folder,
					   remove_folder);
}
