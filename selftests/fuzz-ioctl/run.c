// SPDX-License-Identifier: MIT
/* A process of a case: its threads make the calls of theirs, in order. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fz.h"

struct op fz_ops[FZ_OPS];
struct tally *fz_tally;
uint32_t fz_op_count;
struct thread *fz_threads;
uint32_t fz_thread_count;

static const struct fz_case *current;
static __thread struct thread *self;

static void add_ops(const struct op *ops, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count && fz_op_count < ARRAY_SIZE(fz_ops); i++)
		fz_ops[fz_op_count++] = ops[i];
}

void ops_init(void)
{
	uint32_t i;

	fz_tally = mmap(NULL, FZ_OPS * sizeof(*fz_tally), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (fz_tally == MAP_FAILED)
		exit(1);
	for (i = 0; i < abi_request_count; i++) {
		struct op op = {
			.name = abi_requests[i].name,
			.weight = abi_weights[i],
			.request = &abi_requests[i],
		};

		add_ops(&op, 1);
	}
	add_ops(memory_ops, memory_op_count);
	add_ops(process_ops, process_op_count);
	add_ops(device_ops, device_op_count);
}

int op_find(const char *name)
{
	uint32_t i;

	for (i = 0; i < fz_op_count; i++)
		if (!strcmp(fz_ops[i].name, name))
			return (int)i;
	return -1;
}

/* Another thread took the memory away: on with the next call. */
static void on_fault(int number)
{
	if (!self)
		_exit(128 + number);
	siglongjmp(self->fault, 1);
}

static void on_alarm(int number)
{
	(void)number;
}

void run_call(struct thread *t, const struct fz_call *call)
{
	const struct op *op = &fz_ops[call->op];
	uint32_t index = (uint32_t)(t - fz_threads);

	t->dice.state = call->args;
	t->harm.state = call->harm;
	t->harmful = call->harm != 0;
	t->file = -1;
	t->taken = (struct slot){ -1, 0, 0 };
	t->part_count = 0;
	t->top = arena_of(index) + FZ_ARENA_PAGES * 4096;
	if (sigsetjmp(t->fault, 0)) {
		/* Fresh memory; this call is lost. */
		memory_thread_init(index);
		return;
	}
	if (!op->request) {
		op->run(t);
		return;
	}
	fz_tally[call->op].made++;
	if (call_request(t, op->request))
		fz_tally[call->op].worked++;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	char path[64];
	uint32_t i;

	self = t;
	memory_thread_init((uint32_t)(t - fz_threads));
	if (t->allowed & FZ_FAULTS) {
		snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth",
			 syscall(SYS_gettid));
		t->fail_nth = open(path, O_RDWR | O_CLOEXEC);
		/* Out of the way of those that are opened and closed. */
		if (t->fail_nth >= 0)
			t->fail_nth = fcntl(t->fail_nth, F_DUPFD_CLOEXEC, 300);
	}
	cover_thread_start();
	for (i = 0; i < current->count; i++) {
		if (current->calls[i].actor != t->actor)
			continue;
		run_call(t, &current->calls[i]);
		cover_collect();
	}
	cover_thread_stop();
	return NULL;
}

static void catch(int number, void (*handler)(int))
{
	/* No SA_RESTART: what waits is interrupted. */
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };

	sigaction(number, &action, NULL);
}

void run_process(const struct fz_case *c, uint32_t process, unsigned int allowed)
{
	pthread_t threads[FZ_THREADS];
	uint32_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	catch(SIGSEGV, on_fault);
	catch(SIGBUS, on_fault);
	catch(SIGALRM, on_alarm);
	signal(SIGPIPE, SIG_IGN);
	current = c;
	fz_thread_count = c->threads;
	fz_threads = calloc(c->threads, sizeof(*fz_threads));
	if (!fz_threads)
		_exit(1);
	memory_init();
	for (i = 0; i < c->threads; i++)
		memory_thread_init(i);
	for (i = 0; i < c->threads; i++) {
		fz_threads[i].actor = (int)(process * c->threads + i);
		fz_threads[i].allowed = allowed;
		fz_threads[i].fail_nth = -1;
		if (i && pthread_create(&threads[i], NULL, thread_main, &fz_threads[i]))
			_exit(1);
	}
	thread_main(&fz_threads[0]);
	for (i = 1; i < c->threads; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}
