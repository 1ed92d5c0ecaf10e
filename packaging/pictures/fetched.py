"""Pictures out of PyPI packages: `python -m pictures.fetched FOLDER`.

Two people from the test images of `face_recognition` 1.3.0 and, as the stranger, scikit-image's astronaut;
all are works of the United States government. Of one of the two there is one photograph only: the clip
shows it mirrored and made darker, which is another picture to the models but not another day.
"""

import pathlib
import shutil
import sys
import tempfile

from PIL import Image, ImageEnhance, ImageOps

from models.files import Package, Unavailable, from_pypi
from pictures import walk_past

FACES = Package("face_recognition==1.3.0", "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec", source=True)
ASTRONAUT = Package("scikit-image==0.25.2", "24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641", binary=True)

# name in the package, SHA-256
PICTURES = {
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
}
ASTRONAUT_SHA256 = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"

# What is cut out for the clip: left, top, right, bottom in fractions. Head and shoulders, nobody else.
CUTS = {
    "barack": ("obama2.jpg", (0.15, 0.08, 0.87, 0.62)),
    "joe": ("biden.jpg", (0.18, 0.0, 0.98, 0.36)),
}
STRANGER_CUT = (0.2, 0.0, 0.8, 0.62)
ENROL = {"barack": ["obama.jpg", "obama3.jpg"], "joe": ["biden.jpg"]}


def cut(picture: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """A part of a picture, at most 600 px wide."""
    left, top, right, bottom = box
    part = picture.crop((int(left * picture.width), int(top * picture.height), int(right * picture.width), int(bottom * picture.height)))
    part.thumbnail((600, 900), Image.Resampling.LANCZOS)
    return part


def main(folder: pathlib.Path) -> int:
    if (folder / "walk_past.json").is_file():
        return 0
    print("setup: fetching test pictures", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        got, new = pathlib.Path(scratch) / "got", pathlib.Path(scratch) / "pictures"
        got.mkdir()
        try:
            for name, expected in PICTURES.items():
                from_pypi(FACES, f"test_images/{name}", expected, got)
            from_pypi(ASTRONAUT, "data/astronaut.png", ASTRONAUT_SHA256, got)
        except Unavailable as error:
            print(f"setup: test pictures: {error}", file=sys.stderr)
            return 1
        for name, files in ENROL.items():
            (new / "enrol" / name).mkdir(parents=True)
            for file in files:
                shutil.copyfile(got / file, new / "enrol" / name / file)
        (new / "strangers").mkdir()
        shutil.copyfile(got / "astronaut.png", new / "strangers" / "astronaut.png")
        walkers = [walk_past.Walker(name, cut(Image.open(got / file).convert("RGB"), box)) for name, (file, box) in CUTS.items()]
        walkers[1].photograph = ImageEnhance.Brightness(ImageOps.mirror(walkers[1].photograph)).enhance(0.85)
        stranger = cut(Image.open(got / "astronaut.png").convert("RGB"), STRANGER_CUT)
        walk_past.make([*walkers, walk_past.Walker(None, stranger)], new)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
