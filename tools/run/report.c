// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "tools/common/json_out.h"
#include "tools/common/table.h"
#include "tools/common/text.h"

static double accuracy(const struct measurement *m)
{
	return 100.0 * m->correct / m->labelled;
}

static double us_mean(const struct measurement *m)
{
	return m->wall_ns / 1e3 / m->runs;
}

/* The times are sorted. */
static double us_median(const struct measurement *m)
{
	uint64_t low = m->run_ns[(m->runs - 1) / 2];
	uint64_t high = m->run_ns[m->runs / 2];

	return (low / 2.0 + high / 2.0) / 1e3;
}

/*
 * The median does not feel what else the machine does. With several jobs in
 * flight runs overlap, and only the whole says what one of them takes.
 */
static double us_per_image(const struct result *res)
{
	return res->opt->jobs > 1 ? us_mean(res->m) : us_median(res->m);
}

static double percent_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0.0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A model goes by its file name without ".qnn". */
static void model_name(const struct result *res, char *name, size_t size)
{
	size_t len;

	snprintf(name, size, "%s", base_name(res->opt->model));
	len = strlen(name);
	if (len > 4 && !strcmp(name + len - 4, ".qnn"))
		name[len - 4] = '\0';
	text_clean(name);
}

static void print_time(const struct result *res)
{
	const struct measurement *m = res->m;
	double us = us_per_image(res);

	printf("time       %.1f us per image", us);
	if (res->opt->jobs > 1)
		printf(" with %u in flight, median run %.1f us", res->opt->jobs,
		       us_median(m));
	else
		printf(" (median; mean %.1f us", us_mean(m));
	if (m->device_ns)
		printf(", %.1f us of it on the device",
		       m->device_ns / 1e3 / m->runs);
	puts(res->opt->jobs > 1 ? "" : ")");
}

static void print_summary(const struct result *res)
{
	const struct measurement *m = res->m;
	char name[256];

	model_name(res, name, sizeof(name));
	printf("model      %s, %llu bytes\n", name,
	       (unsigned long long)res->file_bytes);
	printf("device     %s", res->device.path);
	if (strcmp(res->device.path, res->device.backend))
		printf(", %s", res->device.backend);
	printf(", %u core%s\n", res->device.cores,
	       res->device.cores == 1 ? "" : "s");
	printf("images     %u, %s", m->images,
	       res->opt->data ? "read" : "generated");
	if (res->opt->repeat > 1)
		printf(", run %u times each", res->opt->repeat);
	putchar('\n');
	if (m->labelled)
		printf("accuracy   %.2f %% (%u of %u)\n", accuracy(m),
		       m->correct, m->labelled);
	print_time(res);
	printf("modelled   %llu cycles per image, %.4f ms at %u MHz\n",
	       (unsigned long long)m->report.cycles,
	       res->device.clock_mhz ?
			m->report.cycles / (res->device.clock_mhz * 1e3) : 0.0,
	       res->device.clock_mhz);
	if (res->verdict == VERDICT_IDENTICAL)
		printf("verify     identical: %llu output bytes equal those of the in-process device\n",
		       (unsigned long long)m->images * m->output_bytes);
	if (res->verdict == VERDICT_DIFFERENT)
		puts("verify     DIFFERENT from the in-process device");
}

static int get_layer(const struct result *res, unsigned int index,
		     struct qnn_layer *layer)
{
	if (!qnn_model_layer(res->model, index, layer, sizeof(*layer)))
		return 0;
	return run_error(RUN_MODEL, "layer %u: %s", index, qnn_error());
}

static void layer_row(struct table *t, const struct result *res,
		      const struct qnn_report *l, double runs)
{
	table_cell(t, "%llu", (unsigned long long)l->macs);
	table_cell(t, "%llu", (unsigned long long)l->cycles);
	table_cell(t, "%.1f %%", percent_of(l->cycles, res->m->report.cycles));
	table_cell(t, "%llu", (unsigned long long)l->bytes_read +
			      l->bytes_written);
	table_cell(t, "%.1f", l->time_ns / 1e3 / runs);
}

