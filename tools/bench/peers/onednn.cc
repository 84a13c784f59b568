// SPDX-License-Identifier: MIT
/*
 * oneDNN as a contender: all convolutions and fully connected layers of a network,
 * one after the other. Sums of branches and pooling are not among them.
 */
#include <dnnl.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using dt = memory::data_type;
using tag = memory::format_tag;

namespace {

struct shape {
	int fc, h, w, in, out, groups, kh, kw, stride, top, left, bottom, right;
};

struct step {
	primitive run;
	std::unordered_map<int, memory> args;
};

struct network {
	engine eng{engine::kind::cpu, 0};
	stream queue{eng};
	std::vector<step> steps;

	memory make(const memory::desc &desc)
	{
		memory m(desc, eng);
		auto *p = static_cast<unsigned char *>(m.get_data_handle());

		for (size_t i = 0; i < desc.get_size(); i++)
			p[i] = static_cast<unsigned char>(i * 37 % 61);
		return m;
	}

	template <class Forward, class Desc>
	void add(const Desc &desc, int out)
	{
		primitive_attr attr;
		post_ops relu;

		attr.set_output_scales(2, std::vector<float>(out, 1e-4f));
		relu.append_eltwise(1.f, algorithm::eltwise_relu, 0.f, 0.f);
		attr.set_post_ops(relu);

		typename Forward::primitive_desc chosen(desc, attr, eng);

		steps.push_back({Forward(chosen), {
			{DNNL_ARG_SRC, make(chosen.src_desc())},
			{DNNL_ARG_WEIGHTS, make(chosen.weights_desc())},
			{DNNL_ARG_BIAS, make(chosen.bias_desc())},
			{DNNL_ARG_DST, make(chosen.dst_desc())}}});
	}

	void add_dense(const shape &s)
	{
		add<inner_product_forward>(inner_product_forward::desc(
			prop_kind::forward_inference,
			memory::desc({1, s.in}, dt::u8, tag::nc),
			memory::desc({s.out, s.in}, dt::s8, tag::any),
			memory::desc({s.out}, dt::s32, tag::x),
			memory::desc({1, s.out}, dt::u8, tag::nc)), s.out);
	}

	void add_conv(const shape &s)
	{
		long oh = (s.h + s.top + s.bottom - s.kh) / s.stride + 1;
		long ow = (s.w + s.left + s.right - s.kw) / s.stride + 1;
		memory::dims weights = {s.out, s.in, s.kh, s.kw};

		if (s.groups > 1)
			weights = {s.groups, s.out / s.groups, s.in / s.groups, s.kh, s.kw};
		add<convolution_forward>(convolution_forward::desc(
			prop_kind::forward_inference, algorithm::convolution_direct,
			memory::desc({1, s.in, s.h, s.w}, dt::u8, tag::nhwc),
			memory::desc(weights, dt::s8, tag::any),
			memory::desc({s.out}, dt::s32, tag::x),
			memory::desc({1, s.out, oh, ow}, dt::u8, tag::nhwc),
			{s.stride, s.stride}, {s.top, s.left}, {s.bottom, s.right}), s.out);
	}
};

} // namespace

/* @count layers, 13 numbers each; NULL: not possible. */
extern "C" void *onednn_open(const int *numbers, int count)
{
	try {
		auto net = std::make_unique<network>();
		auto *s = reinterpret_cast<const shape *>(numbers);

		for (int i = 0; i < count; i++)
			s[i].fc ? net->add_dense(s[i]) : net->add_conv(s[i]);
		return net.release();
	} catch (const std::exception &e) {
		std::fprintf(stderr, "oneDNN: %s\n", e.what());
		return nullptr;
	}
}

extern "C" void onednn_run(void *handle)
{
	auto *net = static_cast<network *>(handle);

	for (auto &s : net->steps)
		s.run.execute(net->queue, s.args);
	net->queue.wait();
}

extern "C" const char *onednn_version(void)
{
	static const std::string text = std::to_string(version()->major) + "." +
		std::to_string(version()->minor) + "." + std::to_string(version()->patch);

	return text.c_str();
}
