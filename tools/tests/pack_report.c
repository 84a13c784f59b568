// SPDX-License-Identifier: MIT
/* What reports say is what the device does; memory plans of random networks;
 * names of outputs.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"
#include "tools/report/get.h"
#include "tools/report/network.h"

#define SIDE	12
#define CHANNELS 4
#define PIXELS	(SIDE * SIDE * CHANNELS)

static float any(void)
{
	return (float)((int)pr_random(2001) - 1000) / 1000;
}

static void conv(struct pack_run *t, const char *in, const char *out,
		 int64_t channels)
{
	float data[CHANNELS * 4 * CHANNELS * 4 * 9];
	char w[32];
	Onnx__NodeProto *n;

	for (int64_t i = 0; i < channels * channels * 9; i++)
		data[i] = any() / 3;
	snprintf(w, sizeof(w), "%s_w", out);
	ob_floats(&t->b, w, DIMS(channels, channels, 3, 3), data);
	n = ob_node(&t->b, "Conv", NAMES(in, w), out);
	ob_attr_ints(&t->b, n, "pads", DIMS(1, 1, 1, 1));
}

static void begin(struct pack_run *t, uint64_t seed)
{
	struct dataset *ds = &t->calib;

	pr_seed(seed);
	pr_init(t);
	ob_input(&t->b, "x", DIMS(1, CHANNELS, SIDE, SIDE));
	*ds = (struct dataset){ .count = 4, .height = SIDE, .width = SIDE,
				.channels = CHANNELS };
	ds->images = mem_array(4 * PIXELS, sizeof(float));
	for (size_t i = 0; i < 4 * PIXELS; i++)
		ds->images[i] = any();
}

/* Layers, and sums with any value that there was before. */
static void random_net(struct pack_run *t, uint64_t seed)
{
	char name[24][16];
	unsigned int values = 1, count;

	begin(t, seed);
	snprintf(name[0], sizeof(name[0]), "x");
	count = 4 + pr_random(18);
	while (values <= count) {
		const char *last = name[values - 1];

		snprintf(name[values], sizeof(name[0]), "v%u", values);
		if (pr_random(3) && values > 2)
			ob_node(&t->b, "Add",
				NAMES(last, name[pr_random(values - 1)]),
				name[values]);
		else
			conv(t, last, name[values], CHANNELS);
		values++;
	}
	ob_node(&t->b, "Relu", NAMES(name[values - 1]), "y");
	ob_output(&t->b, "y");
	pr_pack(t);
}

static json_t *report_of(const struct pack_run *t)
{
	struct source_nodes nodes;
	json_t *root;

	source_nodes_take(&nodes, &t->g);
	root = report_network(&t->p, &t->opt, &nodes, &t->r);
	source_nodes_free(&nodes);
	assert_non_null(root);
	return root;
}

/* The device counts what the report says. */
static void check_costs(struct pack_run *t, const json_t *root)
{
	const json_t *totals = get(root, "totals"), *l;
	long long macs = 0, cycles = 0, bytes = 0;
	struct qnn_report done;
	double share = 0;
	size_t i;

	json_array_foreach(get(root, "layers"), i, l) {
		macs += get_int(l, "macs");
		cycles += get_int(l, "cycles");
		bytes += get_int(l, "bytes_read") + get_int(l, "bytes_written");
		share += get_real(l, "share");
	}
	assert_int_equal(qnn_job_report(t->job, &done, sizeof(done)), 0);
	assert_int_equal(macs, done.macs);
	assert_int_equal(cycles, done.cycles);
	assert_int_equal(bytes, done.bytes_read + done.bytes_written);
	assert_int_equal(get_int(totals, "macs"), done.macs);
	assert_int_equal(get_int(totals, "cycles"), done.cycles);
	assert_true(fabs(share - 1) < 1e-9);
}

/* In scratch memory, and not a part of another value. */
static bool is_block(const json_t *value)
{
	return !strcmp(get_text(value, "use"), "scratch") &&
	       !get(value, "inside");
}

