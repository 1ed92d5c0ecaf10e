"""A walk-past clip from a folder of one's own: `python -m pictures.own FACES FOLDER`.

FACES holds `dev/<person>/<n>.jpg` with one head in the middle of each picture, and `strangers/*.jpg`. Of
four people with three pictures or more, two pictures are enrolled and the third one walks.
"""

import pathlib
import shutil
import sys

from PIL import Image

from pictures import walk_past

PEOPLE = 4
PICTURES = 3
# Square pictures of this size show head and shoulders, as those of Labeled Faces in the Wild do.
SIZE = (250, 250)


def usable(path: pathlib.Path) -> bool:
    with Image.open(path) as picture:
        return picture.size == SIZE


def main(faces: pathlib.Path, folder: pathlib.Path) -> int:
    walkers = []
    for person in sorted((faces / "dev").iterdir()):
        pictures = sorted(path for path in person.glob("*.jpg") if usable(path))
        if len(pictures) < PICTURES or len(walkers) == PEOPLE:
            continue
        name = person.name.split("_", 1)[-1].replace("_", " ")
        (folder / "enrol" / name).mkdir(parents=True)
        for picture in pictures[: PICTURES - 1]:
            shutil.copyfile(picture, folder / "enrol" / name / picture.name)
        walkers.append(walk_past.Walker(name, Image.open(pictures[PICTURES - 1]).convert("RGB")))
    strangers = [path for path in sorted((faces / "strangers").glob("*.jpg")) if usable(path)]
    if len(walkers) < 2 or not strangers:
        print(f"{faces} has too few pictures of {SIZE[0]}x{SIZE[1]} px in dev/ and strangers/", file=sys.stderr)
        return 1
    walkers.insert(2, walk_past.Walker(None, Image.open(strangers[0]).convert("RGB")))
    walk_past.make(walkers, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
