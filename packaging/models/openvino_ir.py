"""Intel's face-reidentification-retail-0095 (OpenVINO IR version 10 or 11, Apache-2.0) as ONNX.

An IR is an XML file (layers and the edges between their ports) and a file of raw constants. Only the
layer types of this one network are known; anything else is refused, never guessed. The constants are
half precision and become float32; the batch dimension is opened and the output flattened.
"""

import dataclasses
import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.dlib_resnet import Graph

MAX_XML_BYTES = 8 * 1024 * 1024
MAX_WEIGHT_BYTES = 256 * 1024 * 1024
MAX_LAYERS = 10_000
MAX_DIMENSIONS = 8
VERSIONS = ("10", "11")
TYPES = {"f16": np.dtype("<f2"), "f32": np.dtype("<f4")}


@dataclasses.dataclass
class Layer:
    """A layer of the XML, with the layers that feed its input ports, in the ports' order."""

    id: str
    name: str
    type: str
    data: dict[str, str]
    inputs: list[str]

    def get(self, key: str) -> str:
        """An attribute of the layer's `data` that must be there."""
        if key not in self.data:
            raise ValueError(f"layer {self.name!r} ({self.type}) has no attribute {key!r}")
        return self.data[key]

    def integers(self, key: str) -> list[int]:
        """A comma-separated attribute; none of these may be negative."""
        text = self.get(key)
        try:
            values = [int(part) for part in text.split(",")]
        except ValueError:
            values = [-1]
        if min(values) < 0 or len(values) > MAX_DIMENSIONS:
            raise ValueError(f"layer {self.name!r} ({self.type}): {key} = {text[:40]!r} is not a list of sizes")
        return values

    def expect(self, defaults: dict[str, str]) -> None:
        """Refuses a layer whose optional attributes are not the ones this conversion knows."""
        for key, value in defaults.items():
            if self.data.get(key, value) != value:
                raise ValueError(f"layer {self.name!r} ({self.type}): {key} = {self.data[key][:40]!r}, only {value!r} is known")


def parse(xml: bytes) -> ElementTree.Element:
    """The XML's root. Declarations that could name or multiply entities are refused before parsing."""
    if len(xml) > MAX_XML_BYTES:
        raise ValueError(f"the XML is larger than {MAX_XML_BYTES} bytes")
    try:
        text = xml.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the XML is not UTF-8: {error}") from error
    folded = text.upper()
    if "<!DOCTYPE" in folded or "<!ENTITY" in folded or "\0" in text:
        raise ValueError("the XML has a document type or entity declaration; an IR has none")
    try:
        # Given as text, so that an encoding named in the file cannot hide such a declaration.
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"the XML cannot be read: {error}") from error
    if root.tag != "net" or root.get("version") not in VERSIONS:
        raise ValueError(f"not an IR of version {' or '.join(VERSIONS)}: <{root.tag[:40]} version={root.get('version')!r}>")
    return root


def sources(root: ElementTree.Element) -> dict[tuple[str, str], str]:
    """For each (layer, input port) the layer whose output goes there."""
    found: dict[tuple[str, str], str] = {}
    for edge in root.iterfind("edges/edge"):
        place = (edge.get("to-layer", ""), edge.get("to-port", ""))
        if place in found:
            raise ValueError(f"two edges go to port {place[1]!r} of layer {place[0]!r}")
        found[place] = edge.get("from-layer", "")
    return found


def read_layers(root: ElementTree.Element) -> list[Layer]:
    """The layers, each behind the ones that feed it, whatever their order in the file."""
    elements = root.findall("layers/layer")
    if not 0 < len(elements) <= MAX_LAYERS:
        raise ValueError(f"an IR of {len(elements)} layers")
    edges = sources(root)
    waiting: dict[str, Layer] = {}
    for element in elements:
        id, name, type = element.get("id", ""), element.get("name", ""), element.get("type", "")
        if id in waiting:
            raise ValueError(f"two layers have the id {id!r}")
        if type not in HANDLERS or element.get("version", "opset1") != "opset1":
            kind = f"type {type!r} ({element.get('version')})"
            raise ValueError(f"layer {name!r} is of {kind}, which this conversion does not know")
        if len(element.findall("output/port")) > 1:
            raise ValueError(f"layer {name!r} ({type}) has more than one output")
        data = element.find("data")
        ports = [port.get("id", "") for port in element.iterfind("input/port")]
        inputs = [edges.get((id, port), "") for port in ports]
        if len(inputs) != HANDLERS[type][1]:
            raise ValueError(f"layer {name!r} ({type}) has {len(inputs)} inputs, expected {HANDLERS[type][1]}")
        waiting[id] = Layer(id, name, type, dict(data.attrib) if data is not None else {}, inputs)
    for layer in waiting.values():
        for source in layer.inputs:
            if source not in waiting:
                raise ValueError(f"layer {layer.name!r} ({layer.type}) has an input that nothing feeds")
    return in_order(waiting)


