"""Writes a Motion-JPEG AVI (RIFF, one video stream, with an index)."""

import io
import pathlib
import struct

from PIL import Image


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write(path: pathlib.Path, frames: list[Image.Image], fps: int, quality: int = 88) -> None:
    """Writes frames of one size."""
    width, height = frames[0].size
    pictures = []
    for frame in frames:
        out = io.BytesIO()
        frame.save(out, "JPEG", quality=quality)
        pictures.append(out.getvalue())
    largest = max(map(len, pictures))
    main = struct.pack("<14I", 1_000_000 // fps, largest * fps, 0, 0x10, len(pictures), 0, 1, largest, width, height, 0, 0, 0, 0)
    stream = struct.pack(
        "<4s4sIHHIIIIIIII4h", b"vids", b"MJPG", 0, 0, 0, 0, 1, fps, 0, len(pictures), largest, 0xFFFFFFFF, 0, 0, 0, width, height
    )
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    headers = chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", bitmap)))
    body, index = b"movi", b""
    for picture in pictures:
        index += struct.pack("<4sIII", b"00dc", 0x10, len(body), len(picture))
        body += chunk(b"00dc", picture)
    path.write_bytes(chunk(b"RIFF", b"AVI " + headers + chunk(b"LIST", body) + chunk(b"idx1", index)))
