// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "tools/common/progress.h"

/* A job and what it is doing. Slot n does runs n, n + jobs, n + 2 * jobs … */
struct slot {
	struct qnn_job *job;
	uint64_t start_ns;
	uint64_t end_ns;
	bool done;
};

struct runner {
	struct measurement *m;
	const struct run_options *opt;
	struct qnn_model *model;
	struct source *src;
	struct slot *slots;
	uint32_t slot_count;
	unsigned char *bytes;	/* outputs of one image, for a repetition */
	float *values;		/* of the first output */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int measure_outputs(const struct qnn_model *model, struct qnn_job *job,
		    unsigned char *bytes)
{
	const struct qnn_tensor *out;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < qnn_model_output_count(model); i++) {
		out = qnn_model_output(model, i);
		ret = qnn_job_get_output(job, out->name, bytes, out->bytes);
		bytes += out->bytes;
	}
	return ret;
}

void measure_difference(const struct qnn_model *model, uint32_t image,
			const unsigned char *a, const unsigned char *b,
			const char *what)
{
	const struct qnn_tensor *out;
	unsigned int i;
	size_t pos;

	for (i = 0; i < qnn_model_output_count(model); i++) {
		out = qnn_model_output(model, i);
		for (pos = 0; pos < out->bytes; pos++)
			if (a[pos] != b[pos]) {
				run_error(RUN_MISMATCH,
					  "image %u, output \"%s\", byte %zu: 0x%02x, but 0x%02x %s",
					  image, out->name, pos, a[pos], b[pos],
					  what);
				return;
			}
		a += out->bytes;
		b += out->bytes;
	}
}

static bool is_correct(const float *values, size_t count, int32_t label)
{
	size_t i, best = 0;

	for (i = 1; i < count; i++)
		if (values[i] > values[best])
			best = i;
	return best == (size_t)label;
}

/* Count a first run of an image towards the accuracy. */
static int judge(struct runner *r, struct qnn_job *job, uint32_t image)
{
	const struct qnn_tensor *out = qnn_model_output(r->model, 0);
	int32_t label = source_label(r->src, image);
	int ret;

	if (label < 0)
		return 0;
	ret = qnn_job_get_output_float(job, out->name, r->values,
				       out->elements);
	if (ret)
		return ret;
	r->m->labelled++;
	r->m->correct += is_correct(r->values, out->elements, label);
	return 0;
}

static int add_layers(struct measurement *m, struct qnn_job *job)
{
	struct qnn_report report;
	unsigned int i;
	uint64_t sum;
	int ret;

	for (i = 0; i < m->layer_count; i++) {
		ret = qnn_job_layer_report(job, i, &report, sizeof(report));
		if (ret)
			return ret;
		sum = m->layers[i].time_ns + report.time_ns;
		m->layers[i] = report;
		m->layers[i].time_ns = sum;
	}
	return 0;
}

static enum run_exit keep_outputs(struct runner *r, struct qnn_job *job,
				  uint32_t image, bool first, int *ret)
{
	struct measurement *m = r->m;
	unsigned char *kept = m->outputs + image * m->output_bytes;

	*ret = measure_outputs(r->model, job, first ? kept : r->bytes);
	if (*ret || first || !memcmp(kept, r->bytes, m->output_bytes))
		return RUN_OK;
	measure_difference(r->model, image, r->bytes, kept,
			   "when this image was run before");
	return RUN_MISMATCH;
}

static int keep_floats(struct runner *r, struct qnn_job *job, uint32_t image)
{
	float *to = r->m->floats + image * r->m->output_numbers;
	const struct qnn_tensor *out;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < qnn_model_output_count(r->model);
	     i++) {
		out = qnn_model_output(r->model, i);
		ret = qnn_job_get_output_float(job, out->name, to,
					       out->elements);
		to += out->elements;
	}
	return ret;
}

