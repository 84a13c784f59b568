// SPDX-License-Identifier: MIT
/*
 * soak [SECONDS]: clients that open, submit, share, hang and are killed, all at the
 * same time, for so long (default 3 s). None may fail but those that are killed, and
 * when all are gone the kernel holds no more than before.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/accel/qt.h"
#include "selftests/lib/leftovers.h"
#include "soak.h"

#define SECONDS		3
#define CLIENTS		8
#define WARM_UP_S	1
#define SETTLE_S	30
#define REPORT_S	60
#define STUCK_S		120	/* a client whose round takes longer is */
/* Freed objects wait in KASAN's quarantine, caches grow: this is no leak yet. */
#define SLACK_KB	32768

static struct soak_shared *shared;	/* of each client */
static pid_t pids[CLIENTS];

int soak_fail(struct soak_shared *own, const char *where, int error)
{
	if (!own->error[0])
		snprintf(own->error, sizeof(own->error), "%s: %s", where, strerror(-error));
	return error;
}

static void client_main(size_t i)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	srand((unsigned int)getpid());
	while (!shared[i].stop) {
		if (soak_clients[i].round(&shared[i]))
			_exit(1);
		shared[i].rounds++;
	}
	_exit(0);
}

static void start(size_t i)
{
	pids[i] = fork();
	if (!pids[i])
		client_main(i);
	/* Here too, as the child may not have come to it when it is killed. */
	setpgid(pids[i], pids[i]);
}

/* Those that are to be killed are, and start again. */
static void kill_some(void)
{
	size_t i;

	for (i = 0; i < soak_client_count; i++) {
		if (!soak_clients[i].killed || rand() % 4)
			continue;
		kill(-pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		/* What it says of its peer's death is no failure. */
		shared[i].error[0] = 0;
		start(i);
	}
}

static bool someone_failed(void)
{
	size_t i;

	for (i = 0; i < soak_client_count; i++)
		if (!soak_clients[i].killed && shared[i].error[0])
			return true;
	return false;
}

static void print_row(const char *when, const struct leftovers *l)
{
	printf("# %-8s %8ld %8ld %8ld %8ld %9ld %9ld %9ld %9ld\n", when, l->refs, l->dmabufs,
	       l->objects, l->pinned, l->shmem_kb, l->slab_kb, l->vmalloc_kb,
	       l->available_kb);
}

static void print_head(void)
{
	printf("# %-8s %8s %8s %8s %8s %9s %9s %9s %9s\n", "", "refs", "dma-bufs", "objects",
	       "pinned", "shmem kB", "slab kB", "vmalloc", "free kB");
}

/* Until the time is over, or somebody fails. */
static void keep_going(unsigned int seconds)
{
	int64_t end = qt_now() + seconds * QT_S, next = qt_now() + REPORT_S * QT_S;
	struct leftovers now;
	char when[16];

	while (qt_now() < end && !someone_failed()) {
		qt_sleep_ms(20);
		kill_some();
		if (qt_now() < next)
			continue;
		leftovers_count(&now);
		snprintf(when, sizeof(when), "%lld s", (long long)(seconds - (end - next) / QT_S));
		print_row(when, &now);
		next += REPORT_S * QT_S;
	}
}

/* Lets all end; false: one did not, or not well. */
static bool stop_all(void)
{
	int64_t end = qt_now() + STUCK_S * QT_S;
	bool good = true;
	size_t i;
	int status;

	for (i = 0; i < soak_client_count; i++)
		shared[i].stop = 1;
	for (i = 0; i < soak_client_count; i++) {
		while (!waitpid(pids[i], &status, WNOHANG) && qt_now() < end)
			qt_sleep_ms(5);
		if (kill(-pids[i], SIGKILL) == 0 && qt_now() >= end)
			soak_fail(&shared[i], "its end", -ETIME);
		if (shared[i].error[0]) {
			printf("# client '%s': %s\n", soak_clients[i].name, shared[i].error);
			good = false;
		}
		printf("# client '%s': %u rounds\n", soak_clients[i].name, shared[i].rounds);
		good &= soak_clients[i].killed || shared[i].rounds;
	}
	return good;
}

static bool soak(unsigned int seconds)
{
	bool good;
	size_t i;

	memset(shared, 0, CLIENTS * sizeof(*shared));
	for (i = 0; i < soak_client_count; i++)
		start(i);
	keep_going(seconds);
	good = stop_all();
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	drop_coredumps();
	return good;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : SECONDS;
	struct leftovers empty, before, after;
	bool good, same;
	char text[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	shared = mmap(NULL, CLIENTS * sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || soak_client_count > CLIENTS)
		return 1;
	printf("1..2\n");
	/* The first time fills caches. */
	leftovers_count(&empty);
	good = soak(WARM_UP_S);
	leftovers_settle(&empty, SETTLE_S, &before);
	print_head();
	print_row("before", &before);
	good = good && soak(seconds);
	printf("%s 1 clients of all kinds for %u s\n", good ? "ok" : "not ok", seconds);
	same = leftovers_settle(&empty, SETTLE_S, &after);
	print_head();
	print_row("before", &before);
	print_row("after", &after);
	leftovers_text(&empty, &after, text, sizeof(text));
	printf("# left: %s\n", text);
	same = same && after.slab_kb < before.slab_kb + SLACK_KB &&
	       after.vmalloc_kb < before.vmalloc_kb + SLACK_KB &&
	       after.available_kb > before.available_kb - SLACK_KB;
	printf("%s 2 memory and objects are back where they began\n", same ? "ok" : "not ok");
	return !(good && same);
}
