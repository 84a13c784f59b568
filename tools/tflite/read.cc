// SPDX-License-Identifier: MIT
#include "read.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "schema_generated.h"

extern "C" {
#include "tools/common/text.h"
#include "tools/graph/mem.h"
}

static_assert(FLATBUFFERS_LITTLEENDIAN, "numbers are read in place");

namespace {

namespace fmt = tflite_format;

constexpr unsigned max_depth = 16;
constexpr unsigned max_tables = 1000000;
constexpr size_t max_ops = 16384;
/* Of all lists of tensors together: they may share one long vector. */
constexpr size_t max_links = 1u << 20;
constexpr int max_name = 1000;

template <typename T> size_t count(const flatbuffers::Vector<T> *v)
{
	return v ? v->size() : 0;
}

tfl_ints ints(const flatbuffers::Vector<int32_t> *v)
{
	return { v ? v->data() : nullptr, count(v) };
}

char *name_of(const flatbuffers::String *s, const char *what, size_t index)
{
	char text[max_name + 1];

	if (s && *s->c_str())
		std::snprintf(text, sizeof(text), "%.*s", max_name, s->c_str());
	else
		std::snprintf(text, sizeof(text), "%s %zu", what, index);
	text_clean(text);
	return mem_string(text);
}

/* One file while it is being read. */
struct reader {
	const uint8_t *data;
	size_t size;
	const fmt::Model *model;
	const fmt::SubGraph *sub;
	tfl_model *m;
	struct report *r;
	size_t links;

