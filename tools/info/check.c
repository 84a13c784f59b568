// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "qnn_device.h"
#include "tools/common/json_out.h"

#define MAX_POLLS	65536u	/* a few seconds */

/* Name of a command in the LAYR section, where it has one. */
static json_t *layer_name(const struct image *image, uint32_t cmd)
{
	const struct qnn_file_layer *layers;
	char name[sizeof(layers->name) + 1];
	const void *data;
	size_t size;

	if (!image_section(image, QNN_SECTION_LAYERS, &data, &size) ||
	    cmd >= size / sizeof(*layers))
		return json_null();
	layers = data;
	snprintf(name, sizeof(name), "%.*s", (int)sizeof(layers->name),
		 layers[cmd].name);
	return json_text(name);
}

/* A program that libqnn did not want to check to its end, nor do we. */
static int give_up(void *priv)
{
	uint32_t *polls = priv;

	return !--*polls;
}

static json_t *program_finding(const struct image *image)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	uint32_t polls = MAX_POLLS;
	const void *data;
	size_t size;

	if (!image_section(image, QNN_SECTION_PROGRAM, &data, &size) ||
	    !qnn_program_validate(data, size, &prog, &diag, give_up, &polls) ||
	    diag.rule == QNN_RULE_INTERRUPTED)
		return json_null();
	return json_pack("{s:o, s:o, s:s, s:i, s:s, s:I, s:I}",
			 "command", diag.cmd == QNN_NO_CMD ? json_null() :
							     json_integer(diag.cmd),
			 "name", layer_name(image, diag.cmd),
			 "field", diag.field,
			 "rule", (int)diag.rule,
			 "reason", qnn_rule_text(diag.rule),
			 "value", (json_int_t)diag.value,
			 "limit", (json_int_t)diag.limit);
}

json_t *check_finding(const struct image *image, const char *path,
		      const char *error)
{
	return json_pack("{s:o, s:b, s:o, s:o}",
			 "file", json_text(path),
			 "ok", !error,
			 "error", error ? json_text(error) : json_null(),
			 "program", error ? program_finding(image) :
					    json_null());
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

void check_print(const json_t *finding)
{
	const json_t *prog = json_object_get(finding, "program");

	if (json_is_true(json_object_get(finding, "ok"))) {
		printf("%s: ok\n", string(finding, "file"));
		return;
	}
	printf("%s: refused\nerror    %s\n", string(finding, "file"),
	       string(finding, "error"));
	if (json_is_null(prog)) {
		puts("program  nothing that the validator objects to, or none to be found");
		return;
	}
	if (json_is_null(json_object_get(prog, "command")))
		puts("command  none: the program's header or regions");
	else
		printf("command  %lld%s%s\n", number(prog, "command"),
		       *string(prog, "name") ? ", " : "", string(prog, "name"));
	printf("field    %s\nrule     %lld: %s\nvalue    %lld\nlimit    %lld\n",
	       string(prog, "field"), number(prog, "rule"),
	       string(prog, "reason"), number(prog, "value"),
	       number(prog, "limit"));
}
