"""A small writer of ONNX graphs, shared by the converters.

Exists so that each converter says only what is particular to its source. It never reads a model and never
reaches for the network.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 8


class Graph:
    """Nodes in order of execution, with fresh names; `save` writes one float32 model with an open batch."""

    def __init__(self, name, input_name, input_shape):
        self.name = name
        self.input = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["N", *input_shape])
        self.nodes = []
        self.constants = []
        self._next = 0

    def constant(self, values, dtype=np.float32):
        """Adds a constant and gives its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype=dtype), name))
        return name

    def node(self, op, inputs, output=None, **attributes):
        """Adds one node and gives the name of its output."""
        if output is None:
            self._next += 1
            output = f"t{self._next}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def conv(self, x, weight, bias=None, stride=1, pad=0, group=1):
        """A convolution; `weight` is (out, in / group, height, width)."""
        weight = np.asarray(weight, dtype=np.float32)
        inputs = [x, self.constant(weight)]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.node(
            "Conv", inputs, kernel_shape=list(weight.shape[2:]), strides=[stride, stride],
            pads=[pad] * 4, group=group,
        )

    def prelu(self, x, slope):
        """A PReLU; one slope for all channels or one for each."""
        slope = np.asarray(slope, dtype=np.float32).reshape(-1)
        return self.node("PRelu", [x, self.constant(slope.reshape(-1, 1, 1))])

    def save(self, path, output_name, width):
        """Checks the graph and writes it with one output of `width` floats a row."""
        output = helper.make_tensor_value_info(output_name, TensorProto.FLOAT, ["N", width])
        graph = helper.make_graph(self.nodes, self.name, [self.input], [output], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="lintel"
        )
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def fold_batch_norm(weight, gamma, beta, mean, variance, epsilon):
    """The weight and bias of a bias-free convolution (or matrix) with the batch norm that follows it folded in."""
    weight = np.asarray(weight, dtype=np.float64)
    scale = np.asarray(gamma, dtype=np.float64) / np.sqrt(np.asarray(variance, dtype=np.float64) + epsilon)
    folded = weight * scale.reshape((-1,) + (1,) * (weight.ndim - 1))
    return folded.astype(np.float32), (beta - mean * scale).astype(np.float32)
