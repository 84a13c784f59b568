// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a job may use: each region of its program once, whole, aligned, and
 * nothing that is written together with something else.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/qnn_accel.h>

#include <kunit/test.h>

#include "qnn_bind.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_test.h"

#define BYTES		64	/* of each of the two regions */
#define HANDLES		2

/* A client: two BOs of a page, and a page of its memory for the bindings. */
struct qnn_bind_ctx {
	struct qnn_test_ctx *ctx;
	struct qnn_prog *prog;
	struct drm_file *file;
	struct drm_gem_object *objs[HANDLES];
	u32 handles[HANDLES];
	u64 user;
	struct qnn_job *job;
};

/* Its BO number @index; handles are not their numbers. */
static void qnn_bind_new_bo(struct kunit *test, struct qnn_bind_ctx *c,
			    u32 index)
{
	struct drm_gem_shmem_object *shmem;
	int handle;

	shmem = drm_gem_shmem_create(&c->ctx->qdev->drm, PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, shmem);
	handle = idr_alloc(&c->file->object_idr, &shmem->base, 5, 0,
			   GFP_KERNEL);
	KUNIT_ASSERT_GT(test, handle, 0);
	c->objs[index] = &shmem->base;
	c->handles[index] = handle;
}

static struct qnn_bind_ctx *qnn_bind_begin(struct kunit *test)
{
	struct qnn_bind_ctx *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->ctx = qnn_test_ctx(test, &qnn_test_ops);
	c->prog = qnn_test_prog(test, &qnn_test_ops,
				qnn_test_copy_image(test, BYTES));
	c->file = kunit_kzalloc(test, sizeof(*c->file), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->file);
	idr_init(&c->file->object_idr);
	spin_lock_init(&c->file->table_lock);
	c->file->driver_priv = c->ctx->qfile;
	for (i = 0; i < HANDLES; i++)
		qnn_bind_new_bo(test, c, i);
	c->user = qnn_test_user_page(test);

	return c;
}

static void qnn_bind_end(struct qnn_bind_ctx *c)
{
	u32 i;

	qnn_test_user_leave();
	for (i = 0; i < HANDLES; i++)
		drm_gem_object_put(c->objs[i]);
	idr_destroy(&c->file->object_idr);
}

/* Bindings in the client's memory, and a job that names them. */
static struct drm_qnn_job qnn_bind_args(struct kunit *test,
					struct qnn_bind_ctx *c,
					const struct drm_qnn_binding *bindings,
					u32 count)
{
	KUNIT_ASSERT_EQ(test, 0,
			copy_to_user(u64_to_user_ptr(c->user), bindings,
				     count * sizeof(*bindings)));

	return (struct drm_qnn_job){
		.binding_count = count,
		.bindings = c->user,
		.binding_stride = sizeof(*bindings),
	};
}

static int qnn_bind_try(struct kunit *test, struct qnn_bind_ctx *c,
			const struct drm_qnn_job *args)
{
	c->job = qnn_test_job(test, c->ctx, c->prog, 1000);

	return qnn_bind_job(c->job, c->file, args);
}

/* All references are back; with a job that was bound, when it is gone. */
static void qnn_bind_drop(struct kunit *test, struct qnn_bind_ctx *c)
{
	u32 i;

	qnn_job_abort(c->job);
	for (i = 0; i < HANDLES; i++)
		KUNIT_EXPECT_EQ(test, kref_read(&c->objs[i]->refcount), 1);
}

static void qnn_bind_both(struct kunit *test)
{
	struct qnn_bind_ctx *c = qnn_bind_begin(test);
	/* In any order. */
	struct drm_qnn_binding bindings[] = {
		{ .region = 1, .handle = c->handles[0],
		  .offset = PAGE_SIZE - BYTES },
		{ .region = 0, .handle = c->handles[1] },
	};
	struct drm_qnn_job args = qnn_bind_args(test, c, bindings, 2);

	KUNIT_EXPECT_EQ(test, 0, qnn_bind_try(test, c, &args));
	KUNIT_EXPECT_EQ(test, c->job->bo_count, 2);
	KUNIT_EXPECT_PTR_EQ(test, c->job->bos[0].obj, c->objs[0]);
	KUNIT_EXPECT_TRUE(test, c->job->bos[0].write);
	KUNIT_EXPECT_FALSE(test, c->job->bos[1].write);
	KUNIT_EXPECT_EQ(test, c->job->regions[1].offset, PAGE_SIZE - BYTES);
	KUNIT_EXPECT_EQ(test, c->job->regions[0].offset, 0);
	KUNIT_EXPECT_NULL(test, c->job->regions[2].bo);
	KUNIT_EXPECT_NULL(test, c->job->run.layers);
	KUNIT_EXPECT_NULL(test, c->job->report_place.bo);
	qnn_bind_drop(test, c);

	/* One BO for both, side by side. */
	bindings[1].handle = c->handles[0];
	bindings[1].offset = PAGE_SIZE - 2 * BYTES;
	args = qnn_bind_args(test, c, bindings, 2);
	KUNIT_EXPECT_EQ(test, 0, qnn_bind_try(test, c, &args));
	KUNIT_EXPECT_EQ(test, c->job->bo_count, 1);
	KUNIT_EXPECT_TRUE(test, c->job->bos[0].write);
	qnn_bind_drop(test, c);
	qnn_bind_end(c);
}

