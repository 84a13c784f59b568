// SPDX-License-Identifier: MIT
#include "options_files.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/graph/mem.h"

#define MOST_FILES	(REPORT_KINDS + SENSITIVITY_KINDS + 1)

/* A file that is written, and by which option. */
struct written {
	const char *option;
	const char *path;
};

static size_t list_written(const struct settings *s, struct written *list)
{
	size_t count = 0;

	list[count++] = (struct written){ "-o", s->output };
	for (int k = 0; k < REPORT_KINDS; k++)
		list[count++] = (struct written){ "--report", s->report[k] };
	for (int k = 0; k < SENSITIVITY_KINDS; k++)
		list[count++] = (struct written){ "--sensitivity",
						  s->sensitivity[k] };
	return count;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The same name in the same folder, of files that there are not yet. */
static bool same_place(const char *a, const char *b)
{
	char *a_text = mem_string(a), *b_text = mem_string(b);
	char *a_name = strdup(basename(a_text)), *b_name = strdup(basename(b_text));
	struct stat x, y;
	bool same;

	same = a_name && b_name && !strcmp(a_name, b_name) &&
	       !stat(dirname(a_text), &x) && !stat(dirname(b_text), &y) &&
	       same_inode(&x, &y);
	free(a_name);
	free(b_name);
	free(a_text);
	free(b_text);
	return same;
}

/* Devices and pipes may be written by several. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	bool a_there = !stat(a, &x), b_there = !stat(b, &y);

	if (a_there != b_there)
		return false;
	return a_there ? S_ISREG(x.st_mode) && same_inode(&x, &y) :
			 same_place(a, b);
}

static void check_read(const struct written *w, const char *path)
{
	if (same_file(w->path, path))
		cli_usage(&pack_cli, "%s would overwrite %s", w->option, path);
}

/* "images" or "images,labels" */
static void check_calibration(const struct written *w, const char *files)
{
	char *text = mem_string(files);
	char *comma = strrchr(text, ',');

	check_read(w, files);
	if (comma) {
		*comma = '\0';
		check_read(w, text);
		check_read(w, comma + 1);
	}
	free(text);
}

void option_check_files(const struct settings *s)
{
	struct written list[MOST_FILES];
	size_t count = list_written(s, list);

	for (size_t i = 0; i < count; i++) {
		const struct written *w = &list[i];

		if (!w->path || !strcmp(w->path, "-"))
			continue;
		check_read(w, s->model);
		if (s->pack.calib_file)
			check_calibration(w, s->pack.calib_file);
		for (size_t k = 0; k < i; k++)
			if (list[k].path && strcmp(list[k].path, "-") &&
			    same_file(w->path, list[k].path))
				cli_usage(&pack_cli, "%s would overwrite %s, which %s writes",
					  w->option, w->path, list[k].option);
	}
}

void option_no_network(const struct settings *s)
{
	struct written list[MOST_FILES];
	size_t count = list_written(s, list);

	/* The first is the model file, which no option takes by accident. */
	for (size_t i = 1; i < count; i++)
		if (list[i].path && strcmp(list[i].path, "-"))
			cli_usage(&pack_cli, "needs one network; '%s' is where the %s goes",
				  list[i].path, list[i].option + 2);
}
