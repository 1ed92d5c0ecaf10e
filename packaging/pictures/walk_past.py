"""A clip of people walking past a camera, made by moving and scaling photographs over a background."""

import dataclasses
import json
import pathlib

from PIL import Image, ImageDraw, ImageFilter

from pictures import avi

SIZE = (640, 480)
FPS = 15
WALK_S = 4.0
GAP_S = 1.5


@dataclasses.dataclass
class Walker:
    """Somebody who walks past. `name` is None for a stranger."""

    name: str | None
    photograph: Image.Image
    # Width that the photograph is drawn with at the start and at the end, px.
    widths: tuple[int, int] = (150, 380)


def background() -> Image.Image:
    """A plain wall with a floor and a door frame."""
    wall = Image.new("RGB", SIZE, (176, 178, 172))
    draw = ImageDraw.Draw(wall)
    draw.rectangle((0, 380, SIZE[0], SIZE[1]), fill=(120, 112, 104))
    draw.rectangle((250, 60, 390, 380), fill=(150, 146, 138), outline=(96, 92, 88), width=4)
    return wall.filter(ImageFilter.GaussianBlur(1.5))


def frames_of(walker: Walker, wall: Image.Image) -> list[Image.Image]:
    """The walk: from far left to near right, eyes at a steady height."""
    count = int(WALK_S * FPS)
    start, end = walker.widths
    frames = []
    for at in range(count):
        t = at / (count - 1)
        width = round(start + (end - start) * t)
        height = round(width * walker.photograph.height / walker.photograph.width)
        # The middle of the picture goes from left to right; the last quarter leaves the scene.
        x = round(-0.1 * SIZE[0] + t * 1.1 * SIZE[0] - width / 2)
        frame = wall.copy()
        frame.paste(walker.photograph.resize((width, height), Image.Resampling.LANCZOS), (x, max(20, 170 - height // 3)))
        frames.append(frame)
    return frames


def make(walkers: list[Walker], folder: pathlib.Path) -> None:
    """Writes walk_past.avi and the truth, walk_past.json."""
    wall = background()
    gap = [wall] * int(GAP_S * FPS)
    frames, shown = list(gap), []
    for walker in walkers:
        walk = frames_of(walker, wall)
        from_ms = len(frames) * 1000 // FPS
        frames += walk + gap
        shown.append({"name": walker.name, "from_ms": from_ms, "to_ms": from_ms + len(walk) * 1000 // FPS})
    avi.write(folder / "walk_past.avi", frames, FPS)
    truth = {"fps": FPS, "width": SIZE[0], "height": SIZE[1], "walks": shown}
    (folder / "walk_past.json").write_text(json.dumps(truth, indent=2) + "\n")
