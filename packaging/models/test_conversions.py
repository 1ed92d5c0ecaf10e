"""The conversions from the makers' files to ONNX: small files made here, and the real ones where they are.

The real files are not in the repository. Where `LINTEL_MODEL_UPSTREAM` names a folder with them, their
conversions are compared with numbers that another conversion of the same files gave.
"""

import os
import pathlib
import struct
import unittest

import numpy as np
import onnx
import onnxruntime

from models import minifasnet, openvino_ir, self_test

FOLDER = os.environ.get("LINTEL_MODEL_UPSTREAM", "")

# Values at some places of the output for the generated picture, as other conversions of the same files
# (made without this code) give them.
EMBEDDING = {
    **{0: -0.108515, 36: 0.769737, 72: 0.110873, 109: 1.397773},
    **{145: -0.764454, 182: -1.058351, 218: 0.492469, 255: 0.709626},
}
EMBEDDING_ABSOLUTE_SUM = 112.720566
PROBABILITIES = {
    "V2": ("2.7_80x80_MiniFASNetV2.pth", [0.000844, 0.995674, 0.003482]),
    "V1SE": ("4_0_0_80x80_MiniFASNetV1SE.pth", [0.002540, 0.996898, 0.000562]),
}


def run(model: onnx.ModelProto, tensor: np.ndarray) -> np.ndarray:
    """The model's only output."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"input": tensor.astype(np.float32)})[0]


def generated(size: int) -> np.ndarray:
    """The generated picture of the packs' self-test as a batch of one."""
    return self_test.picture(size, size).astype(np.float32).transpose(2, 0, 1)[None]


def layer(id: int, type: str, inputs: int, data: str = "") -> str:
    ports = "".join(f'<port id="{at}"/>' for at in range(inputs))
    return f'<layer id="{id}" name="layer {id}" type="{type}" version="opset1"><data {data}/><input>{ports}</input></layer>'


def ir(layers: list[str], edges: list[tuple[int, int, int]]) -> bytes:
    """An IR of layers and of edges (from, to, the input's port)."""
    lines = "".join(f'<edge from-layer="{a}" from-port="9" to-layer="{b}" to-port="{port}"/>' for a, b, port in edges)
    return f'<?xml version="1.0"?><net version="10"><layers>{"".join(layers)}</layers><edges>{lines}</edges></net>'.encode()