static enum run_exit print_layers(const struct result *res)
{
	struct table *t = table_create("layer:r|name:l|operator:l|command:l|"
				       "MACs:r|cycles:r|share:r|bytes:r|us:r");
	const struct measurement *m = res->m;
	struct qnn_report total = m->report;
	enum run_exit status = RUN_OK;
	struct qnn_layer layer;
	unsigned int i;

	if (!t)
		return run_error(RUN_SYSTEM, "no memory");
	total.time_ns = 0;
	for (i = 0; !status && i < m->layer_count; i++) {
		status = get_layer(res, i, &layer);
		if (status)
			break;
		table_cell(t, "%u", i);
		table_cell(t, "%s", layer.name);
		table_cell(t, "%s", layer.op);
		table_cell(t, "%s", layer.command);
		layer_row(t, res, &m->layers[i], m->runs);
		total.time_ns += m->layers[i].time_ns;
	}
	table_rule(t);
	table_cell(t, "%s", "");
	table_cell(t, "total");
	table_cell(t, "%s", "");
	table_cell(t, "%s", "");
	layer_row(t, res, &total, m->runs);
	putchar('\n');
	if (!status && table_print(t, stdout))
		status = run_error(RUN_SYSTEM, "no memory");
	table_free(t);
	return status;
}

enum run_exit report_text(const struct result *res)
{
	enum run_exit status = RUN_OK;

	print_summary(res);
	if (res->opt->layers)
		status = print_layers(res);
	if (!status && (fflush(stdout) || ferror(stdout)))
		status = run_error(RUN_SYSTEM, "cannot write to stdout");
	return status;
}

static json_t *json_layer(const struct result *res, unsigned int index)
{
	const struct qnn_report *l = &res->m->layers[index];
	struct qnn_layer layer;

	if (get_layer(res, index, &layer))
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:f}",
			 "name", json_text(layer.name),
			 "op", json_text(layer.op),
			 "command", json_text(layer.command),
			 "macs", (json_int_t)l->macs,
			 "cycles", (json_int_t)l->cycles,
			 "bytes_read", (json_int_t)l->bytes_read,
			 "bytes_written", (json_int_t)l->bytes_written,
			 "us", l->time_ns / 1e3 / res->m->runs);
}

static json_t *json_layers(const struct result *res)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; array && i < res->m->layer_count; i++)
		if (json_array_append_new(array, json_layer(res, i))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

static json_t *json_result(const struct result *res)
{
	const struct measurement *m = res->m;
	char name[256];
	json_t *root;

	model_name(res, name, sizeof(name));
	root = json_pack("{s:o, s:o, s:I, s:o, s:I, s:f, s:f, s:f, s:I, s:I, s:o}",
			 "model", json_text(name),
			 "device", json_text(res->device.path),
			 "images", (json_int_t)m->images,
			 "accuracy", m->labelled ? json_real(accuracy(m)) :
						   json_null(),
			 "bytes", (json_int_t)res->file_bytes,
			 "us_per_image", us_per_image(res),
			 "us_mean", us_mean(m),
			 "us_median", us_median(m),
			 "cycles", (json_int_t)m->report.cycles,
			 "macs", (json_int_t)m->report.macs,
			 "identical", res->verdict == VERDICT_NONE ?
				json_null() :
				json_boolean(res->verdict == VERDICT_IDENTICAL));
	if (root && res->opt->layers &&
	    json_object_set_new(root, "layers", json_layers(res))) {
		json_decref(root);
		root = NULL;
	}
	return root;
}

enum run_exit report_json(const struct result *res)
{
	json_t *root = json_result(res);
	int ret = json_out(root, res->opt->json);

	json_decref(root);
	if (!ret)
		return RUN_OK;
	return run_error(RUN_SYSTEM, "cannot write JSON to %s: %s",
			 res->opt->json, strerror(-ret));
}
