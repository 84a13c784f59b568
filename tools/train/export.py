# SPDX-License-Identifier: MIT
"""Writes a trained network as ONNX, quantizers as QONNX nodes."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from quantizers import Bipolar

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

    def block(self, number, block):
        n, bn = str(number), block.bn
        self.chain("Conv", "conv" + n,
                   self.weight("conv" + n, block.conv.weight, block.wq),
                   kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1],
                   dilations=[1, 1], group=1)
        self.chain("BatchNormalization", "bn" + n,
                   self.constant(f"bn{n}_gamma", bn.weight.detach()),
                   self.constant(f"bn{n}_beta", bn.bias.detach()),
                   self.constant(f"bn{n}_mean", bn.running_mean),
                   self.constant(f"bn{n}_var", bn.running_var),
                   epsilon=bn.eps)
        self.chain("Relu", "relu" + n)
        if block.aq:
            self.tensor = self.quant("quant" + n, self.tensor, block.aq)
        if block.pooled:
            self.chain("MaxPool", "pool" + n, kernel_shape=[2, 2],
                       strides=[2, 2])


def write(net, path, name):
    writer = Writer()
    for number, block in enumerate(net.blocks, 1):
        writer.block(number, block)
    writer.chain("Flatten", "flatten", axis=1)
    writer.chain("Gemm", "fc", writer.weight("fc", net.fc.weight, net.wq),
                 writer.constant("fc_bias", net.fc.bias.detach()),
                 output="logits", transB=1)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT,
                                          [1, 1, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT,
                                           [1, 10])
    graph = helper.make_graph(writer.nodes, name, [image], [logits],
                              writer.initializers)
    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == DOMAIN for node in writer.nodes):
        opsets.append(helper.make_opsetid(DOMAIN, 1))
    model = helper.make_model(graph, opset_imports=opsets,
                              ir_version=IR_VERSION,
                              producer_name="qnn tools/train")
    onnx.checker.check_model(model)
    onnx.save(model, path)
