/* SPDX-License-Identifier: MIT */
/* The text behind qnn_error(). */
#ifndef LIBQNN_ERROR_H
#define LIBQNN_ERROR_H

#define QNN_ERROR_MAX	512

/* Sets this thread's text and returns @err, so that callers can return it. */
__attribute__((format(printf, 2, 3)))
int qnn_fail(int err, const char *fmt, ...);

/* The usual text for memory that could not be had. */
int qnn_fail_memory(const char *what);

#endif /* LIBQNN_ERROR_H */
