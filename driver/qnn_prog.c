// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/drm_print.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_backend.h"
#include "qnn_drv.h"
#include "qnn_prog.h"
#include "qnn_user.h"

/* An image is copied in pieces, so that a kill does not wait for the end. */
#define QNN_COPY_CHUNK		SZ_1M
#define QNN_REFUSAL_SIZE	256

static int qnn_prog_poll(void *priv)
{
	cond_resched();
	return fatal_signal_pending(current);
}

/**
 * qnn_prog_create - validate and prepare an image
 * @ops: the back end
 * @image: the image, from kvmalloc(); taken over on success
 * @size: bytes of it
 * @diag: on -EINVAL, why it was refused
 *
 * Return: the program, or -EINVAL, -EINTR if the caller is being killed, or
 * what the back end refused it with (then the rule in @diag is 0).
 */
struct qnn_prog *qnn_prog_create(const struct qnn_backend_ops *ops,
				 void *image, u64 size, struct qnn_diag *diag)
{
	struct qnn_prog *prog __free(kfree) =
		kzalloc(sizeof(*prog), GFP_KERNEL_ACCOUNT);
	int ret;

	diag->rule = QNN_RULE_OK;
	if (!prog)
		return ERR_PTR(-ENOMEM);

	if (qnn_program_validate(image, size, &prog->desc, diag, qnn_prog_poll,
				 NULL)) {
		if (diag->rule != QNN_RULE_INTERRUPTED)
			return ERR_PTR(-EINVAL);
		diag->rule = QNN_RULE_OK;
		return ERR_PTR(-EINTR);
	}
	diag->rule = QNN_RULE_OK;

	kref_init(&prog->ref);
	prog->ops = ops;
	prog->bytes = size;
	if (ops->prepare) {
		ret = ops->prepare(prog);
		if (ret)
			return ERR_PTR(ret);
	}
	prog->image = image;

	return_ptr(prog);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_prog_create);

static void qnn_prog_release(struct kref *ref)
{
	struct qnn_prog *prog = container_of(ref, struct qnn_prog, ref);

	if (prog->ops->unprepare)
		prog->ops->unprepare(prog);
	kvfree(prog->image);
	kfree(prog);
}

/**
 * qnn_prog_put - drop a reference
 * @prog: the program
 *
 * May sleep.
 */
void qnn_prog_put(struct qnn_prog *prog)
{
	kref_put(&prog->ref, qnn_prog_release);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_prog_put);

/**
 * qnn_prog_lookup - get a program by its handle
 * @qfile: the open file
 * @handle: the handle
 *
 * Return: a new reference, or NULL.
 */
struct qnn_prog *qnn_prog_lookup(struct qnn_file *qfile, u32 handle)
{
	struct qnn_prog *prog;

	/* The array's lock keeps the handle's reference alive meanwhile. */
	xa_lock(&qfile->progs);
	prog = xa_load(&qfile->progs, handle);
	if (prog)
		kref_get(&prog->ref);
	xa_unlock(&qfile->progs);

	return prog;
}

/* The counts were checked before any command was; this does not rely on it. */
static const char *qnn_prog_cmd_name(const void *image, u64 size, u32 index)
{
	const struct qnn_program_header *header = image;
	const struct qnn_cmd *cmd;
	u64 offset;

	if (size < sizeof(*header) + sizeof(*cmd))
		return "?";

	offset = sizeof(*header);
	offset += (u64)header->region_count * sizeof(struct qnn_region_desc);
	offset = ALIGN(offset, 64) + (u64)index * sizeof(*cmd);
	if (offset > size - sizeof(*cmd))
		return "?";

	cmd = image + offset;
	return qnn_opcode_name(cmd->opcode);
}

/**
 * qnn_prog_refusal - say in a line why a program was refused
 * @buf: where to
 * @size: bytes available at @buf
 * @diag: what the validator said
 * @image: the image that was refused
 * @image_size: bytes of it
 *
 * Return: the length of the line, without the NUL.
 */
int qnn_prog_refusal(char *buf, size_t size, const struct qnn_diag *diag,
		     const void *image, u64 image_size)
{
	if (diag->cmd == QNN_NO_CMD)
		return scnprintf(buf, size,
				 "header: %s: %s (value %lld, limit %lld)",
				 diag->field, qnn_rule_text(diag->rule),
				 diag->value, diag->limit);

	return scnprintf(buf, size,
			 "command %u (%s): %s: %s (value %lld, limit %lld)",
			 diag->cmd,
			 qnn_prog_cmd_name(image, image_size, diag->cmd),
			 diag->field, qnn_rule_text(diag->rule), diag->value,
			 diag->limit);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_prog_refusal);