def in_order(layers: dict[str, Layer]) -> list[Layer]:
    """The layers sorted so that each comes behind its inputs; ties keep the file's order."""
    missing = {id: len(layer.inputs) for id, layer in layers.items()}
    users: dict[str, list[str]] = {id: [] for id in layers}
    for id, layer in layers.items():
        for source in layer.inputs:
            users[source].append(id)
    ready = [id for id, count in missing.items() if count == 0]
    for id in ready:
        for user in users[id]:
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    if len(ready) != len(layers):
        raise ValueError("the layers feed each other in a circle")
    return [layers[id] for id in ready]


class Conversion:
    """The graph as it grows: which ONNX value stands for which layer's output."""

    def __init__(self, weights: bytes):
        if len(weights) > MAX_WEIGHT_BYTES:
            raise ValueError(f"the weights are larger than {MAX_WEIGHT_BYTES} bytes")
        self.weights = weights
        self.graph = Graph()
        self.values: dict[str, str] = {}
        self.constants: dict[str, np.ndarray] = {}
        self.input: list[int] = []
        self.result = ""

    def value(self, id: str) -> str:
        """The name of a layer's output in the ONNX graph; a constant is added when first used."""
        if id not in self.values:
            self.values[id] = self.graph.constant(self.constants[id])
        return self.values[id]

    def constant(self, layer: Layer, at: int, rank: int) -> np.ndarray:
        """The constant behind an input, which must be one, of so many dimensions."""
        array = self.constants.get(layer.inputs[at])
        if array is None or array.ndim != rank:
            raise ValueError(f"layer {layer.name!r} ({layer.type}): input {at} must be a constant of {rank} dimensions")
        return array

    def const(self, layer: Layer) -> None:
        kind = TYPES.get(layer.get("element_type"))
        if kind is None:
            raise ValueError(f"constant {layer.name!r} is of type {layer.get('element_type')[:40]!r}, only f16 and f32 are known")
        shape = layer.integers("shape")
        (offset,), (size,) = layer.integers("offset"), layer.integers("size")
        if size == 0 or size != math.prod(shape) * kind.itemsize or offset + size > len(self.weights):
            raise ValueError(f"constant {layer.name!r}: {size} bytes at {offset} of {len(self.weights)} do not hold {shape}")
        array = np.frombuffer(self.weights, kind, math.prod(shape), offset).astype(np.float32).reshape(shape)
        if not np.isfinite(array).all():
            raise ValueError(f"constant {layer.name!r} has numbers that are not finite")
        self.constants[layer.id] = array

    def parameter(self, layer: Layer) -> None:
        shape = layer.integers("shape")
        if self.input or len(shape) != 4 or 0 in shape:
            raise ValueError(f"input {layer.name!r} of shape {shape}: exactly one of four dimensions is known")
        self.input, self.values[layer.id] = shape, "input"

    def outcome(self, layer: Layer) -> None:
        if self.result:
            raise ValueError("the IR has more than one output")
        self.result = layer.inputs[0]

    def simple(self, layer: Layer) -> None:
        layer.expect({"auto_broadcast": "numpy"})
        names = {"Add": "Add", "Multiply": "Mul", "Sigmoid": "Sigmoid"}
        self.values[layer.id] = self.graph.node(names[layer.type], [self.value(id) for id in layer.inputs])

    def prelu(self, layer: Layer) -> None:
        slope = self.constant(layer, 1, 1)
        # The IR's slopes belong to the channels; ONNX aligns from the last dimension.
        shape = (1,) if slope.size == 1 else (slope.size, 1, 1)
        names = [self.value(layer.inputs[0]), self.graph.constant(slope.reshape(shape))]
        self.values[layer.id] = self.graph.node("PRelu", names)

    def convolution(self, layer: Layer) -> None:
        layer.expect({"auto_pad": "explicit", "output_padding": "0,0"})
        groups = 1
        kernel = self.constant(layer, 1, 5 if layer.type == "GroupConvolution" else 4)
        if kernel.ndim == 5:
            groups = kernel.shape[0]
            kernel = kernel.reshape(-1, *kernel.shape[2:])
        names = [self.value(layer.inputs[0]), self.graph.constant(kernel)]
        self.values[layer.id] = self.graph.node(
            "Conv",
            names,
            kernel_shape=list(kernel.shape[2:]),
            strides=layer.integers("strides"),
            dilations=layer.integers("dilations"),
            pads=layer.integers("pads_begin") + layer.integers("pads_end"),
            group=groups,
        )

    def pool(self, layer: Layer) -> None:
        layer.expect({"auto_pad": "explicit", "rounding_type": "floor"})
        if layer.get("exclude-pad") not in ("true", "false"):
            raise ValueError(f"layer {layer.name!r} ({layer.type}): exclude-pad is neither true nor false")
        self.values[layer.id] = self.graph.node(
            "AveragePool",
            [self.value(layer.inputs[0])],
            kernel_shape=layer.integers("kernel"),
            strides=layer.integers("strides"),
            pads=layer.integers("pads_begin") + layer.integers("pads_end"),
            count_include_pad=int(layer.get("exclude-pad") == "false"),
        )

    def finish(self) -> onnx.ModelProto:
        """Flattens the output, names it and closes the graph; the checker infers and compares all shapes."""
        if not self.input or not self.result:
            raise ValueError("the IR has no input or no output")
        self.graph.node("Flatten", [self.value(self.result)], "embedding", axis=1)
        graph = helper.make_graph(
            self.graph.nodes,
            "face_reidentification_retail_0095",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", *self.input[1:]])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", None])],
            self.graph.initialisers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        try:
            onnx.checker.check_model(model, full_check=True)
            inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise ValueError(f"the layers do not fit together: {error}") from error
        check_channels(inferred)
        model.graph.output[0].CopyFrom(inferred.output[0])
        return model


