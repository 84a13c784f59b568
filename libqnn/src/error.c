// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "export.h"
#include "qnn.h"

static _Thread_local char error_text[QNN_ERROR_MAX];

QNN_API const char *qnn_error(void)
{
	return error_text;
}

int qnn_fail(int err, const char *fmt, ...)
{
	char text[QNN_ERROR_MAX];
	va_list args;

	/* The old text may be among the arguments. */
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	memcpy(error_text, text, sizeof(text));
	return err;
}

int qnn_fail_memory(const char *what)
{
	return qnn_fail(-ENOMEM, "out of memory for %s", what);
}