	bool content(tfl_tensor *t, const fmt::Tensor *in);
	bool tensor(tfl_tensor *t, const fmt::Tensor *in);
	bool tensors();
	bool in_range(const tfl_ints &list, const char *what, size_t index,
		      bool left_out);
	bool code(tfl_operator *o, const fmt::Operator *in, size_t index);
	bool op(tfl_operator *o, const fmt::Operator *in, size_t index);
	bool ops();
	bool graph();
};

/* Small buffers are in the table, others behind it in the same file. */
bool reader::content(tfl_tensor *t, const fmt::Tensor *in)
{
	const fmt::Buffer *b;

	/* Buffer 0 is for tensors that have none. */
	if (!in->buffer())
		return true;
	if (in->buffer() >= count(model->buffers())) {
		report_problem(r, "tensor '%.64s': its buffer %u does not exist",
			       t->name, in->buffer());
		return false;
	}
	b = model->buffers()->Get(in->buffer());
	if (b->offset() > 1) {
		if (b->offset() > size || b->size() > size - b->offset()) {
			report_problem(r, "tensor '%.64s': its buffer of %" PRIu64 " bytes at %" PRIu64 " leaves the file",
				       t->name, b->size(), b->offset());
			return false;
		}
		t->data = data + b->offset();
		t->size = b->size();
	} else if (count(b->data())) {
		t->data = b->data()->data();
		t->size = b->data()->size();
	}
	return true;
}

bool reader::tensor(tfl_tensor *t, const fmt::Tensor *in)
{
	const fmt::Quantization *q = in->quantization();

	t->full_name = name_of(in->name(), "tensor", (size_t)(t - m->tensor));
	t->name = mem_string(t->full_name);
	/* The first character stays, so that something does. */
	t->name[1 + std::strcspn(t->name + 1, ";")] = '\0';
	t->type = in->type();
	t->shape = ints(in->shape());
	t->signature = ints(in->shape_signature());
	t->variable = in->is_variable();
	t->sparse = in->sparsity();
	t->elsewhere = in->external_buffer();
	if (q) {
		t->scales = count(q->scale());
		t->scale = t->scales ? q->scale()->data() : nullptr;
		t->zeros = count(q->zero_point());
		t->zero = t->zeros ? q->zero_point()->Data() : nullptr;
		t->axis = q->axis();
		t->odd_quant = q->details_type();
	}
	return content(t, in);
}

bool reader::tensors()
{
	m->tensors = count(sub->tensors());
	if (m->tensors > TFL_MAX_TENSORS) {
		report_problem(r, "the network has %zu tensors; at most %u are supported",
			       m->tensors, TFL_MAX_TENSORS);
		m->tensors = 0;
		return false;
	}
	m->tensor = (tfl_tensor *)mem_array(m->tensors + 1, sizeof(*m->tensor));
	for (size_t i = 0; i < m->tensors; i++)
		if (!tensor(&m->tensor[i], sub->tensors()->Get(i)))
			return false;
	return true;
}

bool reader::in_range(const tfl_ints &list, const char *what, size_t index,
		      bool left_out)
{
	if (list.n > max_links - links) {
		report_problem(r, "%s %zu has %zu tensors; all lists together may have %zu",
			       what, index, list.n, max_links);
		return false;
	}
	links += list.n;
	for (size_t i = 0; i < list.n; i++) {
		int32_t k = list.v[i];

		if ((k >= 0 && (size_t)k < m->tensors) || (left_out && k == -1))
			continue;
		report_problem(r, "%s %zu names tensor %d; there are %zu", what,
			       index, k, m->tensors);
		return false;
	}
	return true;
}

/* Codes above 126 have a field of their own. */
bool reader::code(tfl_operator *o, const fmt::Operator *in, size_t index)
{
	const fmt::OperatorCode *c;

	if (in->opcode_index() >= count(model->operator_codes())) {
		report_problem(r, "operator %zu has code %u of %zu", index,
			       in->opcode_index(),
			       count(model->operator_codes()));
		return false;
	}
	c = model->operator_codes()->Get(in->opcode_index());
	o->code = c->code() > c->old_code() ? c->code() : c->old_code();
	if (c->custom_code()) {
		std::snprintf(o->custom, sizeof(o->custom), "%.*s",
			      (int)sizeof(o->custom) - 1,
			      c->custom_code()->c_str());
		text_clean(o->custom);
	}
	return true;
}

/* Options of layers with a window differ little. */
template <typename T> void strides(tfl_options *o, const T *t)
{
	o->padding = t->padding();
	o->stride_h = t->stride_h();
	o->stride_w = t->stride_w();
	o->activation = t->activation();
}

template <typename T> void dilation(tfl_options *o, const T *t)
{
	o->dilation_h = t->dilation_h();
	o->dilation_w = t->dilation_w();
}

void read_options(tfl_options *o, const fmt::Conv2D *t)
{
	strides(o, t);
	dilation(o, t);
}

void read_options(tfl_options *o, const fmt::DepthwiseConv2D *t)
{
	strides(o, t);
	dilation(o, t);
	o->multiplier = t->multiplier();
}

void read_options(tfl_options *o, const fmt::TransposeConv *t)
{
	strides(o, t);
}

void read_options(tfl_options *o, const fmt::Pool2D *t)
{
	strides(o, t);
	o->filter_h = t->filter_h();
	o->filter_w = t->filter_w();
}

void read_options(tfl_options *o, const fmt::FullyConnected *t)
{
	o->activation = t->activation();
	o->weights_format = t->weights_format();
	o->keep_dims = t->keep_num_dims();
}

void read_options(tfl_options *o, const fmt::Concatenation *t)
{
	o->axis = t->axis();
	o->activation = t->activation();
}

void read_options(tfl_options *o, const fmt::StridedSlice *t)
{
	o->begin_mask = t->begin_mask();
	o->end_mask = t->end_mask();
	o->ellipsis_mask = t->ellipsis_mask();
	o->new_mask = t->new_axis_mask();
	o->shrink_mask = t->shrink_axis_mask();
	o->offset = t->offset();
}

void read_options(tfl_options *o, const fmt::ResizeNearest *t)
{
	o->align_corners = t->align_corners();
	o->half_pixel = t->half_pixel_centers();
}

/* False: options that are not read. */
bool read_any(tfl_options *o, const fmt::Operator *in)
{
	switch (in->options_type()) {
	case fmt::Options_Conv2D:
		read_options(o, in->options_as_Conv2D());
		return true;
	case fmt::Options_DepthwiseConv2D:
		read_options(o, in->options_as_DepthwiseConv2D());
		return true;
	case fmt::Options_TransposeConv:
		read_options(o, in->options_as_TransposeConv());
		return true;
	case fmt::Options_Pool2D:
		read_options(o, in->options_as_Pool2D());
		return true;
	case fmt::Options_FullyConnected:
		read_options(o, in->options_as_FullyConnected());
		return true;
	case fmt::Options_Concatenation:
		read_options(o, in->options_as_Concatenation());
		return true;
	case fmt::Options_StridedSlice:
		read_options(o, in->options_as_StridedSlice());
		return true;
	case fmt::Options_ResizeNearest:
		read_options(o, in->options_as_ResizeNearest());
		return true;
	case fmt::Options_Softmax:
		o->beta = in->options_as_Softmax()->beta();
		return true;
	case fmt::Options_Add:
		o->activation = in->options_as_Add()->activation();
		return true;
	case fmt::Options_Sub:
		o->activation = in->options_as_Sub()->activation();
		return true;
	case fmt::Options_Mul:
		o->activation = in->options_as_Mul()->activation();
		return true;
	case fmt::Options_SpaceToDepth:
		o->block = in->options_as_SpaceToDepth()->block_size();
		return true;
	case fmt::Options_DepthToSpace:
		o->block = in->options_as_DepthToSpace()->block_size();
		return true;
	case fmt::Options_Reducer:
		o->keep_dims = in->options_as_Reducer()->keep_dims();
		return true;
	case fmt::Options_LeakyRelu:
		o->alpha = in->options_as_LeakyRelu()->alpha();
		return true;
	case fmt::Options_MirrorPad:
		o->mode = in->options_as_MirrorPad()->mode();
		return true;
	case fmt::Options_Gelu:
		o->approximate = in->options_as_Gelu()->approximate();
		return true;
	default:
		return false;
	}
}

bool reader::op(tfl_operator *o, const fmt::Operator *in, size_t index)
{
	o->in = ints(in->inputs());
	o->out = ints(in->outputs());
	if (in->options() && read_any(&o->opt, in))
		o->opt.kind = in->options_type();
	return code(o, in, index) &&
	       in_range(o->in, "input of operator", index, true) &&
	       in_range(o->out, "output of operator", index, false);
}

bool reader::ops()
{
	m->ops = count(sub->operators());
	if (m->ops > max_ops) {
		report_problem(r, "the network has %zu operators; at most %zu are supported",
			       m->ops, max_ops);
		m->ops = 0;
		return false;
	}
	m->op = (tfl_operator *)mem_array(m->ops + 1, sizeof(*m->op));
	for (size_t i = 0; i < m->ops; i++)
		if (!op(&m->op[i], sub->operators()->Get(i), i))
			return false;
	return true;
}

bool reader::graph()
{
	if (count(model->subgraphs()) != 1) {
		report_problem(r, "the file has %zu graphs; only files with one are supported (control flow has more)",
			       count(model->subgraphs()));
		return false;
	}
	sub = model->subgraphs()->Get(0);
	m->name = name_of(sub->name(), "graph", 0);
	m->in = ints(sub->inputs());
	m->out = ints(sub->outputs());
	return tensors() && ops() &&
	       in_range(m->in, "input of graph", 0, false) &&
	       in_range(m->out, "output of graph", 0, false);
}

} // namespace

int tfl_read(const void *data, size_t size, struct tfl_model *m,
	     struct report *r)
{
	reader rd = {};

	*m = {};
	rd.data = (const uint8_t *)data;
	rd.size = size;
	rd.m = m;
	rd.r = r;
	if (size < 8 || !fmt::ModelBufferHasIdentifier(data)) {
		report_problem(r, "this is not a TFLite file");
		return -1;
	}
	flatbuffers::Verifier verifier(rd.data, size, max_depth, max_tables);

	if (!fmt::VerifyModelBuffer(verifier)) {
		report_problem(r, "the file is damaged: its tables do not hold together");
		return -1;
	}
	rd.model = fmt::GetModel(data);
	if (rd.model->version() != 3)
		report_problem(r, "the file has version %u of the format; only 3 is supported",
			       rd.model->version());
	else if (rd.graph())
		return 0;
	tfl_free(m);
	return -1;
}

void tfl_free(struct tfl_model *m)
{
	for (size_t i = 0; i < m->tensors; i++) {
		std::free(m->tensor[i].name);
		std::free(m->tensor[i].full_name);
	}
	std::free(m->tensor);
	std::free(m->op);
	std::free(m->name);
	*m = {};
}
