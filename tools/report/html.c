// SPDX-License-Identifier: MIT
/* The page: one file that needs nothing else, and no scripts. */
#include "html.h"

#include "get.h"
#include "network.h"
#include "tools/common/steps.h"

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

void html_number(FILE *out, long long n)
{
	char digits[32];
	int count = snprintf(digits, sizeof(digits), "%lld", n);

	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0 && digits[i - 1] != '-')
			fputs("&#8239;", out);
		fputc(digits[i], out);
	}
}

void html_shape(FILE *out, const json_t *shape)
{
	const json_t *side;
	size_t i;

	json_array_foreach(shape, i, side)
		fprintf(out, "%s%lld", i ? "×" : "",
			(long long)json_integer_value(side));
}

static void card(FILE *out, long long value, const char *what)
{
	fputs("<div class=\"card\"><b>", out);
	html_number(out, value);
	fprintf(out, "</b><span>%s</span></div>\n", what);
}

static void print_head(const json_t *root, FILE *out)
{
	const json_t *t = get(root, "totals"), *m = get(root, "memory");
	const json_t *source = get(root, "source");
	long long mhz = get_int(t, "clock_mhz");

	fputs("<h1>", out);
	html_text(out, get_text(root, "name"));
	fputs("</h1>\n<p>packed by qnn-pack ", out);
	html_text(out, get_text(root, "version"));
	fputs(" from ", out);
	html_text(out, get_text(source, "file"));
	fputs("</p>\n<p><code>sha256 ", out);
	html_text(out, get_text(source, "sha256"));
	fputs("</code></p>\n<div class=\"cards\">\n", out);
	card(out, get_int(t, "commands"), "device commands");
	card(out, get_int(t, "macs"), "multiply-adds");
	card(out, get_int(t, "cycles"), "modelled cycles");
	fprintf(out, "<div class=\"card\"><b>%.4g ms</b><span>at %lld MHz</span></div>\n",
		mhz ? (double)get_int(t, "cycles") / (double)mhz / 1e3 : 0, mhz);
	card(out, get_int(t, "weight_bytes"), "bytes of weights");
	card(out, get_int(t, "bytes_read") + get_int(t, "bytes_written"),
	     "bytes moved");
	card(out, get_int(m, "scratch_bytes"), "bytes of scratch memory");
	fputs("</div>\n", out);
}

static void print_nodes(const json_t *nodes, FILE *out)
{
	const json_t *n;
	size_t i;

	json_array_foreach(nodes, i, n) {
		fputs("<span class=\"chip\" title=\"", out);
		html_text(out, get_text(n, "name"));
		fputs("\"><i>", out);
		html_text(out, get_text(n, "op"));
		fputs("</i> ", out);
		html_text(out, get_text(n, "name"));
		fputs("</span>", out);
	}
}

/* Type, sides, and where its step comes from. */
static void print_value(const json_t *v, FILE *out)
{
	const json_t *scale = get(v, "scale");

	fprintf(out, "<td>%s ", get_text(v, "type"));
	html_shape(out, get(v, "shape"));
	fputs("<small>", out);
	html_text(out, get_text(v, "value"));
	fputs("</small></td>\n<td>", out);
	if (json_is_number(scale))
		fprintf(out, "%.6g", json_number_value(scale));
	else if (json_is_array(scale))
		fputs("per channel", out);
	fprintf(out, "<small>%s", get_text(v, "range_from"));
	if (get_int(v, "zero_point"))
		fprintf(out, ", zero at %lld", get_int(v, "zero_point"));
	fputs("</small></td>\n", out);
}

static void print_cost(const json_t *l, FILE *out)
{
	double share = get_real(l, "share");

	fputs("<td class=\"n\">", out);
	html_number(out, get_int(l, "macs"));
	fputs("</td>\n<td class=\"n\">", out);
	html_number(out, get_int(l, "cycles"));
	fprintf(out, "</td>\n<td class=\"n\">%.1f&#8239;%%<span class=\"bar\"><span class=\"%s\" style=\"width:%.1f%%\"></span></span></td>\n<td class=\"n\">",
		100 * share, get_text(l, "limit"), 100 * share);
	html_number(out, get_int(l, "bytes_read"));
	fputs("<small>", out);
	html_number(out, get_int(l, "bytes_written"));
	fputs("</small></td>\n", out);
}