class OpenVinoIr(unittest.TestCase):
    """A 1x1 convolution and a PReLU; the layers stand in the file in the wrong order."""

    def setUp(self):
        generator = np.random.default_rng(1)
        self.kernel = generator.standard_normal((4, 3, 1, 1)).astype(np.float16)
        self.slope = generator.standard_normal(4).astype(np.float32)
        self.weights = self.kernel.tobytes() + self.slope.tobytes()
        self.layers = [
            layer(5, "Result", 1),
            layer(4, "PReLU", 2),
            layer(2, "Convolution", 2, 'strides="1,1" dilations="1,1" pads_begin="0,0" pads_end="0,0"'),
            layer(0, "Parameter", 0, 'element_type="f16" shape="1,3,2,2"'),
            layer(1, "Const", 0, 'element_type="f16" offset="0" size="24" shape="4,3,1,1"'),
            layer(3, "Const", 0, 'element_type="f32" offset="24" size="16" shape="4"'),
        ]
        self.edges = [(0, 2, 0), (1, 2, 1), (2, 4, 0), (3, 4, 1), (4, 5, 0)]

    def refused(self, xml: bytes, reason: str, weights: bytes | None = None):
        with self.assertRaisesRegex(ValueError, reason):
            openvino_ir.convert(xml, self.weights if weights is None else weights)

    def test_a_small_ir_gives_what_numpy_gives_for_any_batch(self):
        model = openvino_ir.convert(ir(self.layers, self.edges), self.weights)
        for batch in (1, 3):
            tensor = np.random.default_rng(2).standard_normal((batch, 3, 2, 2)).astype(np.float32)
            expected = np.einsum("oc,nchw->nohw", self.kernel[:, :, 0, 0].astype(np.float32), tensor)
            expected = np.where(expected < 0, expected * self.slope[:, None, None], expected).reshape(batch, -1)
            np.testing.assert_allclose(run(model, tensor), expected, atol=1e-6)

    def test_tensors_are_named_and_shaped_as_the_pack_expects(self):
        graph = openvino_ir.convert(ir(self.layers, self.edges), self.weights).graph
        shapes = {
            info.name: [dim.dim_param or dim.dim_value for dim in info.type.tensor_type.shape.dim]
            for info in (graph.input[0], graph.output[0])
        }
        self.assertEqual(shapes, {"input": ["N", 3, 2, 2], "embedding": ["N", 16]})

    def test_an_unknown_layer_type_is_refused_by_name(self):
        self.layers[1] = layer(4, "LSTMCell", 2)
        self.refused(ir(self.layers, self.edges), "'layer 4' is of type 'LSTMCell'")

    def test_document_types_and_entities_are_refused_before_parsing(self):
        xml = ir(self.layers, self.edges)
        bomb = b'<!DOCTYPE net [<!ENTITY a "aaaaaaaa">]>'
        self.refused(xml.replace(b"<net", bomb + b"<net"), "document type or entity")
        self.refused(xml.replace(b"<net", bomb.lower() + b"<net"), "document type or entity")
        self.refused((bomb + xml).decode().encode("utf-16"), "not UTF-8")
        self.refused((bomb + xml).decode().encode("utf-16-le"), "document type or entity")

    def test_constants_beyond_the_weights_are_refused(self):
        self.refused(ir(self.layers, self.edges), "do not hold", self.weights[:-1])

    def test_a_constant_whose_size_is_not_its_shape_is_refused(self):
        self.layers[4] = layer(1, "Const", 0, 'element_type="f16" offset="0" size="22" shape="4,3,1,1"')
        self.refused(ir(self.layers, self.edges), "do not hold")

    def test_a_kernel_that_does_not_fit_its_input_is_refused(self):
        self.layers[4] = layer(1, "Const", 0, 'element_type="f16" offset="0" size="24" shape="3,4,1,1"')
        self.refused(ir(self.layers, self.edges), "do not fit together")

    def test_circles_and_loose_ends_are_refused(self):
        self.refused(ir(self.layers, [*self.edges[1:], (4, 2, 0)]), "circle")
        self.refused(ir(self.layers, self.edges[1:]), "nothing feeds")

    def test_another_version_and_broken_xml_are_refused(self):
        xml = ir(self.layers, self.edges)
        self.refused(xml.replace(b'version="10"', b'version="7"'), "not an IR of version")
        self.refused(xml[:-3], "cannot be read")

    def test_an_attribute_that_the_conversion_does_not_know_is_refused(self):
        self.layers[2] = self.layers[2].replace("strides", 'auto_pad="same_upper" strides')
        self.refused(ir(self.layers, self.edges), "auto_pad")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def whole(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def legacy(tensors: dict[str, np.ndarray], gap: int = 0) -> bytes:
    """A file as PyTorch before 1.6 wrote it; `gap` is added to each tensor's first stride."""
    magic = b"\x80\x02\x8a\x0a" + minifasnet.MAGIC.to_bytes(10, "little") + b"."
    system = b"\x80\x02}(" + text("little_endian") + b"\x88u."
    state, keys, bodies = b"\x80\x02ccollections\nOrderedDict\n)R(", b"\x80\x02](", b""
    for name, array in tensors.items():
        strides = [step // array.itemsize for step in array.strides]
        strides[0] += gap
        state += text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(("
        state += text("storage") + b"ctorch\nFloatStorage\n" + text(name) + text("cpu") + whole(array.size) + b"NtQ" + whole(0)
        state += b"(" + b"".join(map(whole, array.shape)) + b"t(" + b"".join(map(whole, strides)) + b"t"
        state += b"\x89ccollections\nOrderedDict\n)RtR"
        keys += text(name)
        bodies += struct.pack("<q", array.size) + array.astype("<f4").tobytes()
    return magic + b"\x80\x02M\xe9\x03." + system + state + b"u." + keys + b"e." + bodies


def small_network(excitation: bool) -> dict[str, np.ndarray]:
    """Random tensors of a MiniFASNet of very few channels, as its makers name them."""
    generator = np.random.default_rng(3)
    tensors: dict[str, np.ndarray] = {}

    def add(name: str, *shape: int) -> None:
        numbers = generator.standard_normal(shape).astype(np.float32)
        tensors[f"module.{name}"] = np.abs(numbers) if name.endswith("running_var") else numbers

    def linear(name: str, convolution: str, norm: str, shape: tuple[int, ...]) -> None:
        add(f"{name}{convolution}.weight", *shape)
        for part in minifasnet.NORM:
            add(f"{name}{norm}.{part}", shape[0])

    def block(name: str, *shape: int) -> None:
        linear(name, ".conv", ".bn", shape)
        add(f"{name}.prelu.weight", shape[0])

    def depthwise(name: str, excite: bool = False) -> None:
        block(f"{name}.conv", 3, 2, 1, 1)
        block(f"{name}.conv_dw", 3, 1, 3, 3)
        linear(f"{name}.project", ".conv", ".bn", (2, 3, 1, 1))
        if excite:
            linear(f"{name}.se_module", ".fc1", ".bn1", (1, 2, 1, 1))
            linear(f"{name}.se_module", ".fc2", ".bn2", (2, 1, 1, 1))

    block("conv1", 2, 3, 3, 3)
    block("conv2_dw", 2, 1, 3, 3)
    for halving, stage, blocks in minifasnet.STAGES:
        depthwise(halving)
        for at in range(blocks):
            depthwise(f"{stage}.model.{at}", excitation and at == blocks - 1)
    block("conv_6_sep", 4, 2, 1, 1)
    linear("conv_6_dw", ".conv", ".bn", (4, 1, 5, 5))
    linear("", "linear", "bn", (6, 4))
    add("prob.weight", 3, 6)
    return tensors


class MiniFasNet(unittest.TestCase):
    def refused(self, pth: bytes, reason: str, variant: str = "V2"):
        with self.assertRaisesRegex(ValueError, reason):
            minifasnet.convert(pth, variant)

    def test_channel_counts_come_from_the_tensors_for_both_variants(self):
        for variant, excitation in minifasnet.VARIANTS.items():
            model = minifasnet.convert(legacy(small_network(excitation)), variant)
            out = run(model, np.concatenate([generated(80)] * 2) / 255)
            self.assertEqual(out.shape, (2, 3))
            np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-6)

    def test_a_file_of_the_other_variant_is_refused(self):
        self.refused(legacy(small_network(True)), "more than the network")
        self.refused(legacy(small_network(False)), "no tensor 'conv_3.model.3.se_module", "V1SE")
        self.refused(b"", "variant 'V9'", "V9")

    def test_tensors_are_read_as_written_without_the_leading_module(self):
        tensors = small_network(False)
        found = minifasnet.read(legacy(tensors))
        self.assertEqual([f"module.{name}" for name in found], list(tensors))
        for name, array in found.items():
            np.testing.assert_array_equal(array, tensors[f"module.{name}"])

    def test_folding_gives_what_convolution_and_batch_norm_give(self):
        tensors = minifasnet.read(legacy(small_network(False)))
        kernel, bias = minifasnet.Network(dict(tensors), False).folded("linear.weight", "bn", 2)
        x = np.random.default_rng(4).standard_normal(4)
        gamma, beta, mean, variance = (tensors[f"bn.{part}"] for part in minifasnet.NORM)
        expected = (tensors["linear.weight"] @ x - mean) / np.sqrt(variance + 1e-5) * gamma + beta
        np.testing.assert_allclose(kernel @ x + bias, expected, rtol=1e-5, atol=1e-5)

    def test_the_unpickler_calls_nothing_that_a_file_of_tensors_does_not_need(self):
        for name in ("os\nsystem", "posix\nsystem", "builtins\neval", "torch\nload", "collections\nnamedtuple"):
            pth = b"\x80\x02c" + name.encode() + b"\n" + b"(" + text("false") + b"tR."
            self.refused(pth, "which a file of tensors does not need")
        head = legacy({})
        self.refused(head.replace(b"collections\nOrderedDict", b"os\nsystem"), "names os.system")

    def test_a_file_cut_short_anywhere_is_refused(self):
        pth = legacy({"a": np.ones((2, 3), np.float32), "b": np.ones(4, np.float32)})
        self.assertEqual(list(minifasnet.read(pth)), ["a", "b"])
        for end in range(len(pth)):
            with self.assertRaises(ValueError):
                minifasnet.read(pth[:end])

    def test_tensors_with_gaps_or_beyond_their_storage_are_refused(self):
        tensors = {"a": np.ones((2, 3), np.float32)}
        self.refused(legacy(tensors, gap=1), "without gaps")
        shape = whole(2) + whole(3)
        self.assertIn(shape, legacy(tensors))
        self.refused(legacy(tensors).replace(shape, whole(9) + whole(3)), "beyond its storage")

    def test_a_zip_archive_is_named_as_such(self):
        self.refused(b"PK\x03\x04", "zip archive")

    def test_numbers_that_are_not_finite_are_refused(self):
        self.refused(legacy({"a": np.array([np.nan], np.float32)}), "not finite")


@unittest.skipUnless(FOLDER, "LINTEL_MODEL_UPSTREAM names no folder with the makers' files")
class MakersFiles(unittest.TestCase):
    def test_the_embedder_gives_the_numbers_of_another_conversion(self):
        files = [pathlib.Path(FOLDER) / f"face-reidentification-retail-0095.{end}" for end in ("xml", "bin")]
        out = run(openvino_ir.convert(*(file.read_bytes() for file in files)), generated(128))
        self.assertEqual(out.shape, (1, 256))
        np.testing.assert_allclose(out[0, list(EMBEDDING)], list(EMBEDDING.values()), atol=1e-4)
        self.assertAlmostEqual(float(np.abs(out).sum()), EMBEDDING_ABSOLUTE_SUM, delta=1e-2)

    def test_the_liveness_models_give_the_numbers_of_other_conversions(self):
        for variant, (name, expected) in PROBABILITIES.items():
            model = minifasnet.convert((pathlib.Path(FOLDER) / name).read_bytes(), variant)
            np.testing.assert_allclose(run(model, generated(80)), [expected], atol=1e-5)


if __name__ == "__main__":
    unittest.main()
