// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"

enum run_exit run_compare(char **argv)
{
	static const char *const places[] = {
		"qnn-compare", "../libexec/qnn/qnn-compare",
	};
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return run_error(RUN_SYSTEM, "/proc/self/exe: %s",
				 strerror(errno));
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		execv(path, argv);
		if (errno != ENOENT)
			return run_error(RUN_SYSTEM, "%s: %s", path,
					 strerror(errno));
	}
	return run_error(RUN_SYSTEM, "--compare needs the program qnn-compare, which is not in %s",
			 self);
}