/* A run is over: take what it gave. Runs come here in order. */
static enum run_exit take(struct runner *r, struct slot *slot, uint64_t run)
{
	uint32_t image = (uint32_t)(run % r->m->images);
	bool first = run < r->m->images;
	enum run_exit status = RUN_OK;
	int ret;

	r->m->run_ns[run] = slot->end_ns - slot->start_ns;
	ret = qnn_job_report(slot->job, &r->m->report, sizeof(r->m->report));
	if (!ret)
		r->m->device_ns += r->m->report.time_ns;
	if (!ret)
		ret = add_layers(r->m, slot->job);
	if (!ret && first)
		ret = judge(r, slot->job, image);
	if (!ret && first && r->m->floats)
		ret = keep_floats(r, slot->job, image);
	if (!ret && r->m->outputs)
		status = keep_outputs(r, slot->job, image, first, &ret);
	if (ret)
		return run_error(RUN_DEVICE, "image %u: %s", image, qnn_error());
	return status;
}

static enum run_exit run_one_by_one(struct runner *r, struct progress *bar)
{
	struct slot *slot = r->slots;
	enum run_exit status;
	uint64_t run;
	int ret;

	for (run = 0; run < r->m->runs; run++) {
		ret = source_set(r->src, slot->job, run % r->m->images);
		slot->start_ns = now_ns();
		if (!ret)
			ret = qnn_run(slot->job);
		slot->end_ns = now_ns();
		if (ret)
			return run_error(RUN_DEVICE, "image %u: %s",
					 (unsigned int)(run % r->m->images),
					 qnn_error());
		r->m->wall_ns += slot->end_ns - slot->start_ns;
		status = take(r, slot, run);
		if (status)
			return status;
		progress_update(bar, run + 1);
	}
	return RUN_OK;
}

static int submit(struct runner *r, uint64_t run)
{
	struct slot *slot = &r->slots[run % r->slot_count];
	int ret;

	ret = source_set(r->src, slot->job, run % r->m->images);
	if (ret)
		return ret;
	slot->done = false;
	slot->start_ns = now_ns();
	return qnn_job_submit(slot->job);
}

/* Wait until one or more of the runs from @head to before @next are done. */
static int wait_any(struct runner *r, uint64_t head, uint64_t next,
		    struct pollfd *fds)
{
	struct slot *slot;
	nfds_t count = 0;
	uint64_t run, now;
	int ret;

	for (run = head; run < next; run++) {
		slot = &r->slots[run % r->slot_count];
		if (slot->done)
			continue;
		ret = qnn_job_fd(slot->job);
		if (ret < 0)
			return ret;
		fds[count++] = (struct pollfd) { .fd = ret, .events = POLLIN };
	}
	while (poll(fds, count, -1) < 0)
		if (errno != EINTR)
			return -errno;
	now = now_ns();
	count = 0;
	for (run = head; run < next; run++) {
		slot = &r->slots[run % r->slot_count];
		if (slot->done || !fds[count++].revents)
			continue;
		ret = qnn_job_wait(slot->job, -1);
		if (ret)
			return ret;
		slot->done = true;
		slot->end_ns = now;
	}
	return 0;
}

static enum run_exit run_many(struct runner *r, struct progress *bar,
			      struct pollfd *fds)
{
	uint64_t head = 0, next = 0, start = now_ns();
	enum run_exit status = RUN_OK;
	struct slot *slot;
	int ret;

	while (head < r->m->runs) {
		ret = 0;
		for (; !ret && next < r->m->runs && next < head + r->slot_count;
		     next++)
			ret = submit(r, next);
		if (!ret)
			ret = wait_any(r, head, next, fds);
		if (ret)
			return run_error(RUN_DEVICE, "images %u to %u: %s",
					 (unsigned int)(head % r->m->images),
					 (unsigned int)((next - 1) % r->m->images),
					 qnn_error());
		for (; head < next; head++) {
			slot = &r->slots[head % r->slot_count];
			if (!slot->done)
				break;
			r->m->wall_ns = slot->end_ns - start;
			status = take(r, slot, head);
			if (status)
				return status;
		}
		progress_update(bar, head);
	}
	return RUN_OK;
}

