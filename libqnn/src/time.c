// SPDX-License-Identifier: MIT
#include <time.h>

#include "backend.h"

int64_t qnn_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

int64_t qnn_deadline_ns(int64_t timeout_ns)
{
	int64_t deadline;

	if (timeout_ns < 0 || __builtin_add_overflow(qnn_now_ns(), timeout_ns, &deadline))
		return INT64_MAX;
	return deadline;
}
