"""Minivision's MiniFASNet (V2 and V1SE, 80x80, three classes, Apache-2.0) as ONNX.

A `.pth` is a pickle, and a pickle runs what it names. The reader here knows the few names and opcodes that
a file of tensors needs and refuses every other; PyTorch is not used. The network follows
src/model_lib/MiniFASNet.py of Silent-Face-Anti-Spoofing; channel counts come from the tensors. Batch norms
are folded into what stands before them, and the softmax that the original applies outside is inside.
"""

import collections
import dataclasses
import io
import math
import pickle
import pickletools
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.dlib_resnet import Graph

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_BYTES = 64 * 1024 * 1024
MAX_MEMO = 100_000
OPCODES = frozenset(
    "PROTO STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINUNICODE EMPTY_DICT EMPTY_LIST EMPTY_TUPLE "
    "TUPLE TUPLE1 TUPLE2 TUPLE3 SETITEM SETITEMS APPEND APPENDS GLOBAL REDUCE BUILD BINPERSID "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET".split()
)
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

INPUT = 80
EPSILON = 1e-5
NORM = ("weight", "bias", "running_mean", "running_var")
# A block that halves the size, then a stage of so many residual blocks.
STAGES = [("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)]
# Whether the last block of each stage has a squeeze-and-excitation.
VARIANTS = {"V2": False, "V1SE": True}


@dataclasses.dataclass
class Storage:
    """A run of numbers that tensors are cut from; filled after the pickles are read."""

    kind: np.dtype
    size: int
    numbers: np.ndarray | None = None


@dataclasses.dataclass
class Tensor:
    """A tensor as the pickle describes it."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, name: str) -> np.ndarray:
        count = math.prod(self.shape)
        packed = tuple(math.prod(self.shape[at + 1 :]) for at in range(len(self.shape)))
        if self.strides != packed:
            raise ValueError(f"tensor {name!r} is not stored without gaps")
        if self.offset < 0 or min(self.shape, default=1) < 1 or self.offset + count > self.storage.size:
            raise ValueError(f"tensor {name!r} of shape {self.shape} reaches beyond its storage")
        array = self.storage.numbers[self.offset : self.offset + count].reshape(self.shape)
        if not np.isfinite(array).all():
            raise ValueError(f"tensor {name!r} has numbers that are not finite")
        return array


def rebuild(storage, offset, shape, strides, *_) -> Tensor:
    """What `torch._utils._rebuild_tensor_v2` stands for in the pickle."""
    return Tensor(storage, offset, tuple(shape), tuple(strides))


class Unpickler(pickle.Unpickler):
    """An unpickler that can name nothing but tensors and ordered dictionaries."""

    def __init__(self, data: bytes, storages: dict[str, Storage]):
        super().__init__(io.BytesIO(data))
        self.storages = storages

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return rebuild
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise ValueError(f"the file names {module}.{name}, which a file of tensors does not need")

    def persistent_load(self, pid) -> Storage:
        tag, kind, key, _place, size, *view = pid
        if tag != "storage" or any(part is not None for part in view):
            raise ValueError(f"the file refers to {tag!r} in a way that is not known")
        return self.storages.setdefault(key, Storage(kind, size))


def next_pickle(stream: io.BytesIO, storages: dict[str, Storage]):
    """Reads one pickle. Opcodes are looked at before any is run: a memo index alone can ask for gigabytes."""
    start = stream.tell()
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name not in OPCODES:
            raise ValueError(f"the file uses {opcode.name}, which a file of tensors does not need")
        if opcode.name in ("BINPUT", "LONG_BINPUT") and argument > MAX_MEMO:
            raise ValueError(f"the file memoises {argument} things")
    return Unpickler(stream.getvalue()[start : stream.tell()], storages).load()


def fill(stream: io.BytesIO, storage: Storage) -> None:
    """Reads a storage's numbers, which stand behind the pickles."""
    head = stream.read(8)
    size = struct.unpack("<q", head)[0] if len(head) == 8 else -1
    if size != storage.size or not 0 < size <= MAX_BYTES // storage.kind.itemsize:
        raise ValueError(f"a storage of {size} numbers where {storage.size} were announced")
    body = stream.read(size * storage.kind.itemsize)
    if len(body) != size * storage.kind.itemsize:
        raise ValueError("the file ends inside a storage")
    storage.numbers = np.frombuffer(body, storage.kind)


def parse(stream: io.BytesIO) -> dict[str, np.ndarray]:
    """The parts in their order: magic, protocol, machine, tensors, storages' names, storages."""
    storages: dict[str, Storage] = {}
    if next_pickle(stream, storages) != MAGIC or next_pickle(stream, storages) != PROTOCOL:
        raise ValueError("not a file of tensors as PyTorch before 1.6 wrote them")
    next_pickle(stream, storages)
    tensors = next_pickle(stream, storages)
    keys = next_pickle(stream, storages)
    if sorted(keys) != sorted(storages):
        raise ValueError("the storages are not the ones that the tensors use")
    for key in keys:
        fill(stream, storages[key])
    return {name.removeprefix("module."): tensor.array(name) for name, tensor in tensors.items()}


def read(pth: bytes) -> dict[str, np.ndarray]:
    """The tensors of a file by name, without the `module.` that parallel training puts in front."""
    if len(pth) > MAX_BYTES:
        raise ValueError(f"the file is larger than {MAX_BYTES} bytes")
    if pth.startswith(b"PK"):
        raise ValueError("the file is a zip archive (PyTorch 1.6 or newer); the makers' files are older")
    try:
        return parse(io.BytesIO(pth))
    except ValueError:
        raise
    # Whatever else a damaged pickle runs into is damage too: nothing here depends on the outside.
    except Exception as error:
        raise ValueError(f"the file cannot be read: {type(error).__name__}: {error}") from error


class Network:
    """The network's shape, filled with the tensors of one file; each is used once."""

    def __init__(self, tensors: dict[str, np.ndarray], excitation: bool):
        self.tensors = {name: array for name, array in tensors.items() if not name.endswith("num_batches_tracked")}
        self.excitation = excitation
        self.graph = Graph()

    def take(self, name: str, dimensions: int) -> np.ndarray:
        if name not in self.tensors:
            raise ValueError(f"the file has no tensor {name!r}")
        array = self.tensors.pop(name)
        if array.ndim != dimensions:
            raise ValueError(f"tensor {name!r} has {array.ndim} dimensions, expected {dimensions}")
        return array.astype(np.float64)

    def folded(self, weight: str, norm: str, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
        """A weight with the batch norm behind it folded in, and the bias that this gives."""
        kernel = self.take(weight, dimensions)
        gamma, beta, mean, variance = (self.take(f"{norm}.{part}", 1) for part in NORM)
        if any(part.shape != kernel.shape[:1] for part in (gamma, beta, mean, variance)) or variance.min() < 0:
            raise ValueError(f"batch norm {norm!r} does not fit {weight!r}")
        factor = gamma / np.sqrt(variance + EPSILON)
        kernel = kernel * factor.reshape(-1, *[1] * (dimensions - 1))
        return kernel.astype(np.float32), (beta - mean * factor).astype(np.float32)

    def convolution(self, x: str, weight: str, norm: str, stride: int = 1, pad: int = 0) -> str:
        kernel, bias = self.folded(weight, norm, 4)
        # In these networks a kernel of one input channel is always a depthwise one, but for a gate of one channel.
        depthwise = kernel.shape[1] == 1 and kernel.shape[2] > 1
        return self.graph.node(
            "Conv",
            [x, self.graph.constant(kernel), self.graph.constant(bias)],
            kernel_shape=list(kernel.shape[2:]),
            strides=[stride] * 2,
            pads=[pad] * 4,
            group=kernel.shape[0] if depthwise else 1,
        )

    def linear(self, x: str, name: str, stride: int = 1, pad: int = 0) -> str:
        return self.convolution(x, f"{name}.conv.weight", f"{name}.bn", stride, pad)

    def block(self, x: str, name: str, stride: int = 1, pad: int = 0) -> str:
        x = self.linear(x, name, stride, pad)
        slope = self.take(f"{name}.prelu.weight", 1).astype(np.float32)
        return self.graph.node("PRelu", [x, self.graph.constant(slope.reshape(-1, 1, 1))])

    def depthwise(self, x: str, name: str, stride: int) -> str:
        x = self.block(x, f"{name}.conv")
        x = self.block(x, f"{name}.conv_dw", stride, 1)
        return self.linear(x, f"{name}.project")

    def excite(self, x: str, name: str) -> str:
        gate = self.graph.node("GlobalAveragePool", [x])
        gate = self.graph.node("Relu", [self.convolution(gate, f"{name}.fc1.weight", f"{name}.bn1")])
        gate = self.graph.node("Sigmoid", [self.convolution(gate, f"{name}.fc2.weight", f"{name}.bn2")])
        return self.graph.node("Mul", [x, gate])

    def stage(self, x: str, halving: str, name: str, blocks: int) -> str:
        x = self.depthwise(x, halving, 2)
        for at in range(blocks):
            inner = self.depthwise(x, f"{name}.model.{at}", 1)
            if self.excitation and at == blocks - 1:
                inner = self.excite(inner, f"{name}.model.{at}.se_module")
            x = self.graph.node("Add", [x, inner])
        return x

    def head(self, x: str) -> None:
        x = self.linear(self.block(x, "conv_6_sep"), "conv_6_dw")
        x = self.graph.node("Flatten", [x], axis=1)
        weight, bias = self.folded("linear.weight", "bn", 2)
        x = self.graph.node("Gemm", [x, self.graph.constant(weight), self.graph.constant(bias)], transB=1)
        last = self.graph.constant(self.take("prob.weight", 2).astype(np.float32))
        self.graph.node("Softmax", [self.graph.node("Gemm", [x, last], transB=1)], "prob", axis=1)

    def build(self) -> onnx.ModelProto:
        x = self.block(self.block("input", "conv1", 2, 1), "conv2_dw", 1, 1)
        for halving, name, blocks in STAGES:
            x = self.stage(x, halving, name, blocks)
        self.head(x)
        if self.tensors:
            raise ValueError(f"the file holds more than the network: {next(iter(self.tensors))!r}")
        graph = helper.make_graph(
            self.graph.nodes,
            "minifasnet",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, INPUT, INPUT])],
            [helper.make_tensor_value_info("prob", TensorProto.FLOAT, ["N", 3])],
            self.graph.initialisers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise ValueError(f"the layers do not fit together: {error}") from error
        return model


def convert(pth: bytes, variant: str) -> onnx.ModelProto:
    """The network of a `.pth` file as ONNX: `input` [N,3,80,80] BGR 0-255, `prob` [N,3], 1 = live.

    `variant` is "V2" or "V1SE". Raises ValueError saying what was found where the file is not what is expected.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant {variant!r}; {' and '.join(VARIANTS)} are known")
    return Network(read(pth), VARIANTS[variant]).build()
