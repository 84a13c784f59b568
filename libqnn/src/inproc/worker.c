// SPDX-License-Identifier: MIT
/* The thread behind qnn_job_submit(). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "inproc.h"

/* A condition whose timed waits count on the clock of qnn_now_ns(). */
static int init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err;

	err = pthread_condattr_init(&attr);
	if (err)
		return err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return err;
}

int inproc_worker_init(struct inproc_worker *worker)
{
	worker->tail = &worker->head;
	if (pthread_mutex_init(&worker->lock, NULL))
		return qnn_fail_memory("a device");
	if (init_cond(&worker->work))
		goto no_work;
	if (init_cond(&worker->done))
		goto no_done;
	return 0;

no_done:
	pthread_cond_destroy(&worker->work);
no_work:
	pthread_mutex_destroy(&worker->lock);
	return qnn_fail_memory("a device");
}

void inproc_worker_fini(struct inproc_worker *worker)
{
	if (worker->started) {
		pthread_mutex_lock(&worker->lock);
		worker->stop = true;
		pthread_cond_signal(&worker->work);
		pthread_mutex_unlock(&worker->lock);
		pthread_join(worker->thread, NULL);
	}
	pthread_cond_destroy(&worker->done);
	pthread_cond_destroy(&worker->work);
	pthread_mutex_destroy(&worker->lock);
}

static void finish(struct inproc_worker *worker, struct inproc_job *job)
{
	job->finished = true;
	worker->finished++;
	if (job->done_fd >= 0)
		eventfd_write(job->done_fd, 1);
	pthread_cond_broadcast(&worker->done);
}

static void *work(void *priv)
{
	struct inproc_worker *worker = priv;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		struct inproc_job *job = worker->head;

		if (!job) {
			if (worker->stop)
				break;
			pthread_cond_wait(&worker->work, &worker->lock);
			continue;
		}
		worker->head = job->next;
		if (!worker->head)
			worker->tail = &worker->head;
		pthread_mutex_unlock(&worker->lock);
		inproc_job_execute(job);
		pthread_mutex_lock(&worker->lock);
		finish(worker, job);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

int inproc_thread_start(pthread_t *thread, void *(*run)(void *priv), void *priv)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(thread, NULL, run, priv);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return qnn_fail(-err, "a thread for the in-process device: %s", strerror(err));
	return 0;
}

static int start(struct inproc_worker *worker)
{
	int err = inproc_thread_start(&worker->thread, work, worker);

	worker->started = !err;
	return err;
}

int inproc_worker_queue(struct inproc_worker *worker, struct inproc_job *job)
{
	int err = 0;

	pthread_mutex_lock(&worker->lock);
	if (!worker->started)
		err = start(worker);
	if (!err) {
		job->finished = false;
		job->next = NULL;
		*worker->tail = job;
		worker->tail = &job->next;
		worker->queued++;
		pthread_cond_signal(&worker->work);
	}
	pthread_mutex_unlock(&worker->lock);
	return err;
}

int inproc_worker_wait(struct inproc_worker *worker, struct inproc_job *job,
		       int64_t timeout_ns)
{
	int64_t deadline = qnn_deadline_ns(timeout_ns);
	struct timespec ts = {
		.tv_sec = deadline / 1000000000,
		.tv_nsec = deadline % 1000000000,
	};
	int err = 0;

	pthread_mutex_lock(&worker->lock);
	while (!job->finished && !err)
		err = pthread_cond_timedwait(&worker->done, &worker->lock, &ts);
	err = job->finished ? 0 : -ETIME;
	pthread_mutex_unlock(&worker->lock);
	return err;
}

void inproc_worker_drain(struct inproc_worker *worker)
{
	uint64_t target;

	pthread_mutex_lock(&worker->lock);
	target = worker->queued;
	while (worker->finished < target)
		pthread_cond_wait(&worker->done, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
}
