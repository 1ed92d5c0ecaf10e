"""A walk-past clip from a folder of one's own: `python -m pictures.own FACES FOLDER`.

FACES holds `dev/<person>/<n>.jpg` with one head in the middle of each picture, and `strangers/*.jpg`. Of
four people with three pictures or more, two pictures are enrolled and the third one walks, as does the first
stranger. What walks is the middle square of a picture.
"""

import pathlib
import shutil
import sys

from PIL import Image, ImageOps

from pictures import walk_past

PEOPLE = 4
PICTURES = 3
# Square pictures of this size show head and shoulders, as those of Labeled Faces in the Wild do: they come
# first. Of others it isn't known how large the head is; smaller ones are not used.
SIZE = (250, 250)
NEEDED = (
    "two people with three pictures or more in dev/<person>/ and one picture in strangers/, as .jpg with one head"
    f" in the middle and at least {SIZE[0]} px on the shorter side"
)


def usable(folder: pathlib.Path) -> list[pathlib.Path]:
    """The pictures of a folder that are large enough, those of the known shape first."""
    sizes = {}
    for path in folder.glob("*.jpg"):
        with Image.open(path) as picture:
            if min(picture.size) >= min(SIZE):
                sizes[path] = picture.size
    return sorted(sizes, key=lambda path: (sizes[path] != SIZE, path))


def walking(path: pathlib.Path) -> Image.Image:
    """The middle square of a picture, upright, in the size that walks."""
    with Image.open(path) as picture:
        return ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), SIZE, Image.Resampling.LANCZOS)


def known_shape(path: pathlib.Path) -> bool:
    with Image.open(path) as picture:
        return picture.size == SIZE


def main(faces: pathlib.Path, folder: pathlib.Path) -> int:
    people = [(person, usable(person)) for person in sorted((faces / "dev").glob("*"))]
    people = [(person, pictures) for person, pictures in people if len(pictures) >= PICTURES]
    people.sort(key=lambda entry: not known_shape(entry[1][PICTURES - 1]))
    strangers = usable(faces / "strangers")
    if len(people) < 2 or not strangers:
        print(f"{faces} has too few pictures that can be used: it needs {NEEDED}", file=sys.stderr)
        return 1
    walkers = []
    for person, pictures in people[:PEOPLE]:
        name = person.name.split("_", 1)[-1].replace("_", " ")
        (folder / "enrol" / name).mkdir(parents=True)
        for picture in pictures[: PICTURES - 1]:
            shutil.copyfile(picture, folder / "enrol" / name / picture.name)
        walkers.append(walk_past.Walker(name, walking(pictures[PICTURES - 1])))
    walkers.insert(2, walk_past.Walker(None, walking(strangers[0])))
    walk_past.make(walkers, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
