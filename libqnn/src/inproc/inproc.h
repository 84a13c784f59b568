/* SPDX-License-Identifier: MIT */
/* The in-process back end: the device code in this process. */
#ifndef LIBQNN_INPROC_H
#define LIBQNN_INPROC_H

#include <pthread.h>

#include "../backend.h"
#include "firmware/qnn_fast.h"

struct inproc_buffer {
	struct qnn_buffer base;
	int fd;				/* -1: memory of the caller */
	void *map;
};

struct inproc_lanes;

struct inproc_job {
	struct qnn_job base;
	struct inproc_lanes *lanes;	/* of the device, or NULL */
	struct qnn_exec exec;
	struct qnn_layer_record *records;	/* one a command, or NULL */
	int64_t deadline_ns;
	int run_result;
	uint64_t run_time_ns;

	/* Under the worker's lock. */
	struct inproc_job *next;
	bool finished;
	int done_fd;				/* eventfd, or -1 */
};

/* Runs submitted jobs one after the other. */
struct inproc_worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;		/* something was queued, or stop */
	pthread_cond_t done;		/* a job was finished */
	bool started;
	bool stop;
	struct inproc_job *head;
	struct inproc_job **tail;
	uint64_t queued;
	uint64_t finished;
};

struct inproc_device {
	struct qnn_device base;
	struct inproc_worker worker;
	struct inproc_lanes *lanes;		/* NULL: one */
};

/* Without signals: those are for the threads of the program that uses the library. */
int inproc_thread_start(pthread_t *thread, void *(*run)(void *priv), void *priv);

int inproc_worker_init(struct inproc_worker *worker);
void inproc_worker_fini(struct inproc_worker *worker);
/* Starts the thread with the first job. */
int inproc_worker_queue(struct inproc_worker *worker, struct inproc_job *job);
/* 0, or -ETIME */
int inproc_worker_wait(struct inproc_worker *worker, struct inproc_job *job,
		       int64_t timeout_ns);
/* Waits for the jobs that are queued now. */
void inproc_worker_drain(struct inproc_worker *worker);

/* Runs the device code over the job's regions, on any thread. */
void inproc_job_execute(struct inproc_job *job);

int inproc_buffer_create(struct qnn_device *dev, size_t size, struct qnn_buffer **buf);
int inproc_buffer_import(struct qnn_device *dev, int fd, struct qnn_buffer **buf);
int inproc_buffer_from_memory(struct qnn_device *dev, void *memory, size_t size,
			      bool read_only, struct qnn_buffer **buf);
int inproc_buffer_export(struct qnn_buffer *buf);
void *inproc_buffer_map(struct qnn_buffer *buf);
void inproc_buffer_free(struct qnn_buffer *buf);

int inproc_program_create(struct qnn_model *model);
void inproc_program_destroy(struct qnn_model *model);

int inproc_job_create(struct qnn_model *model, struct qnn_job **job);
void inproc_job_free(struct qnn_job *job);
int inproc_job_submit(struct qnn_job *job);
int inproc_job_wait(struct qnn_job *job, int64_t timeout_ns);
int inproc_job_run(struct qnn_job *job);
int inproc_job_fd(struct qnn_job *job);

#endif /* LIBQNN_INPROC_H */
