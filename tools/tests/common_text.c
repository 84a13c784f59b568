// SPDX-License-Identifier: MIT
/* What people see: clean text, tables, the progress line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/common/json_out.h"
#include "tools/common/progress.h"
#include "tools/common/table.h"
#include "tools/common/text.h"

static void clean_text(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" },
		{ "plain ~ text", "plain ~ text" },
		{ "a\tb\nc\033[0m\x7f", "a?b?c?[0m?" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "cut \xe2\x82", "cut ??" },
		{ "\xff\xfe\x80", "???" },
		{ "long \xc0\xaf \xe0\x80\xaf", "long ?? ???" },
		{ "surrogate \xed\xa0\x80", "surrogate ???" },
		{ "beyond \xf4\x90\x80\x80", "beyond ????" },
		{ "C1 \xc2\x9b", "C1 ??" },
		{ "turned \xe2\x80\xae \xe2\x81\xa6", "turned ??? ???" },
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].in);
		text_clean(text);
		assert_string_equal(text, cases[i].out);
	}
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
}

static char *print(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(t, out), 0);
	fclose(out);
	return text;
}

static void table_aligns(void **state)
{
	struct table *t = table_create("name:l|n:r|kind:l");
	char *text;

	(void)state;
	assert_non_null(t);
	table_cell(t, "%s", "conv\n1");
	table_cell(t, "%d", 7);
	table_cell(t, "%s", "x");
	table_cell(t, "%s", "gr\xc3\xbc\xc3\x9f");
	table_cell(t, "%d", 12345);
	table_cell(t, "%s", "");
	table_rule(t);
	table_cell(t, "%s", "");
	table_cell(t, "%d", 12352);
	text = print(t);
	assert_string_equal(text,
			    "name        n  kind\n"
			    "------  -----  ----\n"
			    "conv?1      7  x\n"
			    "gr\xc3\xbc\xc3\x9f    12345\n"
			    "------  -----  ----\n"
			    "        12352\n");
	free(text);
	table_free(t);
	table_free(NULL);
}

static void table_is_long(void **state)
{
	struct table *t = table_create("i:r");
	char *text, *line;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5000; i++)
		table_cell(t, "%u", i);
	text = print(t);
	line = text + 2 * 5;
	for (i = 0; i < 5000; i++, line += 5)
		assert_int_equal(strtoul(line, NULL, 10), i);
	assert_int_equal(strlen(text), 5002 * 5);
	free(text);
	table_free(t);
}

static void progress_text(void **state)
{
	char line[161];
	unsigned int width;

	(void)state;
	progress_line(line, sizeof(line), 79, "run", 250, 1000, 500000000);
	assert_string_equal(line, "run [=========>                              ] 250/1000  500/s  0:02 left");
	progress_line(line, sizeof(line), 79, "run", 0, 1000, 0);
	assert_string_equal(line, "run [                                        ] 0/1000  0.0/s  ");
	progress_line(line, sizeof(line), 79, "run", 1000, 1000, 4000000000);
	assert_string_equal(line, "run [========================================] 1000/1000  250/s  0:00 left");
	progress_line(line, sizeof(line), 30, "run", 1, 3, 7200ull * 1000000000);
	assert_string_equal(line, "run 1/3  0.0/s  4:00:00 left");
	progress_line(line, sizeof(line), 79, "run", 0, 0, 1);
	assert_non_null(strstr(line, "0/0"));
	for (width = 0; width <= 160; width++) {
		progress_line(line, sizeof(line), width, "verify",
			      UINT64_MAX / 2, UINT64_MAX, UINT64_MAX);
		assert_true(strlen(line) <= width);
	}
}

static void progress_is_silent(void **state)
{
	struct progress p;
	uint64_t i;

	(void)state;
	assert_non_null(freopen("/dev/null", "w", stderr));
	progress_start(&p, "run", 10);
	assert_false(p.visible);
	for (i = 0; i <= 10; i++)
		progress_update(&p, i);
	assert_false(p.drawn);
	progress_end(&p);
	progress_end(&p);
}

static void json_output(void **state)
{
	json_t *root = json_pack("{s:o}", "name", json_text("a\xff\033"));
	json_t *back;
	char path[] = "/tmp/qnn-json-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(root);
	assert_int_equal(json_out(root, path), 0);
	back = json_load_file(path, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(back, "name")),
			    "a??");
	json_decref(back);
	assert_int_equal(json_out(root, "/nonexistent/file"), -ENOENT);
	assert_int_equal(json_out(root, "/dev/full"), -ENOSPC);
	assert_int_equal(json_out(NULL, path), -ENOMEM);
	json_decref(root);
	remove(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_text),
		cmocka_unit_test(table_aligns),
		cmocka_unit_test(table_is_long),
		cmocka_unit_test(progress_text),
		cmocka_unit_test(json_output),
		cmocka_unit_test(progress_is_silent),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
