"""Measures a pack's operating point: `python -m models.measure PACK FACES`.

FACES holds `dev/<person>/<n>.jpg` and `strangers/*.jpg`. The first two pictures of each person are enrolled
(best of the two counts), the others are probes. Prints, for each threshold and margin, how many probes are
identified, how many get a wrong name, and how many strangers get any; the figures behind `[thresholds]`.
This is a second implementation of decoding and alignment in numpy, kept apart from the product's on purpose.
"""

import pathlib
import sys
import tomllib

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

ENROLLED = 2
STRIDES = (8, 16, 32)


class Pack:
    """The networks of a pack folder, on one thread each."""

    def __init__(self, folder: pathlib.Path):
        self.about = tomllib.loads((folder / "pack.toml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.detector, self.embedder = (
            onnxruntime.InferenceSession(str(folder / self.about[part]["file"]), options) for part in ("detector", "embedder")
        )

    def detect(self, bgr: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Boxes (x, y, width, height) and five points of the faces in a picture, px; near duplicates are kept."""
        section = self.about["detector"]
        find = {"yunet": self.yunet, "centerface": self.centerface}[section["kind"]]
        return find(bgr, section["score_threshold"])

    def outputs(self, tensor: np.ndarray) -> dict[str, np.ndarray]:
        names = [output.name for output in self.detector.get_outputs()]
        found = self.detector.run(names, {self.detector.get_inputs()[0].name: tensor})
        return dict(zip(names, found, strict=True))

    def yunet(self, bgr: np.ndarray, least: float) -> list[tuple[np.ndarray, np.ndarray]]:
        height, width = (-(-side // 32) * 32 for side in bgr.shape[:2])
        canvas = np.zeros((height, width, 3), np.float32)
        canvas[: bgr.shape[0], : bgr.shape[1]] = bgr
        maps = self.outputs(np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]))
        faces = []
        for stride in STRIDES:
            scores = np.sqrt(np.clip(maps[f"cls_{stride}"], 0, 1) * np.clip(maps[f"obj_{stride}"], 0, 1))[0, :, 0]
            for at in np.flatnonzero(scores >= least):
                cell = np.array([at % (width // stride), at // (width // stride)])
                box, points = maps[f"bbox_{stride}"][0, at], maps[f"kps_{stride}"][0, at].reshape(5, 2)
                size = np.exp(box[2:]) * stride
                faces.append((np.concatenate([(cell + box[:2]) * stride - size / 2, size]), (points + cell) * stride))
        return faces

    def centerface(self, bgr: np.ndarray, least: float) -> list[tuple[np.ndarray, np.ndarray]]:
        height, width = (-(-side // 32) * 32 for side in bgr.shape[:2])
        resized = np.asarray(Image.fromarray(bgr).resize((width, height), Image.Resampling.BILINEAR), np.float32)
        maps = self.outputs(np.ascontiguousarray(resized.transpose(2, 0, 1)[None]))
        heat, scale, offset, marks = (maps[name][0] for name in ("537", "538", "539", "540"))
        back = np.array([bgr.shape[1] / width, bgr.shape[0] / height])
        faces = []
        for row, column in zip(*np.nonzero(heat[0] >= least), strict=True):
            size = np.exp(scale[::-1, row, column]) * 4
            corner = (np.array([column, row]) + offset[::-1, row, column] + 0.5) * 4 - size / 2
            points = marks[:, row, column].reshape(5, 2)[:, ::-1] * size + corner
            faces.append((np.concatenate([corner * back, size * back]), points * back))
        return faces

    def template(self, path: pathlib.Path) -> np.ndarray | None:
        """The normalised template of the largest, most central face of a picture."""
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        centre = np.array([bgr.shape[1], bgr.shape[0]]) / 2
        faces = self.detect(bgr)
        if not faces:
            return None

        def weight(face):
            box, _ = face
            return box[2] * box[3] - 2 * ((box[:2] + box[2:] / 2 - centre) ** 2).sum()
        _, points = max(faces, key=weight)
        return self.embed(bgr, points)

    def embed(self, bgr: np.ndarray, points: np.ndarray) -> np.ndarray:
        about = self.about["embedder"]
        (width, height), frame = about["input_size"], np.array(about["template_size"], np.float64)
        stretch = np.array([width, height]) / frame
        matrix = similarity(points, np.array(about["template"])) * stretch[:, None]
        matrix[:, 2] += 0.5 * stretch - 0.5  # pixel centres stay pixel centres
        crop = warp(bgr.astype(np.float32), matrix, width, height)
        if about["colour"] == "rgb":
            crop = crop[:, :, ::-1]
        crop = (crop - np.array(about["mean"])) * np.array(about["scale"])
        tensor = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)
        vector = self.embedder.run([about["output"]], {about["input"]: tensor})[0].ravel()
        return vector / np.linalg.norm(vector)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least squares rotation, one scale and translation (Umeyama 1991, no mirror), 2x3, in complex numbers."""
    a, b = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    factor = np.vdot(a - a.mean(), b - b.mean()) / np.vdot(a - a.mean(), a - a.mean())
    shift = b.mean() - factor * a.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def warp(image: np.ndarray, matrix: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture seen through a 2x3 matrix, bilinear, black outside."""
    inverse = np.linalg.inv(matrix[:, :2])
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    x, y = inverse @ (np.stack([columns.ravel(), rows.ravel()]) - matrix[:, 2:])
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    result = np.zeros((width * height, 3))
    for right, low in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.abs(1 - right - (x - left)) * np.abs(1 - low - (y - top))
        column, row = left + right, top + low
        inside = (column >= 0) & (row >= 0) & (column < image.shape[1]) & (row < image.shape[0])
        result[inside] += weight[inside, None] * image[row[inside], column[inside]]
    return np.rint(result).reshape(height, width, 3)


def best_two(probe: np.ndarray, people: np.ndarray) -> tuple[int, float, float]:
    """The best person, that score, and the best of any other person."""
    scores = (people @ probe).max(axis=1)
    order = np.argsort(scores)
    return int(order[-1]), float(scores[order[-1]]), float(scores[order[-2]])


def main(folder: pathlib.Path, faces: pathlib.Path) -> None:
    pack = Pack(folder)
    enrolled, probes = [], []
    for number, person in enumerate(sorted((faces / "dev").iterdir())):
        found = [pack.template(path) for path in sorted(person.glob("*.jpg"))]
        found = [template for template in found if template is not None]
        enrolled.append(np.stack([found[at % len(found)] for at in range(ENROLLED)]))
        probes += [(number, template) for template in found[ENROLLED:]]
    strangers = [template for path in sorted((faces / "strangers").glob("*.jpg")) if (template := pack.template(path)) is not None]
    people = np.stack(enrolled)
    mine = [(number, *best_two(template, people)) for number, template in probes]
    others = [best_two(template, people) for template in strangers]
    print(f"{len(people)} people, {len(mine)} probes, {len(others)} strangers; highest stranger {max(o[1] for o in others):.3f}")
    print("threshold margin  identified  wrong  strangers accepted")
    low = 0.84 if pack.about["pack"]["trial_only"] else 0.40
    for threshold in np.arange(low, low + 0.141, 0.01 if low > 0.5 else 0.02):
        for margin in (0.0, 0.01, 0.02, 0.05, 0.10):
            named = [m for m in mine if m[2] >= threshold and m[2] - m[3] >= margin]
            right = sum(m[0] == m[1] for m in named) / len(mine)
            accepted = sum(o[1] >= threshold and o[1] - o[2] >= margin for o in others) / len(others)
            print(f"{threshold:9.2f} {margin:6.2f}  {right:10.1%}  {len(named) - round(right * len(mine)):5d}  {accepted:8.1%}")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:3]))
