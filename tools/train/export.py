# SPDX-License-Identifier: MIT
"""Writes a trained network as ONNX, quantizers as QONNX nodes."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from quantizers import Bipolar
from resnet import PIXEL

OPSET = 13
IR_VERSION = 7
DOMAIN = "qonnx.custom_op.general"


class Writer:
    """Collects the nodes and initializers of a chain of layers."""

    def __init__(self):
        self.nodes, self.initializers = [], []
        self.tensor = "image"

    def constant(self, name, value):
        array = np.asarray(value, dtype=np.float32)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, name, inputs, output=None, **attributes):
        output = output or name + "_out"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name,
                                           **attributes))
        return output

    def chain(self, op, name, *inputs, output=None, **attributes):
        self.tensor = self.node(op, name, [self.tensor, *inputs], output,
                                **attributes)

    def quant(self, name, x, quantizer):
        return self.node(
            "Quant", name,
            [x, self.constant(name + "_scale", quantizer.step().detach()),
             self.constant(name + "_zero_point", 0),
             self.constant(name + "_bits", quantizer.bits)],
            domain=DOMAIN, signed=quantizer.signed, narrow=quantizer.narrow,
            rounding_mode="ROUND")

    def weight(self, layer, weight, quantizer):
        """The name of the tensor that the layer reads its weights from."""
        if hasattr(quantizer, "codes"):
            return self.integers(layer + "_weight",
                                 *quantizer.codes(weight.detach()))
        name = self.constant(layer + "_weight", weight.detach())
        if quantizer is None:
            return name
        if isinstance(quantizer, Bipolar):
            scale = quantizer.scale(weight).detach()
            return self.node(
                "BipolarQuant", layer + "_weight_quant",
                [name, self.constant(layer + "_weight_quant_scale", scale)],
                domain=DOMAIN)
        return self.quant(layer + "_weight_quant", name, quantizer)

    def integers(self, name, code, scale):
        """Integers of 8 bits, of few different values, times a scale."""
        array = code.detach().round().numpy().astype(np.int8)
        self.initializers.append(numpy_helper.from_array(array, name))
        return self.node("DequantizeLinear", name + "_dequantize",
                         [name, self.constant(name + "_scale",
                                              scale.detach().flatten())],
                         axis=0)

    def conv(self, name, conv, quantizer):
        """A convolution of equal strides and pads, without bias."""
        self.chain("Conv", name, self.weight(name, conv.weight, quantizer),
                   kernel_shape=list(conv.kernel_size),
                   pads=list(conv.padding) * 2, strides=list(conv.stride),
                   dilations=[1, 1], group=1)

    def norm(self, name, bn, factor=1):
        """factor is a power of two that its input lacks."""
        self.chain("BatchNormalization", name,
                   self.constant(name + "_gamma", bn.weight.detach()),
                   self.constant(name + "_beta", bn.bias.detach()),
                   self.constant(name + "_mean", bn.running_mean / factor),
                   self.constant(name + "_var", bn.running_var / factor ** 2),
                   epsilon=bn.eps / factor ** 2)

    def linear(self, name, layer, quantizer, output=None):
        bias = self.constant(name + "_bias", layer.bias.detach())
        self.chain("Gemm", name, self.weight(name, layer.weight, quantizer),
                   bias, output=output, transB=1)

    def block(self, number, block):
        n = str(number)
        self.conv("conv" + n, block.conv, block.wq)
        self.norm("bn" + n, block.bn)
        self.chain("Relu", "relu" + n)
        if block.aq:
            self.tensor = self.quant("quant" + n, self.tensor, block.aq)
        if block.pooled:
            self.pool(n)

    def pool(self, number):
        self.chain("MaxPool", "pool" + number, kernel_shape=[2, 2],
                   strides=[2, 2])

    def save(self, path, name, shape):
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT,
                                              [1, *shape])
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT,
                                               [1, 10])
        graph = helper.make_graph(self.nodes, name, [image], [logits],
                                  self.initializers)
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain == DOMAIN for node in self.nodes):
            opsets.append(helper.make_opsetid(DOMAIN, 1))
        model = helper.make_model(graph, opset_imports=opsets,
                                  ir_version=IR_VERSION,
                                  producer_name="qnn tools/train")
        onnx.checker.check_model(model)
        onnx.save(model, path)


def write(net, path, name):
    """The digits network."""
    writer = Writer()
    for number, block in enumerate(net.blocks, 1):
        writer.block(number, block)
    writer.chain("Flatten", "flatten", axis=1)
    writer.linear("fc", net.fc, net.wq, "logits")
    writer.save(path, name, [1, 8, 8])


def write_lenet(net, path, name):
    writer = Writer()
    for number, layer in enumerate(net.layers, 1):
        # The factor of the pixels is in the first normalization.
        writer.conv(f"conv{number}", layer.conv, layer.wq)
        writer.norm(f"bn{number}", layer.bn, 1 if number > 1 else PIXEL)
        writer.chain("Relu", f"relu{number}")
        if layer.pooled:
            writer.pool(str(number))
    writer.chain("Flatten", "flatten", axis=1)
    writer.linear("fc", net.fc, net.wq, "logits")
    writer.save(path, name, [1, 28, 28])


def write_resnet(net, path, name):
    writer = Writer()
    # The factor of the pixels is in the first normalization.
    writer.conv("conv", net.conv, None)
    writer.norm("bn", net.bn, PIXEL)
    writer.chain("Relu", "relu")
    for number, block in enumerate(net.blocks, 1):
        resnet_block(writer, f"block{number}_", block)
    writer.chain("GlobalAveragePool", "average")
    writer.chain("Flatten", "flatten", axis=1)
    writer.linear("fc", net.fc, None, "logits")
    writer.save(path, name, [3, 32, 32])


def resnet_block(writer, name, block):
    source = writer.tensor
    read = writer.quant(name + "quant1", source, block.aq1) if block.aq1 \
        else source
    if block.shortcut:
        writer.tensor = read
        writer.conv(name + "shortcut", block.shortcut[0], block.shortcut[0].wq)
        writer.norm(name + "shortcut_bn", block.shortcut[1])
        source = writer.tensor
    writer.tensor = read
    writer.conv(name + "conv1", block.conv1, block.conv1.wq)
    writer.norm(name + "bn1", block.bn1)
    writer.chain("Relu", name + "relu1")
    if block.aq2:
        writer.tensor = writer.quant(name + "quant2", writer.tensor, block.aq2)
    writer.conv(name + "conv2", block.conv2, block.conv2.wq)
    writer.norm(name + "bn2", block.bn2)
    writer.chain("Add", name + "add", source)
    writer.chain("Relu", name + "relu2")