/* What lives at the same time lies apart, or one is in place of the other. */
static void check_places(const json_t *memory)
{
	const json_t *values = get(memory, "values"), *a, *b;
	size_t i, k;

	json_array_foreach(values, i, a) {
		if (!is_block(a))
			continue;
		assert_true(get_int(a, "offset") + get_int(a, "bytes") <=
			    get_int(memory, "scratch_bytes"));
		json_array_foreach(values, k, b) {
			if (k >= i || !is_block(b) ||
			    get_int(a, "dies") < get_int(b, "born") ||
			    get_int(b, "dies") < get_int(a, "born") ||
			    get_int(a, "offset") >= get_int(b, "offset") +
						    get_int(b, "bytes") ||
			    get_int(b, "offset") >= get_int(a, "offset") +
						    get_int(a, "bytes"))
				continue;
			/* They meet in one command, at the same place. */
			assert_true(get_int(a, "dies") == get_int(b, "born") ||
				    get_int(b, "dies") == get_int(a, "born"));
			assert_int_equal(get_int(a, "offset"),
					 get_int(b, "offset"));
		}
	}
}

/*
 * Bytes that must be there while command @at runs, counted from the report:
 * an operand whose memory the result takes over counts once.
 */
static long long needed(const json_t *values, long long at)
{
	const json_t *a, *b;
	long long sum = 0;
	size_t i, k;

	json_array_foreach(values, i, a) {
		bool over = false;

		if (!is_block(a) || get_int(a, "born") > at || get_int(a, "dies") < at)
			continue;
		json_array_foreach(values, k, b)
			over = over || (get_int(a, "dies") == at &&
					get_int(b, "born") == at &&
					is_block(b) && get_int(b, "offset") ==
					get_int(a, "offset"));
		if (!over)
			sum += get_int(a, "bytes");
	}
	return sum;
}

static void test_networks(void **unused)
{
	double worst = 1;

	(void)unused;
	for (uint64_t seed = 0; seed < 12; seed++) {
		struct pack_run t;
		const json_t *memory;
		long long most = 0;
		json_t *root;

		random_net(&t, seed);
		pr_run(&t, t.calib.images);
		root = report_of(&t);
		memory = get(root, "memory");
		check_costs(&t, root);
		check_places(memory);
		for (size_t i = 0; i < t.p.units.count; i++) {
			long long n = needed(get(memory, "values"), (long long)i);

			most = n > most ? n : most;
		}
		assert_int_equal(get_int(memory, "lower_bound"), most);
		if (most && get_real(memory, "ratio") > worst)
			worst = get_real(memory, "ratio");
		json_decref(root);
		pr_free(&t);
	}
	print_message("# random networks: at worst %.4f times the bound\n", worst);
	assert_true(worst <= 1.05);
}

/* A sum stands where one of its operands stood. */
static void test_in_place(void **unused)
{
	struct pack_run t;
	json_t *root;

	(void)unused;
	begin(&t, 3);
	conv(&t, "x", "a", CHANNELS);
	conv(&t, "a", "b", CHANNELS);
	ob_node(&t.b, "Add", NAMES("a", "b"), "c");
	conv(&t, "c", "y", CHANNELS);
	ob_output(&t.b, "y");
	pr_pack(&t);
	pr_run(&t, t.calib.images);
	root = report_of(&t);
	assert_int_equal(get_int(get(root, "memory"), "scratch_bytes"),
			 2 * PIXELS);
	assert_int_equal(get_int(get(root, "memory"), "without_sharing"),
			 3 * PIXELS);
	for (size_t k = 0; k < pr_elements(&t, 0); k++)
		assert_true(fabsf(pr_float(&t, 0, k) - t.real[0][k]) < 0.1f);
	json_decref(root);
	pr_free(&t);
}

