// SPDX-License-Identifier: MIT
/* qnn-pack: quantize a network and pack it for the device. */
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixed.h"
#include "tools/common/json_out.h"
#include "tools/common/progress.h"
#include "tools/report/network.h"
#include "tools/report/sensitivity.h"
#include "tools/report/supports.h"

static int load_calibration(const struct settings *s, const struct graph *g,
			    struct dataset *ds)
{
	const struct graph_value *v = &g->value[g->input];
	int ret = dataset_load(s->pack.calib_file, v->h, v->w, v->c,
			       s->pack.format.input_scale, ds);

	if (ret)
		cli_error(&pack_cli, "%s", dataset_error());
	else if (!ds->count)
		cli_error(&pack_cli, "%s: has no images", s->pack.calib_file);
	return ret || !ds->count ? EXIT_DATA : 0;
}

/* What is written as text, and how; returns 0 or -errno. */
struct page {
	int (*write)(const void *data, FILE *out);
	const void *data;
};

static int write_page(const struct page *page, const char *path)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int ret;

	if (!out)
		return -errno;
	ret = page->write(page->data, out);
	errno = 0;
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	if (out != stdout && fclose(out) && !ret)
		ret = -errno;
	return ret;
}

static int text_page(const void *root, FILE *out)
{
	return report_text(root, out);
}

static int html_page(const void *root, FILE *out)
{
	report_html(root, out);
	return 0;
}

static int table_page(const void *sensitivity, FILE *out)
{
	return sensitivity_text(sensitivity, out);
}

static int plot_page(const void *sensitivity, FILE *out)
{
	sensitivity_svg(sensitivity, out);
	return 0;
}

static int write_report(const json_t *root, enum report_kind kind,
			const char *path)
{
	struct page page = { kind == REPORT_TEXT ? text_page : html_page, root };

	if (kind == REPORT_JSON)
		return json_out(root, path);
	return root ? write_page(&page, path) : -ENOMEM;
}

static int write_reports(const struct settings *s, const struct packed *p,
			 const struct source_nodes *nodes,
			 const struct report *r)
{
	json_t *root = NULL;
	int failed = 0;

	for (int k = 0; k < REPORT_KINDS; k++) {
		const char *path = s->report[k];
		int ret;

		if (!path)
			continue;
		if (!root)
			root = report_network(p, &s->pack, nodes, r);
		ret = write_report(root, (enum report_kind)k, path);
		if (!ret)
			continue;
		cli_error(&pack_cli, "cannot write the report to %s: %s", path,
			  strerror(-ret));
		failed = EXIT_WRITE;
	}
	json_decref(root);
	return failed;
}

static int write_sensitivity(const struct sensitivity *s,
			     enum sensitivity_kind kind, const char *path)
{
	struct page page = { kind == SENSITIVITY_TEXT ? table_page : plot_page,
			     s };
	json_t *root;
	int ret;

	if (kind != SENSITIVITY_JSON)
		return write_page(&page, path);
	root = sensitivity_json(s);
	ret = json_out(root, path);
	json_decref(root);
	return ret;
}

/* Tables that were asked for, and widths for a budget. Returns a status. */
static int mix(struct settings *s, const struct dataset *ds, struct report *r)
{
	struct sensitivity table;
	bool wanted = s->budget;
	int status = 0;

	for (int k = 0; k < SENSITIVITY_KINDS; k++)
		wanted = wanted || s->sensitivity[k];
	if (!wanted)
		return 0;
	if (s->budget == BUDGET_ACCURACY && !ds->labels) {
		cli_error(&pack_cli, "%s: has no labels; --budget accuracy needs them",
			  s->pack.calib_file);
		return EXIT_DATA;
	}
	if (mixed_measure(&table, s, ds, r))
		status = EXIT_NETWORK;
	for (int k = 0; k < SENSITIVITY_KINDS && !status; k++) {
		const char *path = s->sensitivity[k];
		int ret = path ? write_sensitivity(&table,
						   (enum sensitivity_kind)k,
						   path) : 0;

		if (!ret)
			continue;
		cli_error(&pack_cli, "cannot write the table to %s: %s", path,
			  strerror(-ret));
		status = EXIT_WRITE;
	}
	if (!status && s->budget && mixed_search(&table, s, ds, r))
		status = EXIT_NETWORK;
	sensitivity_free(&table);
	return status;
}

static int build(struct settings *s, struct packed *p, struct graph *g,
		 const struct dataset *ds, struct report *r)
{
	struct progress bar;
	int ret;

	progress_start(&bar, "teacher and student", 1);
	s->pack.teacher.progress = progress_show;
	s->pack.teacher.data = &bar;
	ret = pack_build(p, g, ds->count ? ds : NULL, &s->pack, r);
	progress_end(&bar);
	return ret;
}

/* Returns the exit status. */
static int pack(struct settings *s, struct graph *g, struct report *r)
{
	struct source_nodes nodes;
	struct dataset ds = { 0 };
	struct packed p = { 0 };
	int ret = 0;

	source_nodes_take(&nodes, g);
	if (s->pack.calib_file)
		ret = load_calibration(s, g, &ds);
	s->pack.calib_images = ds.count;
	if (!ret)
		ret = mix(s, &ds, r);
	if (!ret && build(s, &p, g, &ds, r))
		ret = EXIT_NETWORK;
	if (!ret && pack_save(&p, &s->pack, s->output, r))
		ret = EXIT_WRITE;
	if (!ret)
		ret = write_reports(s, &p, &nodes, r);
	pack_free(&p);
	dataset_free(&ds);
	source_nodes_free(&nodes);
	return ret;
}

static int load(struct settings *s, struct graph *g, struct report *r)
{
	int ret = import_load(s->model, &s->import, g, r);

	if (!ret && !SHA256File(s->model, s->pack.source_sha256))
		ret = -errno;
	if (!ret)
		return 0;
	if (!report_problems(r))
		cli_error(&pack_cli, "%s: %s", s->model, strerror(-ret));
	return EXIT_NETWORK;
}

int main(int argc, char **argv)
{
	struct report r = { 0 };
	struct settings s;
	struct graph g = { 0 };
	int ret;

	settings_parse(argc, argv, &s);
	if (s.supports)
		return supports_print(s.supports, stdout) ? EXIT_WRITE : 0;
	ret = load(&s, &g, &r);
	if (!ret)
		ret = pack(&s, &g, &r);
	report_print(&r.notes, stderr, "qnn-pack: %s: note: ", s.model);
	report_print(&r.problems, stderr, "qnn-pack: %s: ", s.model);
	graph_free(&g);
	report_free(&r);
	settings_free(&s);
	return ret;
}
