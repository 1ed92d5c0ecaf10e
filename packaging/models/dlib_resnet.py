"""dlib's face recognition ResNet (`dlib_face_recognition_resnet_model_v1.dat`, CC0) as ONNX.

The file is dlib's own serialisation. Only the learned numbers are read from it, in their order from
input to output; the network's shape is written down here (Davis King, dlib's dnn_face_recognition_ex).
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT = 150
WIDTH = 128
MEAN_RGB = (122.782, 117.001, 104.298)
SCALE = 1.0 / 256.0
# Blocks of each stage; True: the block halves the size and widens the channels.
STAGES = [
    (32, [False, False, False]),
    (64, [True, False, False, False]),
    (128, [True, False, False]),
    (256, [True, False, False]),
    (256, [True]),
]


def integer(data: bytes, at: int) -> tuple[int, int]:
    """dlib's compact integer (a byte of length and sign, then little-endian bytes) and where it ends."""
    head = data[at]
    end = at + 1 + (head & 0x0F)
    value = int.from_bytes(data[at + 1 : end], "little")
    return (-value if head & 0x80 else value), end


def tensor(data: bytes, at: int) -> np.ndarray:
    """A tensor of version 2: four dimensions, then raw float32; flat."""
    version, at = integer(data, at)
    if version != 2:
        raise ValueError(f"tensor version {version}, expected 2")
    count = 1
    for _ in range(4):
        dimension, at = integer(data, at)
        count *= dimension
    if not 0 < count < 10_000_000:
        raise ValueError(f"a tensor of {count} numbers")
    return np.frombuffer(data, "<f4", count, at)


def layers(data: bytes, kind: bytes) -> list[np.ndarray]:
    """The learned numbers of every layer of a kind, from input to output."""
    marker = bytes([1, len(kind)]) + kind
    found, at = [], data.find(marker)
    while at >= 0:
        start = at + len(marker)
        # The layer's own few integers may stand between its name and its tensor.
        begin = data.find(b"\x01\x02", start, start + 32)
        if begin < 0:
            raise ValueError(f"no tensor behind {kind!r} at {at}")
        found.append(tensor(data, begin))
        at = data.find(marker, start)
    return found


class Graph:
    """Nodes and initialisers, with names given in order."""

    def __init__(self):
        self.nodes, self.initialisers, self.count = [], [], 0

    def constant(self, array: np.ndarray) -> str:
        self.count += 1
        name = f"w{self.count}"
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str = "", **attributes) -> str:
        self.count += 1
        output = output or f"t{self.count}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output


class Network:
    """The network's shape, filled with the numbers of one file."""

    def __init__(self, data: bytes):
        self.graph = Graph()
        self.convolutions = iter(zip(layers(data, b"con_4"), layers(data, b"affine_"), strict=True))
        self.last = layers(data, b"fc_2")
        self.size = INPUT
        self.channels = 3

    def convolution(self, x: str, filters: int, kernel: int, stride: int) -> str:
        """A convolution with the affine layer behind it folded in. dlib pads only where the stride is 1."""
        numbers, affine = next(self.convolutions)
        weights = numbers[:-filters].reshape(filters, -1, kernel, kernel)
        gamma, beta = affine[:filters], affine[filters:]
        weights = weights * gamma[:, None, None, None]
        bias = numbers[-filters:] * gamma + beta
        pad = kernel // 2 if stride == 1 else 0
        names = [x, self.graph.constant(weights.astype(np.float32)), self.graph.constant(bias.astype(np.float32))]
        return self.graph.node("Conv", names, strides=[stride] * 2, pads=[pad] * 4, kernel_shape=[kernel] * 2)

    def block(self, x: str, filters: int, down: bool) -> str:
        """relu(shortcut + conv(relu(conv(x)))); a down block's shortcut is a 2x2 average pool of x."""
        stride = 2 if down else 1
        inner = self.graph.node("Relu", [self.convolution(x, filters, 3, stride)])
        inner = self.convolution(inner, filters, 3, 1)
        if down:
            halved, pooled = (self.size - 3) // 2 + 1, self.size // 2
            x = self.graph.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds tensors of different size as if the smaller one went on with zeros.
            x = self.pad(x, channels=filters - self.channels, size=max(halved - pooled, 0))
            inner = self.pad(inner, channels=0, size=max(pooled - halved, 0))
            self.size, self.channels = max(halved, pooled), filters
        return self.graph.node("Relu", [self.graph.node("Add", [x, inner])])

    def pad(self, x: str, channels: int, size: int) -> str:
        if not channels and not size:
            return x
        ends = np.array([0, 0, 0, 0, 0, channels, size, size], np.int64)
        return self.graph.node("Pad", [x, self.graph.constant(ends)], mode="constant")

    def build(self) -> onnx.ModelProto:
        x = self.graph.node("Relu", [self.convolution("input", 32, 7, 2)])
        x = self.graph.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
        self.size, self.channels = ((INPUT - 7) // 2 + 1 - 3) // 2 + 1, 32
        for filters, blocks in STAGES:
            for down in blocks:
                x = self.block(x, filters, down)
        x = self.graph.node("Flatten", [self.graph.node("GlobalAveragePool", [x])])
        if next(self.convolutions, None) is not None or len(self.last) != 1:
            raise ValueError("the file holds more layers than the network")
        weights = self.last[0].reshape(-1, WIDTH)
        self.graph.node("MatMul", [x, self.graph.constant(weights)], "embedding")
        graph = helper.make_graph(
            self.graph.nodes,
            "dlib_face_recognition_resnet_v1",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, INPUT, INPUT])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", WIDTH])],
            self.graph.initialisers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def convert(data: bytes) -> onnx.ModelProto:
    """The network of a `.dat` file as ONNX: `input` [N,3,150,150] RGB (x - mean) * scale, `embedding` [N,128]."""
    return Network(data).build()