/* Parts of a joined value are written into it: one block for all of them. */
static void test_joined(void **unused)
{
	const json_t *values, *v;
	unsigned int inside = 0;
	struct pack_run t;
	Onnx__NodeProto *n;
	json_t *root;
	size_t i;

	(void)unused;
	begin(&t, 7);
	conv(&t, "x", "a", CHANNELS);
	ob_node(&t.b, "Relu", NAMES("a"), "ra");
	conv(&t, "ra", "b", CHANNELS);
	ob_node(&t.b, "Relu", NAMES("b"), "rb");
	n = ob_node(&t.b, "Concat", NAMES("ra", "rb"), "c");
	ob_attr_int(&t.b, n, "axis", 1);
	conv(&t, "c", "y", 2 * CHANNELS);
	ob_output(&t.b, "y");
	pr_pack(&t);
	pr_run(&t, t.calib.images);
	for (size_t k = 0; k < pr_elements(&t, 0); k++)
		assert_true(fabsf(pr_float(&t, 0, k) - t.real[0][k]) < 0.2f);
	root = report_of(&t);
	check_costs(&t, root);
	check_places(get(root, "memory"));
	values = get(get(root, "memory"), "values");
	json_array_foreach(values, i, v)
		inside += !!get(v, "inside");
	assert_true(inside >= 1);
	json_decref(root);
	pr_free(&t);
}

/* Each node of the source is named, with the commands that it became. */
static void test_sources(void **unused)
{
	const json_t *n;
	struct pack_run t;
	json_t *root;
	size_t i;

	(void)unused;
	begin(&t, 4);
	conv(&t, "x", "a", CHANNELS);
	ob_node(&t.b, "Relu", NAMES("a"), "b");
	conv(&t, "b", "y", CHANNELS);
	ob_output(&t.b, "y");
	pr_pack(&t);
	root = report_of(&t);
	assert_int_equal(json_array_size(get(root, "source_nodes")), 3);
	json_array_foreach(get(root, "source_nodes"), i, n) {
		const json_t *commands = get(n, "commands");

		assert_int_equal(json_array_size(commands), 1);
		assert_int_equal(json_integer_value(json_array_get(commands, 0)),
				 strcmp(get_text(n, "name"), "y") ? 0 : 1);
	}
	n = json_array_get(get(root, "layers"), 0);
	assert_int_equal(json_array_size(get(n, "nodes")), 2);
	assert_string_equal(get_text(json_array_get(get(n, "nodes"), 1), "op"),
			    "Relu");
	json_decref(root);
	pr_free(&t);
}

/* The page has what is in the network, with nothing that HTML would read. */
static void test_html(void **unused)
{
	struct pack_run t;
	char *page = NULL;
	size_t size = 0;
	json_t *root;
	FILE *out;

	(void)unused;
	begin(&t, 5);
	conv(&t, "x", "<script>&\"", CHANNELS);
	conv(&t, "<script>&\"", "y", CHANNELS);
	ob_output(&t.b, "y");
	pr_pack(&t);
	root = report_of(&t);
	out = open_memstream(&page, &size);
	report_html(root, out);
	fclose(out);
	assert_null(strstr(page, "<script"));
	assert_non_null(strstr(page, "&lt;script&gt;&amp;&quot;"));
	assert_non_null(strstr(page, "</svg>"));
	assert_string_equal(page + size - 8, "</html>\n");
	free(page);
	json_decref(root);
	pr_free(&t);
}

/* Names that are the same once they can be shown. */
static void test_names(void **unused)
{
	struct pack_run t;

	(void)unused;
	begin(&t, 6);
	conv(&t, "x", "a\001", CHANNELS);
	conv(&t, "a\001", "a\002", CHANNELS);
	conv(&t, "a\002", "a?", CHANNELS);
	ob_output(&t.b, "a\001");
	ob_output(&t.b, "a\002");
	ob_output(&t.b, "a?");
	pr_pack(&t);
	assert_int_equal(qnn_model_output_count(t.model), 3);
	assert_string_equal(qnn_model_output(t.model, 0)->name, "a?");
	assert_string_equal(qnn_model_output(t.model, 1)->name, "output1_2");
	assert_string_equal(qnn_model_output(t.model, 2)->name, "output2_2");
	pr_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
