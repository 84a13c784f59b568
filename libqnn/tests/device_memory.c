// SPDX-License-Identifier: MIT
/* Part of device_test: buffers made of memory of this process. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device_test.h"

static uint8_t *pages(size_t count)
{
	uint8_t *map = mmap(NULL, count * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	return map;
}

void test_memory(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	const size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *memory = pages(2);
	struct qnn_buffer *buf;
	int32_t want[FC_OUT];
	int8_t x[FC_IN];

	(void)state;
	ok(qnn_buffer_from_memory(dev, memory, 2 * page, 0, &buf));
	assert_int_equal(qnn_buffer_size(buf), 2 * page);
	assert_ptr_equal(qnn_buffer_map(buf), memory);
	ok(qnn_job_bind(job, "x", buf, 64));
	ok(qnn_job_bind(job, "y", buf, page));
	fc_case(31, x, want);
	memcpy(memory + 64, x, sizeof(x));
	ok(qnn_run(job));
	assert_memory_equal(memory + page, want, sizeof(want));
	run_fc(job, 32);

	fails(qnn_buffer_export(buf), -EOPNOTSUPP, "the caller's");
	ok(qnn_job_bind(job, "y", buf, 64));
	fails(qnn_run(job), -EINVAL, "overlaps");
	qnn_buffer_free(buf);
	qnn_job_free(job);
	qnn_model_free(model);
	/* Still there, and still ours. */
	memory[0] = 1;
	munmap(memory, 2 * page);
}

void test_memory_read_only(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	const size_t page = sysconf(_SC_PAGESIZE);
	int32_t want[FC_OUT], got[FC_OUT];
	uint8_t *memory = pages(1);
	struct qnn_buffer *buf;
	int8_t x[FC_IN];

	(void)state;
	fc_case(33, x, want);
	memcpy(memory, x, sizeof(x));
	assert_int_equal(mprotect(memory, page, PROT_READ), 0);
	fails(qnn_buffer_from_memory(dev, memory, page, 0, &buf), -EFAULT, "may not be written");
	ok(qnn_buffer_from_memory(dev, memory, page, QNN_BUFFER_READ_ONLY, &buf));
	fails(qnn_job_bind(job, "y", buf, 0), -EACCES, "'y' is written");
	ok(qnn_job_bind(job, "x", buf, 0));
	ok(qnn_run(job));
	ok(qnn_job_get_output(job, "y", got, sizeof(got)));
	assert_memory_equal(got, want, sizeof(want));
	fails(qnn_job_set_input(job, "x", x, sizeof(x)), -EACCES, "read-only");
	qnn_buffer_free(buf);
	qnn_job_free(job);
	qnn_model_free(model);
	munmap(memory, page);
}

void test_memory_refused(void **state)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *memory = pages(3);
	struct qnn_buffer *buf;

	(void)state;
	fails(qnn_buffer_from_memory(dev, memory, 0, 0, &buf), -EINVAL, "whole pages");
	assert_null(buf);
	fails(qnn_buffer_from_memory(dev, memory, page + 64, 0, &buf), -EINVAL, "whole pages");
	fails(qnn_buffer_from_memory(dev, memory + 64, page, 0, &buf), -EINVAL, "whole pages");
	fails(qnn_buffer_from_memory(dev, memory, page, 2, &buf), -EINVAL, "flags 0x2");
	fails(qnn_buffer_from_memory(dev, NULL, page, 0, &buf), -EFAULT, "nothing is mapped");
	munmap(memory + page, page);
	fails(qnn_buffer_from_memory(dev, memory, 3 * page, 0, &buf), -EFAULT,
	      "nothing is mapped");
	assert_null(buf);
	ok(qnn_buffer_from_memory(dev, memory + 2 * page, page, 0, &buf));
	qnn_buffer_free(buf);
	munmap(memory, 3 * page);
}