static enum run_exit create_jobs(struct runner *r)
{
	struct qnn_job **job;
	uint32_t i;
	int ret;

	for (i = 0; i < r->slot_count; i++) {
		job = &r->slots[i].job;
		ret = qnn_job_create(r->model, job);
		if (!ret && r->opt->timeout_ms)
			ret = qnn_job_set_timeout(*job, r->opt->timeout_ms);
		if (!ret && r->opt->layers)
			ret = qnn_job_set_profile(*job, 1);
		if (!ret)
			ret = source_set(r->src, *job, 0);
		/* This run pays for the memory that is touched first. */
		if (!ret)
			ret = qnn_run(*job);
		if (ret)
			return run_error(RUN_DEVICE, "%s", qnn_error());
	}
	return RUN_OK;
}

static bool allocate(struct runner *r)
{
	const struct run_options *opt = r->opt;
	struct measurement *m = r->m;
	unsigned int i;

	for (i = 0; i < qnn_model_output_count(r->model); i++) {
		m->output_bytes += qnn_model_output(r->model, i)->bytes;
		m->output_numbers += qnn_model_output(r->model, i)->elements;
	}
	m->run_ns = calloc(m->runs, sizeof(*m->run_ns));
	m->layers = calloc(m->layer_count + 1, sizeof(*m->layers));
	if (opt->verify || opt->outputs)
		m->outputs = calloc(m->images, m->output_bytes);
	if (opt->floats)
		m->floats = calloc(m->images,
				   m->output_numbers * sizeof(*m->floats));
	r->slots = calloc(r->slot_count, sizeof(*r->slots));
	r->bytes = malloc(m->output_bytes);
	r->values = calloc(qnn_model_output(r->model, 0)->elements,
			   sizeof(*r->values));
	return m->run_ns && m->layers && r->slots && r->bytes && r->values &&
	       (m->outputs || !(opt->verify || opt->outputs)) &&
	       (m->floats || !opt->floats);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static enum run_exit run_all(struct runner *r)
{
	struct pollfd *fds = calloc(r->slot_count, sizeof(*fds));
	struct progress bar;
	enum run_exit status;

	if (!fds)
		return run_error(RUN_SYSTEM, "no memory");
	progress_start(&bar, "run", r->m->runs);
	status = r->slot_count == 1 ? run_one_by_one(r, &bar) :
				      run_many(r, &bar, fds);
	progress_end(&bar);
	free(fds);
	qsort(r->m->run_ns, r->m->runs, sizeof(*r->m->run_ns), compare_u64);
	return status;
}

enum run_exit measure_run(struct measurement *m, const struct run_options *opt,
			  struct qnn_model *model, struct source *src)
{
	struct runner r = {
		.m = m, .opt = opt, .model = model, .src = src,
		.slot_count = opt->jobs,
	};
	enum run_exit status;
	uint32_t i;

	*m = (struct measurement) {
		.images = src->images,
		.runs = (uint64_t)src->images * opt->repeat,
		.layer_count = opt->layers ? qnn_model_layer_count(model) : 0,
	};
	if (!allocate(&r))
		status = run_error(RUN_SYSTEM,
				   "no memory for the results of %llu runs",
				   (unsigned long long)m->runs);
	else
		status = create_jobs(&r);
	if (!status)
		status = run_all(&r);
	for (i = 0; r.slots && i < r.slot_count; i++)
		qnn_job_free(r.slots[i].job);
	free(r.slots);
	free(r.bytes);
	free(r.values);
	return status;
}

void measure_free(struct measurement *m)
{
	free(m->run_ns);
	free(m->layers);
	free(m->outputs);
	free(m->floats);
	*m = (struct measurement) { 0 };
}
