// SPDX-License-Identifier: MIT
/* Scratch memory over time: a rectangle for each value. */
#include <string.h>

#include "get.h"
#include "html.h"

#define WIDTH	1080.0
#define HEIGHT	340.0
#define LEFT	86.0
#define TOP	14.0

struct picture {
	double step;		/* width of a command */
	double byte;		/* height of a byte */
	FILE *out;
};

static double y_of(const struct picture *p, double address)
{
	return TOP + HEIGHT - address * p->byte;
}

static void put_block(const struct picture *p, const json_t *v, size_t index)
{
	double born = (double)get_int(v, "born");
	double life = (double)get_int(v, "dies") - born + 1;
	double offset = (double)get_int(v, "offset");
	double bytes = (double)get_int(v, "bytes");
	const char *name = get_text(v, "name");
	double x = LEFT + born * p->step, w = life * p->step;
	double y = y_of(p, offset + bytes), h = bytes * p->byte;

	fprintf(p->out, "<rect class=\"block\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" rx=\"2\" fill=\"hsl(%d 55%% 58%%)\"><title>",
		x, y, w, h, (int)(index * 137 % 360));
	html_text(p->out, name);
	fprintf(p->out, ": %lld bytes at %lld, commands %lld to %lld",
		get_int(v, "bytes"), get_int(v, "offset"), get_int(v, "born"),
		get_int(v, "dies"));
	if (*get_text(v, "in_place_of")) {
		fputs(", in place of ", p->out);
		html_text(p->out, get_text(v, "in_place_of"));
	}
	fputs("</title></rect>\n", p->out);
	if (h < 13 || w < 7.0 * (double)strlen(name) + 8)
		return;
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"middle\" style=\"fill:#10151c;pointer-events:none\">",
		x + w / 2, y + h / 2 + 4);
	html_text(p->out, name);
	fputs("</text>\n", p->out);
}

static void put_axes(const struct picture *p, const json_t *m, long long count)
{
	double size = (double)get_int(m, "scratch_bytes");
	long long every = 1 + (count - 1) / 24;

	fprintf(p->out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		LEFT, TOP + HEIGHT, LEFT + WIDTH, TOP + HEIGHT);
	for (int i = 0; i <= 4; i++)
		fprintf(p->out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%.0f</text>\n",
			LEFT - 8, y_of(p, size * i / 4) + 4, size * i / 4);
	for (long long i = 0; i < count; i += every)
		fprintf(p->out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"middle\">%lld</text>\n",
			LEFT + ((double)i + 0.5) * p->step, TOP + HEIGHT + 16, i);
	fprintf(p->out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"middle\">command</text>\n",
		LEFT + WIDTH / 2, TOP + HEIGHT + 34);
}

void svg_memory(const json_t *root, FILE *out)
{
	const json_t *m = get(root, "memory"), *v;
	long long count = get_int(get(root, "totals"), "commands");
	struct picture p = {
		.step = WIDTH / (double)count,
		.byte = HEIGHT / (double)get_int(m, "scratch_bytes"),
		.out = out,
	};
	double bound = y_of(&p, (double)get_int(m, "lower_bound"));
	size_t i;

	fprintf(out, "<div class=\"wide graph\"><svg viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" style=\"max-width:100%%\" role=\"img\" aria-label=\"scratch memory over time\">\n",
		LEFT + WIDTH + 16, TOP + HEIGHT + 42, LEFT + WIDTH + 16);
	put_axes(&p, m, count);
	json_array_foreach(get(m, "values"), i, v)
		if (!strcmp(get_text(v, "use"), "scratch") && !get(v, "inside"))
			put_block(&p, v, i);
	fprintf(out, "<line class=\"bound\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n</svg></div>\n",
		LEFT, bound, LEFT + WIDTH, bound);
}
