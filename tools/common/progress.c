// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define PROGRESS_EVERY_NS	100000000ull	/* between two drawings */
#define PROGRESS_MAX_WIDTH	160
#define PROGRESS_MIN_BAR	10		/* less room: no bar at all */
#define PROGRESS_MAX_BAR	40

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A terminal on which a line can be drawn again. */
static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col < PROGRESS_MAX_WIDTH ? size.ws_col :
						  PROGRESS_MAX_WIDTH;
}

static void format_left(char *text, size_t size, double seconds)
{
	uint64_t s = seconds > 359999 ? 359999 : (uint64_t)(seconds + 0.5);

	if (s >= 3600)
		snprintf(text, size, "%u:%02u:%02u left", (unsigned int)(s / 3600),
			 (unsigned int)(s / 60 % 60), (unsigned int)(s % 60));
	else
		snprintf(text, size, "%u:%02u left", (unsigned int)(s / 60),
			 (unsigned int)(s % 60));
}

static void format_bar(char *bar, unsigned int width, double part)
{
	unsigned int full = (unsigned int)(part * width);

	bar[0] = '[';
	memset(bar + 1, '=', full);
	memset(bar + 1 + full, ' ', width - full);
	if (full && full < width)
		bar[full] = '>';
	memcpy(bar + 1 + width, "] ", 3);
}

void progress_line(char *line, size_t size, unsigned int width,
		   const char *label, uint64_t done, uint64_t total,
		   uint64_t elapsed_ns)
{
	double seconds = elapsed_ns / 1e9, rate, part;
	char numbers[96], left[32] = "", bar[PROGRESS_MAX_BAR + 4] = "";
	size_t used;

	if (done > total)
		done = total;
	part = total ? (double)done / total : 1;
	rate = seconds > 0 ? done / seconds : 0;
	if (rate > 0)
		format_left(left, sizeof(left), (total - done) / rate);
	snprintf(numbers, sizeof(numbers), "%llu/%llu  %.*f/s  %s",
		 (unsigned long long)done, (unsigned long long)total,
		 rate < 100 ? 1 : 0, rate, left);
	used = strlen(label) + 1 + strlen(numbers) + 3;
	if (used + PROGRESS_MIN_BAR <= width)
		format_bar(bar, width - used < PROGRESS_MAX_BAR ?
				(unsigned int)(width - used) : PROGRESS_MAX_BAR,
			   part);
	if (size > (size_t)width + 1)
		size = (size_t)width + 1;
	snprintf(line, size, "%s %s%s", label, bar, numbers);
}

void progress_start(struct progress *p, const char *label, uint64_t total)
{
	*p = (struct progress) {
		.label = label,
		.total = total,
		.start_ns = now_ns(),
		.visible = is_terminal(),
	};
	p->shown_ns = p->start_ns;
}

void progress_update(struct progress *p, uint64_t done)
{
	char line[PROGRESS_MAX_WIDTH + 1];
	uint64_t now;

	if (!p->visible)
		return;
	now = now_ns();
	if (now - p->shown_ns < PROGRESS_EVERY_NS)
		return;
	p->shown_ns = now;
	/* The last column stays free: some terminals wrap when it is filled. */
	progress_line(line, sizeof(line), terminal_width() - 1, p->label, done,
		      p->total, now - p->start_ns);
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	p->drawn = true;
}

void progress_show(void *bar, size_t done, size_t total)
{
	struct progress *p = bar;

	p->total = total;
	progress_update(p, done);
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
	p->visible = false;
}
