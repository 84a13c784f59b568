/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites share: small programs, a device without a node.
 */
#ifndef __QNN_TEST_H__
#define __QNN_TEST_H__

#include <linux/completion.h>
#include <linux/dma-fence.h>

#include "qnn_backend.h"
#include "qnn_platform.h"

struct kunit;
struct qnn_device;
struct qnn_file;
struct qnn_job;
struct qnn_queue;

/* Bytes of an image with two regions, one command and no constants. */
#define QNN_TEST_IMAGE_SIZE	(128 + sizeof(struct qnn_cmd))
#define QNN_TEST_SLOW_SIDE	255
#define QNN_TEST_SLOW_BYTES	(QNN_TEST_SLOW_SIDE * QNN_TEST_SLOW_SIDE)

void *qnn_test_copy_image(struct kunit *test, u16 bytes);
void *qnn_test_slow_image(struct kunit *test);
struct qnn_cmd *qnn_test_image_cmd(void *image);
void *qnn_test_pool_image(struct kunit *test, u16 side, u16 channels,
			  u8 kernel);
struct qnn_prog *qnn_test_prog(struct kunit *test,
			       const struct qnn_backend_ops *ops, void *image);

/*
 * A back end without device: a run ends when the test says so, or when it is
 * told to stop.
 */
extern const struct qnn_backend_ops qnn_test_ops;

struct qnn_test_core {
	struct completion started;
	struct completion stopped;
	struct qnn_run *run;
};

struct qnn_test_ctx {
	struct qnn_config config;
	struct qnn_device *qdev;
	struct qnn_file *qfile;
	struct qnn_queue *queue;
};

struct qnn_test_ctx *qnn_test_ctx(struct kunit *test,
				  const struct qnn_backend_ops *ops);
struct qnn_test_ctx *qnn_test_ctx_lanes(struct kunit *test,
					const struct qnn_backend_ops *ops,
					u32 lanes);
struct qnn_job *qnn_test_job(struct kunit *test, struct qnn_test_ctx *ctx,
			     struct qnn_prog *prog, u32 timeout_ms);
u64 qnn_test_user_page(struct kunit *test);
void qnn_test_user_leave(void);
struct dma_fence *qnn_test_push(struct kunit *test, struct qnn_job *job);

#endif /* __QNN_TEST_H__ */
