// SPDX-License-Identifier: MIT
/* Devices: the public functions, and the search for a node. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "export.h"

#define NODE_DIR	"/dev/accel"

static int is_node(const struct dirent *entry)
{
	const char *s = entry->d_name;

	if (strncmp(s, "accel", 5) || !s[5])
		return 0;
	return s[5 + strspn(s + 5, "0123456789")] == '\0';
}

static int no_node(void)
{
	return qnn_fail(-ENODEV,
			"no qnn device below " NODE_DIR "; load the module (modprobe qnn), or use the in-process device");
}

/*
 * Opens the first node that is ours. A node that may not be opened could have
 * been it, so without a better one its error is the answer.
 */
static int open_first(struct qnn_device **dev)
{
	struct dirent **entries;
	int n, i, err, result = -ENODEV;

	n = scandir(NODE_DIR, &entries, is_node, versionsort);
	if (n < 0)
		return no_node();
	for (i = 0; i < n; i++) {
		char path[sizeof(NODE_DIR) + sizeof(entries[i]->d_name) + 1];

		snprintf(path, sizeof(path), NODE_DIR "/%s", entries[i]->d_name);
		err = result == 0 ? 0 : qnn_kernel_open(path, dev);
		if (!err)
			result = 0;
		else if (err != -ENODEV && result == -ENODEV)
			result = err;
		free(entries[i]);
	}
	free(entries);
	return result == -ENODEV ? no_node() : result;
}

QNN_API int qnn_device_open(const char *path, struct qnn_device **dev)
{
	*dev = NULL;
	if (!path)
		return open_first(dev);
	if (!strcmp(path, QNN_IN_PROCESS))
		return qnn_inproc_open(dev);
	return qnn_kernel_open(path, dev);
}

QNN_API void qnn_device_close(struct qnn_device *dev)
{
	if (dev)
		dev->ops->close(dev);
}

QNN_API int qnn_device_query(struct qnn_device *dev, struct qnn_device_info *info, size_t size)
{
	size_t known = size < sizeof(dev->info) ? size : sizeof(dev->info);

	memset(info, 0, size);
	memcpy(info, &dev->info, known);
	return 0;
}
