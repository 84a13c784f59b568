// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory a job uses: its bindings and the place of its report.
 */
#include <linux/export.h>
#include <linux/mm.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_print.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_access.h"
#include "qnn_bind.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_ranges.h"
#include "qnn_user.h"

/**
 * struct qnn_bind - state of binding a job
 */
struct qnn_bind {
	/** @job: the job */
	struct qnn_job *job;
	/** @file: whose handles count */
	struct drm_file *file;
	/** @count: number of elements in @ranges */
	u32 count;
	/** @ranges: what was bound so far */
	struct qnn_range ranges[QNN_MAX_RANGES];
};

/* Looks a handle up, checks the range and notes it in the job and in @bind. */
static int qnn_bind_range(struct qnn_bind *bind, struct qnn_job_place *place,
			  u32 handle, u64 offset, u64 size, u32 align,
			  bool write)
{
	struct drm_gem_object *obj;
	struct qnn_bo *bo;
	int ret;

	obj = drm_gem_object_lookup(bind->file, handle);
	if (!obj)
		return -ENOENT;
	bo = to_qnn_bo(obj);

	if (write && qnn_bo_read_only(bo)) {
		drm_dbg_driver(obj->dev, "BO %u is read-only\n", handle);
		drm_gem_object_put(obj);
		return -EACCES;
	}
	ret = qnn_range_init(&bind->ranges[bind->count], qnn_bo_memory(bo),
			     qnn_bo_size(bo), offset, size, align, write);
	if (ret) {
		drm_dbg_driver(obj->dev,
			       "BO %u: %llu bytes at %llu do not fit or are misaligned\n",
			       handle, size, offset);
		drm_gem_object_put(obj);
		return ret;
	}
	bind->count++;
	place->bo = bo;
	place->offset = offset;
	qnn_job_add_bo(bind->job, obj, write);

	return 0;
}

static int qnn_bind_regions(struct qnn_bind *bind,
			    const struct drm_qnn_job *args)
{
	struct qnn_job *job = bind->job;
	const struct qnn_program *desc = &job->prog->desc;
	u32 regions = desc->header->region_count;
	struct drm_qnn_binding binding;
	u32 i;
	int ret;

	/* As many as there are, known ones, none twice: exactly the used set. */
	if (args->binding_count != regions)
		return -EINVAL;
	ret = qnn_stride_check(args->binding_stride, sizeof(binding));
	if (ret)
		return ret;

	for (i = 0; i < regions; i++) {
		const struct qnn_region_desc *region;

		ret = qnn_copy_element(&binding, sizeof(binding),
				       args->bindings, args->binding_stride, i);
		if (ret)
			return ret;
		if (binding.region >= regions ||
		    job->regions[binding.region].bo)
			return -EINVAL;

		region = &desc->regions[binding.region];
		ret = qnn_bind_range(bind, &job->regions[binding.region],
				     binding.handle, binding.offset,
				     region->size, QNN_REGION_ALIGN,
				     region->access & QNN_ACCESS_WRITE);
		if (ret)
			return ret;
	}

	return 0;
}

static int qnn_bind_report(struct qnn_bind *bind,
			   const struct drm_qnn_job *args)
{
	struct qnn_job *job = bind->job;
	u32 commands = job->prog->desc.header->cmd_count;
	u64 size = sizeof(struct drm_qnn_report);

	if (!args->report_handle)
		return args->report_offset || args->report_layers ? -EINVAL : 0;

	if (args->report_layers) {
		if (args->report_layers != commands)
			return -EINVAL;
		size += (u64)commands * sizeof(struct drm_qnn_layer_report);
		/* The program has so many commands: no overflow. */
		job->run.layers = qnn_user_alloc(commands *
						 sizeof(*job->run.layers),
						 __GFP_ZERO);
		if (!job->run.layers)
			return -ENOMEM;
	}

	return qnn_bind_range(bind, &job->report_place, args->report_handle,
			      args->report_offset, size, sizeof(u64), true);
}

/**
 * qnn_bind_job - check and note the memory that a job uses
 * @job: the job, which takes references; the caller aborts it on failure
 * @file: the open file
 * @args: what the caller asked for
 *
 * Return: 0, or the error of the ioctl.
 */
int qnn_bind_job(struct qnn_job *job, struct drm_file *file,
		 const struct drm_qnn_job *args)
{
	struct qnn_bind bind = {
		.job = job,
		.file = file,
	};
	int ret;

	ret = qnn_bind_regions(&bind, args);
	if (ret)
		return ret;
	ret = qnn_bind_report(&bind, args);
	if (ret)
		return ret;

	if (qnn_ranges_conflict(bind.ranges, bind.count))
		return -EINVAL;

	return qnn_access_create(job);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_bind_job);
