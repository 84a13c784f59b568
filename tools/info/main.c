// SPDX-License-Identifier: MIT
/* qnn-info: show what is in a model file, or why it is refused. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "describe.h"
#include "print.h"
#include "tools/common/cli.h"
#include "tools/common/json_out.h"

enum info_exit {
	INFO_OK = 0,
	INFO_MODEL = 4,
	INFO_SYSTEM = 6,
};

enum { KEY_JSON = 1, KEY_CHECK };

static const struct cli_option options[] = {
	{ KEY_JSON, "json", NULL, "print JSON" },
	{ KEY_CHECK, "check", NULL,
	  "only say whether the file is good; for a refused one, what the\n"
	  "validator objects to: command, field, rule and values" },
};

static const struct cli cli = {
	.program = "qnn-info",
	.operands = "MODEL.qnn",
	.summary = "Show what is in a model file.",
	.footer = "Exit status: 0 success, 1 usage, 4 the file is missing or refused, 6 no\n"
		  "memory or stdout cannot be written.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

struct info {
	const char *path;
	bool json;
	bool check;
};

static void parse_options(struct info *info, int argc, char **argv)
{
	const char *value;
	int key;

	*info = (struct info) { 0 };
	while ((key = cli_next(&cli, argc, argv, &value)) != -1) {
		info->json |= key == KEY_JSON;
		info->check |= key == KEY_CHECK;
	}
	if (argc - optind != 1)
		cli_usage(&cli, argc == optind ? "no model file is named" :
						 "more than one model file is named");
	info->path = argv[optind];
}

static enum info_exit fail(enum info_exit status, const char *why)
{
	cli_error(&cli, "%s", why);
	return status;
}

static enum info_exit finish(int err)
{
	if (!err && !fflush(stdout) && !ferror(stdout))
		return INFO_OK;
	return fail(INFO_SYSTEM, err ? strerror(-err) : "cannot write to stdout");
}

static enum info_exit show(const struct info *info, const struct image *image,
			   const struct qnn_model *model)
{
	enum info_exit status;
	json_t *root;
	int err = describe_model(image, model, info->path, &root);

	if (err)
		return err == -ENOMEM ? fail(INFO_SYSTEM, "no memory") :
					fail(INFO_MODEL, qnn_error());
	status = finish(info->json ? json_out(root, "-") : print_model(root));
	json_decref(root);
	return status;
}

static enum info_exit show_finding(const struct info *info,
				   const struct image *image, const char *error)
{
	json_t *finding = check_finding(image, info->path, error);
	enum info_exit status;

	if (!finding)
		return fail(INFO_SYSTEM, "no memory");
	if (info->json) {
		status = finish(json_out(finding, "-"));
	} else {
		check_print(finding);
		status = finish(0);
	}
	json_decref(finding);
	if (status)
		return status;
	return error ? INFO_MODEL : INFO_OK;
}

static enum info_exit inspect(const struct info *info, struct qnn_device *dev,
			      const struct image *image)
{
	struct qnn_model *model = NULL;
	enum info_exit status;

	if (qnn_model_load(dev, info->path, &model)) {
		if (!info->check)
			return fail(INFO_MODEL, qnn_error());
		return show_finding(info, image, qnn_error());
	}
	if (!image->header)
		status = fail(INFO_MODEL, "the file changed while it was read");
	else if (info->check)
		status = show_finding(info, image, NULL);
	else
		status = show(info, image, model);
	qnn_model_free(model);
	return status;
}

int main(int argc, char **argv)
{
	struct qnn_device *dev = NULL;
	enum info_exit status;
	struct image image;
	struct info info;

	parse_options(&info, argc, argv);
	/* A file that cannot be read is empty here: the loader says why. */
	image_open(&image, info.path);
	if (qnn_device_open(QNN_IN_PROCESS, &dev))
		status = fail(INFO_SYSTEM, qnn_error());
	else
		status = inspect(&info, dev, &image);
	qnn_device_close(dev);
	image_close(&image);
	return status;
}