static void qnn_bind_refused(struct kunit *test)
{
	struct qnn_bind_ctx *c = qnn_bind_begin(test);
	const u32 h = c->handles[0], i = c->handles[1];
	const struct {
		struct drm_qnn_binding in, out;
		u32 count;
		int error;
	} cases[] = {
		/* exactly the regions that there are */
		{ { 0, h, 0 }, { 1, i, 0 }, 1, -EINVAL },
		{ { 0, h, 0 }, { 1, i, 0 }, 3, -EINVAL },
		{ { 0, h, 0 }, { 0, i, 0 }, 2, -EINVAL },
		{ { 0, h, 0 }, { 2, i, 0 }, 2, -EINVAL },
		{ { 0, h, 0 }, { U32_MAX, i, 0 }, 2, -EINVAL },
		/* of this file */
		{ { 0, 0, 0 }, { 1, i, 0 }, 2, -ENOENT },
		{ { 0, h, 0 }, { 1, 99, 0 }, 2, -ENOENT },
		/* aligned, and inside */
		{ { 0, h, 32 }, { 1, i, 0 }, 2, -EINVAL },
		{ { 0, h, PAGE_SIZE }, { 1, i, 0 }, 2, -EINVAL },
		{ { 0, h, 0 }, { 1, i, U64_MAX - 63 }, 2, -EINVAL },
		/* not over each other */
		{ { 0, h, 128 }, { 1, h, 128 }, 2, -EINVAL },
	};
	u32 n;

	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		struct drm_qnn_binding bindings[] = {
			cases[n].in, cases[n].out, cases[n].out,
		};
		struct drm_qnn_job args = qnn_bind_args(test, c, bindings,
							cases[n].count);

		KUNIT_EXPECT_EQ_MSG(test, cases[n].error,
				    qnn_bind_try(test, c, &args), "case %u", n);
		qnn_bind_drop(test, c);
	}
	qnn_bind_end(c);
}

static void qnn_bind_report(struct kunit *test)
{
	struct qnn_bind_ctx *c = qnn_bind_begin(test);
	const struct drm_qnn_binding bindings[] = {
		{ .region = 0, .handle = c->handles[0] },
		{ .region = 1, .handle = c->handles[0], .offset = BYTES },
	};
	struct drm_qnn_job args = qnn_bind_args(test, c, bindings, 2);
	u64 size = sizeof(struct drm_qnn_report) +
		   sizeof(struct drm_qnn_layer_report);

	/* A place without a BO, or records without a report. */
	args.report_offset = 8;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);
	args.report_offset = 0;
	args.report_layers = 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);

	/* As many records as commands, up to the last byte of the BO. */
	args.report_handle = c->handles[0];
	args.report_offset = PAGE_SIZE - size;
	KUNIT_EXPECT_EQ(test, 0, qnn_bind_try(test, c, &args));
	KUNIT_EXPECT_NOT_NULL(test, c->job->run.layers);
	KUNIT_EXPECT_EQ(test, c->job->report_place.offset, PAGE_SIZE - size);
	qnn_bind_drop(test, c);
	args.report_offset += 8;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);
	args.report_offset = PAGE_SIZE - size - 4;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);
	args.report_offset = PAGE_SIZE - size;
	args.report_layers = 2;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);

	/* It is written: not over what the job reads or writes. */
	args.report_layers = 0;
	args.report_offset = BYTES - 8;
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_bind_try(test, c, &args));
	qnn_bind_drop(test, c);
	qnn_bind_end(c);
}

static struct kunit_case qnn_bind_cases[] = {
	KUNIT_CASE(qnn_bind_both),
	KUNIT_CASE(qnn_bind_refused),
	KUNIT_CASE(qnn_bind_report),
	{}
};

static struct kunit_suite qnn_bind_suite = {
	.name = "qnn_bind",
	.test_cases = qnn_bind_cases,
};

kunit_test_suite(qnn_bind_suite);
