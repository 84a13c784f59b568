// SPDX-License-Identifier: MIT
/*
 * fuzz_ioctl: random and mutated ioctls from several processes and threads, with
 * everything else that processes do. After each case all of them are gone, and
 * the kernel must be content, hold nothing any more, and the device work.
 *
 *	-s SEED     of the first case; printed (default: fixed)
 *	-n CASES    end after so many (default 12)
 *	-t SECONDS  end after so long
 *	-o DIR      keep the last cases there, and what reaches new code in
 *	            DIR/corpus; with -o, go on from there
 *	-r FILE     run this case, -n times
 *	-m MODES    "root": devices come and go; "faults": memory runs out;
 *	            "all"; "none" (default: root)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>

#include "fz.h"
#include "selftests/accel/qt.h"
#include "selftests/lib/leftovers.h"

#define FIXED_SEED	20261122
#define CASE_MS		1500	/* then those that still run are killed */
#define DEATH_S		120	/* and must be gone after this */
#define SETTLE_S	120
#define KEPT_CASES	8	/* the last ones, in files */
#define KNOWN_JOB_EVERY	8	/* cases */
#define CORPUS		4096

static struct {
	uint64_t seed;
	uint32_t cases;
	unsigned int seconds;
	const char *out;
	const char *replay;
	unsigned int allowed;
} options = { .seed = FIXED_SEED, .cases = 12, .allowed = FZ_ROOT };

static struct fz_case *corpus[CORPUS];
static uint32_t corpus_count;
static char trouble[2048];

static int usage(void)
{
	fprintf(stderr, "usage: fuzz_ioctl [-s SEED] [-n CASES] [-t SECONDS] [-o DIR] [-r FILE] [-m MODES]\n");
	return 2;
}

static int parse(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:n:t:o:r:m:")) != -1) {
		switch (opt) {
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			options.cases = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 't':
			options.seconds = (unsigned int)strtoul(optarg, NULL, 0);
			options.cases = UINT32_MAX;
			break;
		case 'o':
			options.out = optarg;
			break;
		case 'r':
			options.replay = optarg;
			break;
		case 'm':
			options.allowed = (strstr(optarg, "root") ? FZ_ROOT : 0) |
					  (strstr(optarg, "faults") ? FZ_FAULTS : 0) |
					  (strstr(optarg, "all") ? FZ_ROOT | FZ_FAULTS : 0);
			break;
		default:
			return usage();
		}
	}
	return optind < argc ? usage() : 0;
}

static void find_vgem(void)
{
	char path[32], name[16];
	struct drm_version version;
	int i, fd;

	for (i = 0; i < 8 && !fz_vgem[0]; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		version = (struct drm_version){ .name = name, .name_len = sizeof(name) - 1 };
		if (!qt_ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, "vgem"))
			strcpy(fz_vgem, path);
		close(fd);
	}
}

/* Faults happen in calls, not in what the kernel says about them. */
static void prepare_faults(void)
{
	static const char * const sites[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sites); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", sites[i]);
		write_text(path, "0");
	}
	write_text("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/min-order", "0");
}

static void load_corpus(void)
{
	char path[4096];
	uint32_t i;

	snprintf(path, sizeof(path), "%s/corpus", options.out);
	mkdir(path, 0755);
	for (i = 0; i < CORPUS; i++) {
		struct fz_case *c = malloc(sizeof(*c));

		snprintf(path, sizeof(path), "%s/corpus/%u.case", options.out, i);
		if (!c || case_load(c, path)) {
			free(c);
			break;
		}
		corpus[corpus_count++] = c;
	}
}

static void keep(const struct fz_case *c)
{
	struct fz_case *copy;
	char path[4096];

	if (!options.out || corpus_count == CORPUS)
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;
	*copy = *c;
	snprintf(path, sizeof(path), "%s/corpus/%u.case", options.out, corpus_count);
	case_save(c, path);
	corpus[corpus_count++] = copy;
}

/* The files of the last cases are there when the kernel is not any more. */
static void note(const struct fz_case *c, uint32_t number)
{
	char text[4096];

	if (options.out) {
		snprintf(text, sizeof(text), "%s/last-%u.case", options.out, number % KEPT_CASES);
		case_save(c, text);
	} else if (!options.replay) {
		snprintf(text, sizeof(text), "fuzz_ioctl: case %u of seed %llu\n", number,
			 (unsigned long long)options.seed);
		write_text("/dev/kmsg", text);
	}
}