def check_channels(graph: onnx.GraphProto) -> None:
    """Refuses a convolution whose kernel is for other channels than come in; ONNX's checker lets it pass."""
    kernels = {constant.name: constant.dims for constant in graph.initializer}
    shapes = {info.name: info.type.tensor_type.shape.dim for info in [*graph.input, *graph.value_info]}
    for node in (node for node in graph.node if node.op_type == "Conv"):
        groups = next(attribute.i for attribute in node.attribute if attribute.name == "group")
        channels, kernel = shapes[node.input[0]][1].dim_value, kernels[node.input[1]]
        if kernel[1] * groups != channels or kernel[0] % groups:
            raise ValueError(f"the layers do not fit together: a kernel of {list(kernel)} on {channels} channels")


# What is done with each layer type, and how many inputs it has.
HANDLERS = {
    "Const": (Conversion.const, 0),
    "Parameter": (Conversion.parameter, 0),
    "Result": (Conversion.outcome, 1),
    "Add": (Conversion.simple, 2),
    "Multiply": (Conversion.simple, 2),
    "Sigmoid": (Conversion.simple, 1),
    "PReLU": (Conversion.prelu, 2),
    "Convolution": (Conversion.convolution, 2),
    "GroupConvolution": (Conversion.convolution, 2),
    "AvgPool": (Conversion.pool, 1),
}


def convert(xml: bytes, weights: bytes) -> onnx.ModelProto:
    """The network as ONNX: `input` [N,3,128,128] BGR 0-255, `embedding` [N,256], not normalised.

    Raises ValueError saying what was found where the files are not what is expected.
    """
    conversion = Conversion(weights)
    for layer in read_layers(parse(xml)):
        HANDLERS[layer.type][0](conversion, layer)
    return conversion.finish()
