"""Minivision's MiniFASNet checkpoints (V2 and V1SE, 80×80, three classes), to ONNX.

Follows src/model_lib/MiniFASNet.py of Silent-Face-Anti-Spoofing (Apache-2.0). Widths, depths and the
squeeze-excite blocks are read from the checkpoint's own names, so both variants are one description. Batch
norm is folded into the convolution before it, and the softmax that the original applies outside is inside.
"""

import sys

import torch_file
from graph import Graph, fold_batch_norm

EPSILON = 1e-5
STAGES = [("conv_23", None), ("conv_3", 4), ("conv_34", None), ("conv_4", 6), ("conv_45", None), ("conv_5", 2)]


class Network:
    """Writes the layers of one checkpoint into a graph."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.graph = Graph("minifasnet", "input", [3, 80, 80])

    def folded(self, weight, norm):
        parts = (self.tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
        return fold_batch_norm(self.tensors[f"{weight}.weight"], *parts, EPSILON)

    def linear(self, x, name, stride=1, pad=0):
        weight, bias = self.folded(f"{name}.conv", f"{name}.bn")
        group = weight.shape[0] if weight.shape[1] == 1 else 1
        return self.graph.conv(x, weight, bias, stride, pad, group)

    def block(self, x, name, stride=1, pad=0):
        return self.graph.prelu(self.linear(x, name, stride, pad), self.tensors[f"{name}.prelu.weight"])

    def squeeze(self, x, name):
        if f"{name}.fc1.weight" not in self.tensors:
            return x
        gate = self.graph.node("GlobalAveragePool", [x])
        gate = self.graph.conv(gate, *self.folded(f"{name}.fc1", f"{name}.bn1"))
        gate = self.graph.node("Relu", [gate])
        gate = self.graph.conv(gate, *self.folded(f"{name}.fc2", f"{name}.bn2"))
        return self.graph.node("Mul", [x, self.graph.node("Sigmoid", [gate])])

    def depthwise(self, x, name, stride):
        x = self.block(x, f"{name}.conv")
        x = self.block(x, f"{name}.conv_dw", stride, 1)
        return self.linear(x, f"{name}.project")

    def residual(self, x, name):
        inner = self.squeeze(self.depthwise(x, name, 1), f"{name}.se_module")
        return self.graph.node("Add", [x, inner])

    def write(self, out_path):
        x = self.block("input", "conv1", 2, 1)
        x = self.block(x, "conv2_dw", 1, 1)
        for name, depth in STAGES:
            if depth is None:
                x = self.depthwise(x, name, 2)
            for index in range(depth or 0):
                x = self.residual(x, f"{name}.model.{index}")
        x = self.block(x, "conv_6_sep")
        x = self.linear(x, "conv_6_dw")
        x = self.graph.node("Flatten", [x], axis=1)
        weight, bias = self.folded("linear", "bn")
        x = self.graph.node("Gemm", [x, self.graph.constant(weight), self.graph.constant(bias)], transB=1)
        x = self.graph.node("Gemm", [x, self.graph.constant(self.tensors["prob.weight"])], transB=1)
        self.graph.node("Softmax", [x], "prob", axis=1)
        self.graph.save(out_path, "prob", 3)


def convert(pth_path, out_path):
    """Writes the ONNX: `input` (N, 3, 80, 80) BGR 0-255 → `prob` (N, 3), index 1 = live."""
    Network(torch_file.read(pth_path)).write(out_path)


if __name__ == "__main__":
    convert(*sys.argv[1:3])
