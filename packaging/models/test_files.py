"""A Python package whose archive isn't the expected one is refused before anything in it is run."""

import io
import os
import pathlib
import tarfile
import tempfile
import unittest
from unittest import mock

from models.files import Package, Unavailable, from_pypi, sha256

# What pip runs of a source archive: it leaves a file behind, and then says what it is.
SETUP = """
import pathlib, setuptools
pathlib.Path({ran!r}).touch()
setuptools.setup(name="sample", version="1.0")
"""


class FromPypi(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.ran = self.folder / "ran"
        self.archive = self.folder / "sample-1.0.tar.gz"
        files = {"setup.py": SETUP.format(ran=str(self.ran)), "data/numbers.dat": "numbers"}
        with tarfile.open(self.archive, "w:gz") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(f"sample-1.0/{name}")
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text.encode()))
        numbers = self.folder / "numbers"
        numbers.write_text("numbers")
        self.numbers = sha256(numbers)
        # pip's own settings lead it to the folder: this needs no network.
        environment = mock.patch.dict(os.environ, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder)})
        environment.start()
        self.addCleanup(environment.stop)

    def test_a_source_archive_gives_its_file(self):
        package = Package("sample==1.0", sha256(self.archive), source=True)
        taken = from_pypi(package, "data/numbers.dat", self.numbers, self.folder)
        self.assertEqual(taken.read_text(), "numbers")

    def test_nothing_of_another_archive_is_run(self):
        package = Package("sample==1.0", "0" * 64, source=True)
        with self.assertRaises(Unavailable):
            from_pypi(package, "data/numbers.dat", self.numbers, self.folder)
        self.assertFalse(self.ran.exists())

    def test_another_file_in_the_right_archive_is_not_used(self):
        package = Package("sample==1.0", sha256(self.archive), source=True)
        with self.assertRaises(Unavailable):
            from_pypi(package, "data/numbers.dat", "0" * 64, self.folder)
        self.assertFalse((self.folder / "numbers.dat").exists())


if __name__ == "__main__":
    unittest.main()
