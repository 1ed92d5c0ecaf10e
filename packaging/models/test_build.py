"""Packs are made whole or not at all, and described anew when only the template changed."""

import pathlib
import tempfile
import unittest
from unittest import mock

from models import build
from models.files import Unavailable


class Make(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.packs = pathlib.Path(scratch.name)
        self.folder = self.packs / "open-1"
        for patched in (mock.patch.object(build, "say"), mock.patch.object(build.self_test, "section", lambda *_: "")):
            patched.start()
            self.addCleanup(patched.stop)

    def files(self, into):
        for name in ("detector.onnx", "embedder.onnx"):
            (into / name).write_bytes(name.encode())

    def unreachable(self, into):
        (into / "detector.onnx").write_bytes(b"half")
        raise Unavailable("no network")

    def test_the_first_way_that_works_makes_the_pack(self):
        self.assertTrue(build.make("open-1", self.packs, [self.unreachable, self.files]))
        self.assertTrue(build.current("open-1", self.folder))
        self.assertTrue(build.intact(self.folder))

    def test_nothing_is_left_where_no_way_works(self):
        self.assertFalse(build.make("open-1", self.packs, [self.unreachable]))
        self.assertEqual(list(self.packs.iterdir()), [])

    def test_changed_thresholds_are_taken_over_without_fetching_again(self):
        build.make("open-1", self.packs, [self.files])
        manifest = self.folder / "pack.toml"
        manifest.write_text(manifest.read_text().replace("margin = ", "margin = 1"))
        self.assertTrue(build.make("open-1", self.packs, [self.unreachable]))
        self.assertTrue(build.current("open-1", self.folder))

    def test_a_damaged_file_is_made_again_and_never_given_a_new_hash(self):
        build.make("open-1", self.packs, [self.files])
        (self.folder / "embedder.onnx").write_bytes(b"flipped")
        manifest = self.folder / "pack.toml"
        manifest.write_text(manifest.read_text().replace("margin = ", "margin = 1"))
        self.assertFalse(build.make("open-1", self.packs, [self.unreachable]))
        self.assertTrue(build.make("open-1", self.packs, [self.files]))
        self.assertEqual((self.folder / "embedder.onnx").read_bytes(), b"embedder.onnx")


if __name__ == "__main__":
    unittest.main()