static void print_layer(const json_t *l, FILE *out)
{
	const json_t *w = get(l, "weights");

	fprintf(out, "<tr id=\"layer%lld\"><td class=\"n\">%lld</td>\n<td class=\"wrap\">",
		get_int(l, "index"), get_int(l, "index"));
	print_nodes(get(l, "nodes"), out);
	fprintf(out, "</td>\n<td>%s<small>%s</small></td>\n<td>",
		get_text(l, "command"), get_text(l, "stage"));
	if (w) {
		fprintf(out, "%s by %s<small>", get_text(w, "type"),
			get_text(w, "from"));
		html_number(out, get_int(w, "bytes"));
		fputs(" bytes</small>", out);
	}
	fputs("</td>\n", out);
	print_value(get(l, "output"), out);
	print_cost(l, out);
	fputs("</tr>\n", out);
}

static void print_layers(const json_t *root, FILE *out)
{
	const json_t *l;
	size_t i;

	fputs("<h2>Commands</h2>\n<p class=\"key\">What each command computes, and what the modelled hardware needs for it."
	      "<span style=\"background:var(--compute)\"></span>bound by the arrays"
	      "<span style=\"background:var(--memory)\"></span>bound by memory</p>\n"
	      "<div class=\"wide tall\"><table>\n<thead><tr><th class=\"n\">#</th><th>source nodes</th>"
	      "<th>command<small>output stage</small></th><th>weights</th>"
	      "<th>result</th><th>step</th><th class=\"n\">MACs</th>"
	      "<th class=\"n\">cycles</th><th class=\"n\">share</th>"
	      "<th class=\"n\">bytes read<small>written</small></th></tr></thead>\n<tbody>\n", out);
	json_array_foreach(get(root, "layers"), i, l)
		print_layer(l, out);
	fputs("</tbody></table></div>\n", out);
}

static void print_sources(const json_t *root, FILE *out)
{
	const json_t *n, *command;
	size_t i, k;

	fputs("<h2>Nodes of the source</h2>\n<p>In which command each node of the network ended. Nodes without one were worked out while packing, moved into another node's numbers, or do nothing.</p>\n"
	      "<div class=\"wide tall\"><table>\n<thead><tr><th>node</th><th>operator</th><th>commands</th></tr></thead>\n<tbody>\n", out);
	json_array_foreach(get(root, "source_nodes"), i, n) {
		fputs("<tr><td>", out);
		html_text(out, get_text(n, "name"));
		fputs("</td><td>", out);
		html_text(out, get_text(n, "op"));
		fputs("</td><td>", out);
		json_array_foreach(get(n, "commands"), k, command)
			fprintf(out, "<a class=\"chip\" href=\"#layer%lld\">%lld</a>",
				(long long)json_integer_value(command),
				(long long)json_integer_value(command));
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void print_memory(const json_t *root, FILE *out)
{
	const json_t *m = get(root, "memory");

	fputs("<h2>Scratch memory</h2>\n<p>", out);
	html_number(out, get_int(m, "scratch_bytes"));
	fputs(" bytes", out);
	if (get_int(m, "lower_bound")) {
		fprintf(out, ", %.3f times the least possible: the largest set of values that are needed at the same time takes ",
			get_real(m, "ratio"));
		html_number(out, get_int(m, "lower_bound"));
		fputs(" (dashed line). Without sharing it would be ", out);
		html_number(out, get_int(m, "without_sharing"));
	}
	fputs(".</p>\n", out);
	if (get_int(m, "scratch_bytes"))
		svg_memory(root, out);
}

/* What libqnn does with the sums of outputs. */
static void print_steps(const json_t *root, FILE *out)
{
	const json_t *o;
	char text[STEPS_TEXT];
	size_t i;

	json_array_foreach(get(root, "outputs"), i, o) {
		if (!get(o, "steps"))
			continue;
		steps_text(get(o, "steps"), text);
		fputs("<p>In floats, ", out);
		html_text(out, get_text(o, "value"));
		fprintf(out, " is: sum * scale%s.</p>\n", text);
	}
}

static void print_notes(const json_t *root, FILE *out)
{
	const json_t *line;
	size_t i;

	if (!json_array_size(get(root, "notes")))
		return;
	fputs("<h2>Notes</h2>\n<ul>\n", out);
	json_array_foreach(get(root, "notes"), i, line) {
		fputs("<li>", out);
		html_text(out, json_string_value(line));
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void report_html(const json_t *root, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>", out);
	html_text(out, get_text(root, "name"));
	fprintf(out, " – qnn-pack</title>\n<style>\n%s</style></head>\n<body>\n",
		html_style);
	print_head(root, out);
	fputs("<h2>Network</h2>\n<p>One box for each command, with its share of the modelled cycles. A click leads to its row below.</p>\n<div class=\"wide tall graph\">\n", out);
	svg_graph(root, out);
	fputs("</div>\n", out);
	print_layers(root, out);
	print_steps(root, out);
	print_memory(root, out);
	print_sources(root, out);
	print_notes(root, out);
	fputs("</body></html>\n", out);
}
