"""OpenVINO's intermediate representation (version 10, FP16) of face-reidentification-retail-0095, to ONNX.

Only the dozen operations that this network uses are known; anything else is refused by name, because a layer
that is silently skipped gives embeddings that look right and are not.
"""

import sys
import xml.etree.ElementTree as ElementTree

import numpy as np

from graph import Graph

CONSTANT_TYPES = {"f16": np.float16, "f32": np.float32, "i64": np.int64}


def _ints(text):
    return [int(part) for part in text.split(",")]


class Reader:
    """Walks the layers in the file's order, which is the order of execution."""

    def __init__(self, xml_path, bin_path):
        root = ElementTree.parse(xml_path).getroot()
        if root.get("version") != "10":
            raise ValueError(f"{xml_path}: version {root.get('version')}, only 10 is known")
        self.layers = root.find("layers").findall("layer")
        self.weights = open(bin_path, "rb").read()
        self.sources = {}
        for edge in root.find("edges"):
            self.sources.setdefault(edge.get("to-layer"), {})[int(edge.get("to-port"))] = edge.get("from-layer")
        self.values = {}
        self.constants = {}
        self.pending = {}
        self.graph = Graph("face-reidentification-retail-0095", "input", [3, 128, 128])

    def inputs(self, layer):
        ports = self.sources.get(layer.get("id"), {})
        return [ports[port] for port in sorted(ports)]

    def constant(self, layer):
        data = layer.find("data")
        dtype = CONSTANT_TYPES[data.get("element_type")]
        start, size = int(data.get("offset")), int(data.get("size"))
        raw = self.weights[start:start + size]
        if len(raw) != size:
            raise ValueError(f"layer {layer.get('name')}: the weights end before {start + size} bytes")
        shape = _ints(data.get("shape")) if data.get("shape") else []
        return np.frombuffer(raw, dtype).reshape(shape)

    def flush(self, layer_id, bias=None):
        """Writes a convolution that has been waiting to see whether a bias follows it."""
        x, weight, arguments = self.pending.pop(layer_id)
        self.values[layer_id] = self.graph.conv(x, weight, bias, **arguments)

    def value(self, layer_id):
        if layer_id in self.pending:
            self.flush(layer_id)
        return self.values[layer_id]

    def convolution(self, layer):
        source, weight_id = self.inputs(layer)
        data = layer.find("data")
        weight = self.constants[weight_id]
        group = 1
        if layer.get("type") == "GroupConvolution":
            group = weight.shape[0]
            weight = weight.reshape(group * weight.shape[1], *weight.shape[2:])
        strides, begin, end = (_ints(data.get(key)) for key in ("strides", "pads_begin", "pads_end"))
        if len({*begin, *end}) != 1 or len(set(strides)) != 1 or set(_ints(data.get("dilations"))) != {1}:
            raise ValueError(f"layer {layer.get('name')}: an uneven convolution")
        self.pending[layer.get("id")] = (
            self.value(source), weight, {"stride": strides[0], "pad": begin[0], "group": group},
        )

    def binary(self, layer):
        left, right = self.inputs(layer)
        if right in self.constants:
            values = self.constants[right]
            if layer.get("type") == "Add" and left in self.pending:
                self.flush(left, values.reshape(-1))
                self.values[layer.get("id")] = self.values[left]
                return
            other = self.graph.constant(values)
        else:
            other = self.value(right)
        op = {"Add": "Add", "Multiply": "Mul"}[layer.get("type")]
        self.values[layer.get("id")] = self.graph.node(op, [self.value(left), other])

    def average(self, layer):
        (source,) = self.inputs(layer)
        kernel = _ints(layer.find("data").get("kernel"))
        shape = [int(dim.text) for dim in layer.find("input/port")]
        if kernel != shape[2:]:
            raise ValueError(f"layer {layer.get('name')}: a pool that is not over the whole map")
        self.values[layer.get("id")] = self.graph.node("GlobalAveragePool", [self.value(source)])

    def step(self, layer):
        kind, layer_id = layer.get("type"), layer.get("id")
        if kind == "Const":
            self.constants[layer_id] = self.constant(layer)
        elif kind == "Parameter":
            self.values[layer_id] = "input"
        elif kind in ("Convolution", "GroupConvolution"):
            self.convolution(layer)
        elif kind in ("Add", "Multiply"):
            self.binary(layer)
        elif kind == "AvgPool":
            self.average(layer)
        elif kind == "Sigmoid":
            self.values[layer_id] = self.graph.node("Sigmoid", [self.value(self.inputs(layer)[0])])
        elif kind == "PReLU":
            source, slope = self.inputs(layer)
            self.values[layer_id] = self.graph.prelu(self.value(source), self.constants[slope])
        elif kind == "Result":
            self.graph.node("Flatten", [self.value(self.inputs(layer)[0])], "embedding", axis=1)
        else:
            raise ValueError(f"layer {layer.get('name')}: operation {kind} is not known")


def convert(xml_path, bin_path, out_path):
    """Writes the ONNX: `input` (N, 3, 128, 128) BGR 0-255 → `embedding` (N, 256), not normalised."""
    reader = Reader(xml_path, bin_path)
    for layer in reader.layers:
        reader.step(layer)
    reader.graph.save(out_path, "embedding", 256)


if __name__ == "__main__":
    convert(*sys.argv[1:4])
