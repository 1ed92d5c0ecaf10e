"""The self-test of a pack: what each model gives on a generated picture.

The picture comes from a linear congruential generator (Numerical Recipes' constants), so that the program
can make the same one: bytes are filled row by row, pixel by pixel, blue, green, red.
"""

import pathlib

import numpy as np
import onnxruntime

SEED = 1
SAMPLES = 8


def picture(width: int, height: int, seed: int = SEED) -> np.ndarray:
    """The generated picture, uint8 [height, width, 3], BGR."""
    state, out = seed, np.empty(width * height * 3, np.uint8)
    for at in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[at] = state >> 24
    return out.reshape(height, width, 3)


def samples(model: pathlib.Path, width: int, height: int, settings: dict) -> list[str]:
    """For each output tensor a line of TOML with some of its values, raw."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model), options)
    pixels = picture(width, height).astype(np.float32)
    if settings.get("colour") == "rgb":
        pixels = pixels[:, :, ::-1]
    mean = np.array(settings.get("mean", [0.0] * 3), np.float32)
    scale = np.array(settings.get("scale", [1.0] * 3), np.float32)
    tensor = np.ascontiguousarray(((pixels - mean) * scale).transpose(2, 0, 1)[None])
    lines = []
    outputs = session.run(None, {session.get_inputs()[0].name: tensor})
    for info, value in zip(session.get_outputs(), outputs, strict=True):
        flat = value.ravel()
        places = sorted({int(at) for at in np.linspace(0, flat.size - 1, SAMPLES)})
        numbers = ", ".join(f"[{at}, {flat[at]:.6f}]" for at in places)
        lines.append(f'  {{ tensor = "{info.name}", samples = [{numbers}] }},')
    return lines


def section(name: str, model: pathlib.Path, size: tuple[int, int], tolerance: float, settings: dict) -> str:
    """The `[[self_test]]` of one model."""
    head = f'[[self_test]]\nmodel = "{name}"\nwidth = {size[0]}\nheight = {size[1]}\nseed = {SEED}\ntolerance = {tolerance}\n'
    return head + "outputs = [\n" + "\n".join(samples(model, *size, settings)) + "\n]\n"
