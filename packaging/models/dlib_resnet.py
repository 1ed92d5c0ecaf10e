"""dlib's face recognition ResNet (dlib_face_recognition_resnet_model_v1.dat), to ONNX.

The file is dlib's own serialisation of a C++ type: each layer writes a type marker and then its parameters as
one tensor. This reads the three markers that carry weights, in the file's order (input to output), checks
their number and sizes against the network's shape, and never guesses at the rest.
"""

import sys

import numpy as np

from graph import Graph

# Blocks after the stem: (filters, is the block a down block).
BLOCKS = (
    [(32, False)] * 3 + [(64, True)] + [(64, False)] * 3 + [(128, True)] + [(128, False)] * 2
    + [(256, True)] + [(256, False)] * 2 + [(256, True)]
)
CONVOLUTIONS = 1 + 2 * len(BLOCKS)


def _integer(data, at):
    """dlib's compact integer: the low four bits of the first byte are the length, the top bit is the sign."""
    head = data[at]
    length = head & 0x0F
    if not 0 < length <= 8:
        raise ValueError(f"byte {at}: not an integer of dlib's")
    value = int.from_bytes(data[at + 1:at + 1 + length], "little")
    return (-value if head & 0x80 else value), at + 1 + length


def _tensor(data, at):
    version, at = _integer(data, at)
    if version != 2:
        raise ValueError(f"byte {at}: tensor of version {version}, only 2 is known")
    size = 1
    for _ in range(4):
        extent, at = _integer(data, at)
        size *= extent
    if size <= 0 or at + 4 * size > len(data):
        raise ValueError(f"byte {at}: a tensor of {size} values does not fit in the file")
    return np.frombuffer(data, "<f4", size, at)


def _tensors(data, marker, integers_first=0):
    """The parameters behind every `marker`, which dlib writes as a length and the text."""
    text = bytes([1, len(marker)]) + marker
    found, at = [], data.find(text)
    while at >= 0:
        start = at + len(text)
        for _ in range(integers_first):
            _, start = _integer(data, start)
        found.append(_tensor(data, start))
        at = data.find(text, at + len(text))
    return found


class Network:
    """The ResNet, taking convolutions and affine layers in order."""

    def __init__(self, data):
        self.convolutions = _tensors(data, b"con_4")
        self.affines = _tensors(data, b"affine_")
        heads = _tensors(data, b"fc_2", integers_first=2)  # its outputs and inputs
        counts = (len(self.convolutions), len(self.affines), len(heads))
        if counts != (CONVOLUTIONS, CONVOLUTIONS, 1):
            raise ValueError(f"convolutions, affine layers, heads: {counts}, expected {CONVOLUTIONS}, {CONVOLUTIONS}, 1")
        self.head = heads[0].reshape(256, 128)
        self.graph = Graph("dlib-face-recognition-resnet-v1", "input", [3, 150, 150])

    def conv(self, x, inputs, filters, kernel, stride):
        """A convolution with its affine layer folded in. dlib pads only where the stride is one."""
        values, affine = self.convolutions.pop(0), self.affines.pop(0)
        if values.size != filters * (inputs * kernel * kernel + 1) or affine.size != 2 * filters:
            raise ValueError(f"a {kernel}×{kernel} convolution of {filters} has {values.size} and {affine.size} values")
        weight, bias = values[:-filters].reshape(filters, inputs, kernel, kernel), values[-filters:]
        gamma, beta = affine[:filters], affine[filters:]
        pad = kernel // 2 if stride == 1 else 0
        return self.graph.conv(x, weight * gamma.reshape(-1, 1, 1, 1), bias * gamma + beta, stride, pad)

    def padded(self, x, channels=0, below_and_right=0):
        pads = [0, 0, 0, 0, 0, channels, below_and_right, below_and_right]
        return self.graph.node("Pad", [x, self.graph.constant(pads, np.int64)])

    def block(self, x, inputs, filters, down, size):
        """One residual block; gives its output and that output's edge in pixels."""
        inner = self.conv(x, inputs, filters, 3, 2 if down else 1)
        inner = self.conv(self.graph.node("Relu", [inner]), filters, filters, 3, 1)
        if down:
            pooled, convolved = size // 2, (size - 3) // 2 + 1
            x = self.graph.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds tensors of unlike size as if the smaller one went on with zeros.
            if filters > inputs:
                x = self.padded(x, channels=filters - inputs)
            if pooled > convolved:
                inner = self.padded(inner, below_and_right=pooled - convolved)
            size = pooled
        return self.graph.node("Relu", [self.graph.node("Add", [x, inner])]), size

    def write(self, out_path):
        x = self.graph.node("Relu", [self.conv("input", 3, 32, 7, 2)])
        x = self.graph.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
        inputs, size = 32, 35
        for filters, down in BLOCKS:
            x, size = self.block(x, inputs, filters, down, size)
            inputs = filters
        x = self.graph.node("Flatten", [self.graph.node("GlobalAveragePool", [x])], axis=1)
        self.graph.node("MatMul", [x, self.graph.constant(self.head)], "embedding")
        self.graph.save(out_path, "embedding", 128)


def convert(dat_path, out_path):
    """Writes the ONNX: `input` (N, 3, 150, 150) RGB, (x - mean) / 256 → `embedding` (N, 128), not normalised."""
    Network(open(dat_path, "rb").read()).write(out_path)


if __name__ == "__main__":
    convert(*sys.argv[1:3])
