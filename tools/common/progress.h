/* SPDX-License-Identifier: MIT */
/*
 * A line on a terminal that shows how far something is: bar, count, rate and
 * the time that is left. Nothing is written where stderr is not a terminal, or
 * TERM is not set or "dumb".
 */
#ifndef QNN_TOOLS_PROGRESS_H
#define QNN_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *label;
	uint64_t total;
	uint64_t start_ns;
	uint64_t shown_ns;	/* when the line was last written */
	bool visible;		/* there is a terminal to write to */
	bool drawn;
};

/** progress_start() - @label must stay valid until progress_end() */
void progress_start(struct progress *p, const char *label, uint64_t total);

/** progress_update() - @done of the total are done; cheap to call often */
void progress_update(struct progress *p, uint64_t done);

/**
 * progress_show() - progress_update() as a function to be called back
 * @bar: struct progress; @total may differ from that of the start
 */
void progress_show(void *bar, size_t done, size_t total);

/** progress_end() - wipe the line; harmless when called again */
void progress_end(struct progress *p);

/**
 * progress_line() - the text of the line, at most @width columns
 * @elapsed_ns: since the start
 */
void progress_line(char *line, size_t size, unsigned int width,
		   const char *label, uint64_t done, uint64_t total,
		   uint64_t elapsed_ns);

#endif /* QNN_TOOLS_PROGRESS_H */
