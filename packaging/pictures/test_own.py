"""A clip from one's own pictures: any shape will do, and what is missing is said."""

import contextlib
import io
import pathlib
import tempfile
import unittest
from unittest import mock

from PIL import Image

from pictures import own

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(path: pathlib.Path, size: tuple[int, int], colour=RED) -> None:
    """A blue picture whose middle square is of a colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, side = Image.new("RGB", size, BLUE), min(size)
    whole.paste(colour, ((size[0] - side) // 2, (size[1] - side) // 2, (size[0] + side) // 2, (size[1] + side) // 2))
    whole.save(path)


class Own(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.faces = pathlib.Path(scratch.name) / "faces"
        self.folder = pathlib.Path(scratch.name) / "clip"
        make = mock.patch.object(own.walk_past, "make")
        self.make = make.start()
        self.addCleanup(make.stop)

    def person(self, name: str, size: tuple[int, int]) -> None:
        for at in range(own.PICTURES):
            picture(self.faces / "dev" / name / f"{at}.jpg", size)

    def run_it(self) -> tuple[int, str]:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            return own.main(self.faces, self.folder), said.getvalue()

    def test_the_middle_of_pictures_of_other_shapes_walks(self):
        self.person("a_ada", (400, 300))
        self.person("b_bob", (300, 500))
        picture(self.faces / "strangers" / "1.jpg", (250, 250))
        self.assertEqual(self.run_it(), (0, ""))
        walkers, folder = self.make.call_args.args
        self.assertEqual([walker.name for walker in walkers], ["ada", "bob", None])
        for walker in walkers:
            self.assertEqual(walker.photograph.size, own.SIZE)
            for corner in ((3, 3), (246, 246)):
                self.assertGreater(walker.photograph.getpixel(corner)[0], 200)
        self.assertEqual(len(list((folder / "enrol" / "ada").iterdir())), 2)

    def test_people_with_pictures_of_the_known_shape_come_first(self):
        for name in ("a_ada", "b_bob"):
            self.person(name, (400, 300))
        for name in ("c_cyd", "d_dan", "e_eve", "f_fay"):
            self.person(name, own.SIZE)
        picture(self.faces / "strangers" / "1.jpg", (250, 250))
        self.assertEqual(self.run_it()[0], 0)
        walkers, _ = self.make.call_args.args
        self.assertEqual([walker.name for walker in walkers], ["cyd", "dan", None, "eve", "fay"])

    def test_a_folder_with_too_little_is_told_what_it_needs(self):
        self.person("a_ada", (400, 300))
        self.person("b_bob", (200, 300))
        picture(self.faces / "strangers" / "1.jpg", (250, 250))
        code, said = self.run_it()
        self.assertEqual(code, 1)
        self.assertIn("at least 250 px", said)
        self.make.assert_not_called()

    def test_an_empty_folder_is_told_the_same(self):
        self.assertEqual(self.run_it()[0], 1)


if __name__ == "__main__":
    unittest.main()