/* Wait for children until @ms are over; true: there are none any more. */
static bool reap(int64_t ms)
{
	int64_t end = qt_now() + ms * QT_MS;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			return true;
		if (pid)
			continue;
		if (qt_now() >= end)
			return false;
		qt_sleep_ms(1);
	}
}

static bool run_case(const struct fz_case *c)
{
	pid_t group[FZ_PROCESSES];
	bool gone;
	uint32_t i;

	if (images_make(c->images) || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fz_mail))
		exit(1);
	for (i = 0; i < c->processes; i++) {
		group[i] = fork();
		if (!group[i]) {
			setpgid(0, 0);
			run_process(c, i, options.allowed);
		}
		/* Here too, as it may not have come to it when it is killed. */
		setpgid(group[i], group[i]);
	}
	close(fz_mail[0]);
	close(fz_mail[1]);
	gone = reap(CASE_MS);
	for (i = 0; !gone && i < c->processes; i++)
		if (group[i] > 0)
			kill(-group[i], SIGKILL);
	if (!gone && !reap(DEATH_S * 1000)) {
		snprintf(trouble, sizeof(trouble), "a process does not die");
		return false;
	}
	return true;
}

static bool all_is_well(uint32_t number)
{
	if (watch_kernel(trouble, sizeof(trouble)))
		return false;
	device_restore();
	if (!watch_settled(SETTLE_S, trouble, sizeof(trouble)))
		return false;
	if (number % KNOWN_JOB_EVERY == 0 &&
	    (!watch_device(trouble, sizeof(trouble)) ||
	     !watch_settled(SETTLE_S, trouble, sizeof(trouble))))
		return false;
	return !watch_kernel(trouble, sizeof(trouble));
}

static int choose(struct fz_case *c, uint32_t number)
{
	struct dice dice = { options.seed + number * 0x632be59bd9b4e019ull };

	if (options.replay)
		return case_load(c, options.replay);
	if (corpus_count && !once_in(&dice, 3)) {
		*c = *corpus[below(&dice, corpus_count)];
		case_mutate(c, corpus[below(&dice, corpus_count)], &dice, options.allowed);
	} else {
		case_random(c, &dice, options.allowed);
	}
	return 0;
}

static void progress(uint32_t number, uint64_t calls, int64_t start)
{
	printf("# %u cases, %llu calls, %lld s, %u places, %u in the corpus\n", number,
	       (unsigned long long)calls, (long long)((qt_now() - start) / QT_S),
	       cover_count(), corpus_count);
}

static void print_tally(void)
{
	uint32_t i;

	for (i = 0; i < fz_op_count; i++)
		if (fz_ops[i].request)
			printf("# %-24s %8u made %8u worked\n", fz_ops[i].name, fz_tally[i].made,
			       fz_tally[i].worked);
}

static int loop(void)
{
	static struct fz_case c;
	int64_t start = qt_now(), end = start + options.seconds * QT_S, shown = start;
	uint64_t calls = 0;
	uint32_t number;
	bool well = true;
	int ret;

	for (number = 0; well && number < options.cases; number++) {
		if (options.seconds && qt_now() >= end)
			break;
		ret = choose(&c, number);
		if (ret) {
			printf("not ok 1 %s: %s\n", options.replay, strerror(-ret));
			return 1;
		}
		note(&c, number);
		well = run_case(&c) && all_is_well(number);
		calls += c.count;
		if (cover_new())
			keep(&c);
		if (qt_now() >= shown + 60 * QT_S) {
			shown = qt_now();
			progress(number + 1, calls, start);
		}
	}
	progress(number, calls, start);
	if (options.out)
		print_tally();
	if (well) {
		printf("ok 1 %u cases, and all is well\n", number);
		return 0;
	}
	printf("# %s\nnot ok 1 case %u of seed %llu\n", trouble, number - 1,
	       (unsigned long long)options.seed);
	return 1;
}

int main(int argc, char **argv)
{
	int ret;

	/* What a process of a case becomes by exec(): it only has descriptors. */
	if (argc > 1 && !strcmp(argv[1], "--exec")) {
		qt_sleep_ms(5);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (parse(argc, argv))
		return 2;
	printf("1..1\n# seed %llu\n", (unsigned long long)options.seed);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	find_vgem();
	ops_init();
	if (options.allowed & FZ_FAULTS)
		prepare_faults();
	if (options.out) {
		cover_init();
		load_corpus();
	}
	watch_init();
	ret = loop();
	if (options.allowed & FZ_ROOT)
		device_renumber();
	return ret;
}
