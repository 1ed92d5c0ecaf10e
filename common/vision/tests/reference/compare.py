#!/usr/bin/env python3
"""The same work in Python: how fast it is there, and whether our YuNet decoding equals OpenCV's own.

Prints one JSON document on stdout, for a developer or for `lintel-kiosk bench` to put beside its figures.
It never changes anything and needs no network once its wheels are installed:

    python3 -m venv /tmp/lintel-reference
    /tmp/lintel-reference/bin/pip install opencv-python-headless onnxruntime numpy
    /tmp/lintel-reference/bin/python compare.py PICTURE.jpg [--pack DIR] [--threads 1] [--runs 60]

Debian's OpenCV 4.6 can't load these YuNet files, so this comparison is here and not in Rust. (cv2 prints
nothing, but its dnn module may log to stderr.)

Three ways are timed over the same picture, scaled to 640x480 first, medians in ms:
  opencv_ms     cv2.FaceDetectorYN at 320x240, align by our rule, embedder through onnxruntime
  onnxruntime_ms  detector and embedder through onnxruntime, our decoding in numpy
  models_ms     the two networks alone, without any work around them
"""
import argparse
import json
import statistics
import sys
import time
import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort


def session(path, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def padded(image):
    height, width = image.shape[:2]
    out = np.zeros((-(-height // 32) * 32, -(-width // 32) * 32, 3), np.uint8)
    out[:height, :width] = image
    return out.transpose(2, 0, 1)[None].astype(np.float32)


def decode(outputs, shape, threshold, iou):
    """YuNet's rows: x, y, w, h, five points, score; best first after suppression."""
    rows = []
    for stride in (8, 16, 32):
        cls, obj = outputs[f"cls_{stride}"][0, :, 0], outputs[f"obj_{stride}"][0, :, 0]
        score = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))
        keep = np.nonzero(score >= threshold)[0]
        columns = shape[1] // stride
        c, r = keep % columns, keep // columns
        box, kps = outputs[f"bbox_{stride}"][0, keep], outputs[f"kps_{stride}"][0, keep]
        w, h = np.exp(box[:, 2]) * stride, np.exp(box[:, 3]) * stride
        x, y = (c + box[:, 0]) * stride - w / 2, (r + box[:, 1]) * stride - h / 2
        points = (kps.reshape(-1, 5, 2) + np.stack([c, r], 1)[:, None]) * stride
        rows.append(np.concatenate([np.stack([x, y, w, h], 1), points.reshape(-1, 10), score[keep, None]], 1))
    rows = np.concatenate(rows)
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    kept = []
    for row in rows:
        if all(overlap(row, other) <= iou for other in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, 15)


def overlap(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(w, 0) * max(h, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def align(image, points, embedder):
    """Least-squares similarity onto the template, stretched to the input by pixel centres; one warp."""
    source = points[:, 0] + 1j * points[:, 1]
    template = np.array(embedder["template"], float)
    target = template[:, 0] + 1j * template[:, 1]
    z, w = source - source.mean(), target - target.mean()
    factor = (z.conj() * w).sum() / (abs(z) ** 2).sum()
    shift = target.mean() - factor * source.mean()
    matrix = np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
    for row in (0, 1):
        scale = embedder["input_size"][row] / embedder["template_size"][row]
        matrix[row] *= scale
        matrix[row, 2] += 0.5 * scale - 0.5
    face = cv2.warpAffine(image, matrix, tuple(embedder["input_size"]), flags=cv2.INTER_LINEAR)
    if embedder["colour"] == "rgb":
        face = face[:, :, ::-1]
    face = (face.astype(np.float32) - np.float32(embedder["mean"])) * np.float32(embedder["scale"])
    return np.ascontiguousarray(face.transpose(2, 0, 1)[None])


def median_ms(work, runs):
    for _ in range(5):
        work()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("picture")
    parser.add_argument("--pack", default=str(Path.home() / ".cache/lintel/packs/lintel-1"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=60)
    arguments = parser.parse_args()
    folder = Path(arguments.pack)
    pack = tomllib.loads((folder / "pack.toml").read_text())
    detector_section, embedder_section = pack["detector"], pack["embedder"]
    if detector_section["kind"] != "yunet":
        sys.exit("only packs with a YuNet detector can be compared with OpenCV's FaceDetectorYN")
    cv2.setNumThreads(arguments.threads)
    data = Path(arguments.picture).read_bytes()
    original = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if original is None:
        sys.exit(f"{arguments.picture} is not a picture that OpenCV can read")
    frame = cv2.resize(original, (640, 480), interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]

    threshold, iou = detector_section["score_threshold"], detector_section["nms_iou"]
    detector = session(folder / detector_section["file"], arguments.threads)
    embedder = session(folder / embedder_section["file"], arguments.threads)
    names = [output.name for output in detector.get_outputs()]
    input_name = detector.get_inputs()[0].name
    yn = cv2.FaceDetectorYN.create(str(folder / detector_section["file"]), "", (320, 240), threshold, iou, 5000)

    def embed(image, row, scale):
        points = row[4:14].reshape(5, 2) * scale
        tensor = align(image, points, embedder_section)
        vector = embedder.run([embedder_section["output"]], {embedder_section["input"]: tensor})[0].ravel()
        return vector / np.linalg.norm(vector)

    def by_opencv():
        rows = yn.detect(cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA))[1]
        return rows, embed(frame, rows[0], 2.0)

    def by_onnxruntime():
        small = cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA)
        tensor = padded(small)
        outputs = dict(zip(names, detector.run(names, {input_name: tensor})))
        rows = decode(outputs, tensor.shape[2:], threshold, iou)
        return rows, embed(frame, rows[0], 2.0)

    theirs = yn.detect(cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA))[1]
    if theirs is None:
        sys.exit(f"OpenCV finds no face in {arguments.picture}: choose another picture")
    theirs, embedding_theirs = by_opencv()
    ours, embedding_ours = by_onnxruntime()
    order = lambda rows: rows[np.argsort(-rows[:, 14], kind="stable")]
    same_count = len(ours) == len(theirs)
    worst = float(np.abs(order(ours)[:, :14] - order(theirs)[:, :14]).max()) if same_count else None

    blank = np.zeros((1, 3, 256, 320), np.float32)
    size = embedder_section["input_size"]
    face = np.zeros((1, 3, size[1], size[0]), np.float32)
    detect_alone = median_ms(lambda: detector.run(names, {input_name: blank}), arguments.runs)
    embed_alone = median_ms(lambda: embedder.run(None, {embedder_section["input"]: face}), arguments.runs)
    print(json.dumps({
        "opencv": cv2.__version__,
        "onnxruntime": ort.__version__,
        "pack": pack["pack"]["name"],
        "threads": arguments.threads,
        "runs": arguments.runs,
        "faces_opencv": len(theirs),
        "faces_own_decoding": len(ours),
        "largest_difference_px": worst,
        "embedding_cosine": round(float(embedding_ours @ embedding_theirs), 6),
        "decode_jpeg_640x480_ms": median_ms(lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR), arguments.runs),
        "opencv_ms": median_ms(by_opencv, arguments.runs),
        "onnxruntime_ms": median_ms(by_onnxruntime, arguments.runs),
        "models_ms": round(detect_alone + embed_alone, 3),
        "detector_alone_ms": detect_alone,
        "embedder_alone_ms": embed_alone,
    }, indent=2))
    if not same_count or worst > 0.01:
        sys.exit("our decoding differs from OpenCV's FaceDetectorYN")


if __name__ == "__main__":
    main()