static int qnn_prog_log(struct drm_device *drm,
			const struct drm_qnn_program_create *args,
			const struct qnn_diag *diag, const void *image)
{
	char line[QNN_REFUSAL_SIZE];
	size_t size;

	size = qnn_prog_refusal(line, sizeof(line), diag, image, args->size);
	drm_dbg_driver(drm, "program refused: %s\n", line);
	if (!args->log || !args->log_size)
		return 0;

	size = min_t(size_t, size + 1, args->log_size);
	line[size - 1] = '\0';
	if (copy_to_user(u64_to_user_ptr(args->log), line, size))
		return -EFAULT;

	return 0;
}

static void *qnn_prog_copy(u64 data, u64 size)
{
	const void __user *src = u64_to_user_ptr(data);
	void *image;
	u64 done, chunk;

	/* Never empty: the validator says what is wrong with a short image. */
	image = qnn_user_alloc(size ?: 1, 0);
	if (!image)
		return ERR_PTR(-ENOMEM);

	for (done = 0; done < size; done += chunk) {
		chunk = min_t(u64, size - done, QNN_COPY_CHUNK);
		if (copy_from_user(image + done, src + done, chunk)) {
			kvfree(image);
			return ERR_PTR(-EFAULT);
		}
		if (qnn_prog_poll(NULL)) {
			kvfree(image);
			return ERR_PTR(-EINTR);
		}
	}

	return image;
}

static int qnn_prog_publish(struct qnn_file *qfile, struct qnn_prog *prog,
			    u32 *handle)
{
	u64 bytes = prog->bytes;
	int ret;

	qnn_stats_prog(&qfile->stats, bytes);
	ret = xa_alloc(&qfile->progs, handle, prog,
		       XA_LIMIT(1, QNN_MAX_PROGRAMS), GFP_KERNEL_ACCOUNT);
	if (ret) {
		qnn_stats_prog(&qfile->stats, -bytes);
		qnn_prog_put(prog);
	}

	return ret == -EBUSY ? -ENOSPC : ret;
}

/**
 * qnn_ioctl_program_create - DRM_QNN_PROGRAM_CREATE
 * @drm: the device
 * @data: &struct drm_qnn_program_create
 * @file: the open file
 *
 * The DRM core copies the structure back on errors too, so that the caller
 * gets the rule together with -EINVAL.
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_program_create(struct drm_device *drm, void *data,
			     struct drm_file *file)
{
	struct drm_qnn_program_create *args = data;
	struct qnn_file *qfile = file->driver_priv;
	struct qnn_diag diag = {};
	struct qnn_prog *prog;
	void *image;
	int ret;

	args->handle = 0;
	args->error_rule = 0;
	args->error_cmd = 0;
	args->cycles = 0;
	args->macs = 0;
	if (args->flags || args->pad)
		return -EINVAL;
	if (args->size > QNN_MAX_PROGRAM_SIZE)
		return -E2BIG;

	image = qnn_prog_copy(args->data, args->size);
	if (IS_ERR(image))
		return PTR_ERR(image);

	prog = qnn_prog_create(qfile->qdev->ops, image, args->size, &diag);
	if (IS_ERR(prog)) {
		ret = PTR_ERR(prog);
		if (diag.rule) {
			args->error_rule = diag.rule;
			args->error_cmd = diag.cmd;
			ret = qnn_prog_log(drm, args, &diag, image) ?: ret;
		}
		kvfree(image);
		return ret;
	}

	args->cycles = prog->desc.total.cycles;
	args->macs = prog->desc.total.macs;

	/* Another thread may guess the handle: no touching of prog after it. */
	return qnn_prog_publish(qfile, prog, &args->handle);
}

/**
 * qnn_ioctl_program_destroy - DRM_QNN_PROGRAM_DESTROY
 * @drm: the device
 * @data: &struct drm_qnn_program_destroy
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_program_destroy(struct drm_device *drm, void *data,
			      struct drm_file *file)
{
	struct drm_qnn_program_destroy *args = data;
	struct qnn_file *qfile = file->driver_priv;
	struct qnn_prog *prog;

	if (args->pad)
		return -EINVAL;

	prog = xa_erase(&qfile->progs, args->handle);
	if (!prog)
		return -ENOENT;
	qnn_stats_prog(&qfile->stats, -(s64)prog->bytes);
	qnn_prog_put(prog);

	return 0;
}
