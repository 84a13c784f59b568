// SPDX-License-Identifier: MIT
#include "supports.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "qnn_device.h"
#include "tools/onnx/onnx.h"
#include "tools/tflite/tflite.h"

#define CELL	160

/* A list of rows, as text or as a table of reStructuredText. */
struct sheet {
	FILE *out;
	bool rst;
};

static void title(const struct sheet *s, const char *text)
{
	size_t length = strlen(text);

	fprintf(s->out, "%s\n", text);
	for (size_t i = 0; s->rst && i < length; i++)
		fputc('-', s->out);
	fputs(s->rst ? "\n\n" : "", s->out);
}

static void start(const struct sheet *s, const char *widths)
{
	if (s->rst)
		fprintf(s->out, ".. list-table::\n   :header-rows: 1\n   :widths: %s\n\n",
			widths);
}

static void row(const struct sheet *s, const char *const *cell, size_t count)
{
	static const int width[] = { 24, 32, 4 };
	int pad = 2;	/* spaces are owed until there is something behind */

	for (size_t i = 0; i < count; i++) {
		if (s->rst) {
			fprintf(s->out, "   %c -%s%s\n", i ? ' ' : '*',
				*cell[i] ? " " : "", cell[i]);
			continue;
		}
		if (*cell[i]) {
			fprintf(s->out, "%*s%s", pad, "", cell[i]);
			pad = 0;
		}
		if (i + 1 < count)
			pad += width[i] + 1 - (int)strlen(cell[i]);
	}
	if (!s->rst)
		fputc('\n', s->out);
}

static void code(const struct sheet *s, char *cell, const char *text)
{
	snprintf(cell, CELL, s->rst ? "``%s``" : "%s", text);
}

static void print_onnx(const struct sheet *s)
{
	const struct onnx_operator_doc *o;

	title(s, "ONNX and QONNX");
	start(s, "22 22 10 46");
	if (s->rst)
		row(s, (const char *const []){ "Operator", "Domain",
					       "Since", "What of it" }, 4);
	for (size_t i = 0; (o = onnx_operator(i)); i++) {
		char name[CELL], domain[CELL] = "", since[32];

		code(s, name, o->type);
		if (*o->domain)
			code(s, domain, o->domain);
		if (o->min_opset > (*o->domain ? 1 : ONNX_MIN_OPSET))
			snprintf(since, sizeof(since), "%u", o->min_opset);
		else
			*since = '\0';
		row(s, (const char *const []){ name, domain, since, o->text }, 4);
	}
	fputc('\n', s->out);
}

static void print_tflite(const struct sheet *s)
{
	struct tflite_operator_doc o;

	title(s, "TFLite");
	fprintf(s->out, "%sValues of each operator are float32, int8 or uint8, with one scale.%s\n",
		s->rst ? "" : "  ", s->rst ? "\n" : "");
	start(s, "25 30 45");
	if (s->rst)
		row(s, (const char *const []){ "Operator", "Weights",
					       "What of it" }, 3);
	for (size_t i = 0; tflite_operator(i, &o); i++) {
		char name[CELL];

		code(s, name, o.name);
		row(s, (const char *const []){ name, o.weights ?
			"float32, int8, int4, int2, uint8" : "", o.text }, 3);
	}
}

static void print_formats(const struct sheet *s)
{
	static const char *const rows[][3] = {
		{ "Network", "Weights", "Values" },
		{ "float", "8, 4, 2, 1 bits (--weights)",
		  "8, 4, 2 bits (--activations)" },
		{ "ONNX with QuantizeLinear, QOperator",
		  "int8, uint8, int4, uint4, int2, uint2; per tensor or channel",
		  "the same; per tensor" },
		{ "QONNX", "1 to 8 bits; per tensor or channel",
		  "1 to 8 bits; per tensor" },
		{ "TFLite", "int8, int4 per tensor or channel; uint8 per tensor",
		  "int8, uint8" },
	};

	title(s, "Widths of networks");
	start(s, "30 40 30");
	for (size_t i = !s->rst; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (s->rst)
			row(s, rows[i], 3);
		else
			fprintf(s->out, "  %-36s weights: %s\n  %-36s values:  %s\n",
				rows[i][0], rows[i][1], "", rows[i][2]);
	}
	fputc('\n', s->out);
}

/* A program of one command: eight numbers in, one out. */
struct probe {
	_Alignas(64) struct qnn_program_header head;
	struct qnn_region_desc region[2];
	char pad[32];
	struct qnn_cmd cmd;
	u8 consts[64];
};

/* What the device says of such a layer. */
static bool runs(u8 weights, u8 values)
{
	struct probe p = {
		.head = { .magic = QNN_PROGRAM_MAGIC, .size = sizeof(p),
			  .version = QNN_PROGRAM_VERSION, .region_count = 2,
			  .cmd_count = 1, .const_size = sizeof(p.consts) },
		.region = { { .access = QNN_ACCESS_READ, .size = 64 },
			    { .access = QNN_ACCESS_WRITE, .size = 64 } },
		.cmd = {
			.opcode = QNN_OP_FC,
			.in[0] = { .row_stride = 32, .pixel_stride = 32,
				   .height = 1, .width = 1, .channels = 8,
				   .type = values },
			.out = { .row_stride = 4, .pixel_stride = 4,
				 .height = 1, .width = 1, .channels = 1,
				 .type = QNN_ELEM_S32, .region = 1 },
			.stage = { .kind = QNN_STAGE_RAW },
			.conv = { .kernel_h = 1, .kernel_w = 1, .stride_h = 1,
				  .stride_w = 1, .dilation_h = 1,
				  .dilation_w = 1, .groups = 1,
				  .weight_type = weights,
				  .bias_off = QNN_NO_CONST,
				  .codebook_off = weights >= QNN_WEIGHT_CB1 ?
						  32 : QNN_NO_CONST },
		},
	};
	struct qnn_program prog;
	struct qnn_diag why;

	return !qnn_program_validate(&p, sizeof(p), &prog, &why, NULL, NULL);
}

static void add_name(char *list, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, CELL - used, "%s%s", used ? ", " : "", name);
}

static void print_device(const struct sheet *s)
{
	title(s, "Widths of the device");
	start(s, "40 60");
	if (s->rst)
		row(s, (const char *const []){ "Weights of a layer",
					       "Values" }, 2);
	for (u8 w = QNN_ELEM_S8; w <= QNN_WEIGHT_CB5; w++) {
		char name[CELL] = "", values[CELL] = "";

		for (u8 v = QNN_ELEM_S8; v <= QNN_ELEM_S32; v++)
			if (runs(w, v))
				add_name(values, qnn_elem_name(v));
		if (!*values)
			continue;
		snprintf(name, sizeof(name), w >= QNN_WEIGHT_CB1 ?
			 "%s (code book)" : "%s", qnn_elem_name(w));
		row(s, (const char *const []){ name, values }, 2);
	}
}

int supports_print(const char *form, FILE *out)
{
	struct sheet s = { .out = out, .rst = !strcmp(form, "rst") };

	if (s.rst)
		fputs(".. SPDX-License-Identifier: MIT\n\n"
		      "Operators and widths\n"
		      "====================\n\n"
		      "Written by ``qnn-pack --supports=rst`` from the tables that the importers read\n"
		      "files by; widths of the device are what its validator accepts. Files that need\n"
		      "more are refused with a list of all that is missing; ``--cut`` packs the part\n"
		      "in front of it.\n\n", out);
	print_formats(&s);
	print_device(&s);
	fputc('\n', out);
	print_onnx(&s);
	print_tflite(&s);
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
