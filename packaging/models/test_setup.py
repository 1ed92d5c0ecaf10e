"""Whoever has only the pack for trials is reminded, and the other one is looked for again once a day."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).parent


class Setup(unittest.TestCase):
    """A cache with `open-1` only, and with a Python that says that it was asked to build."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.cache = pathlib.Path(scratch.name)
        packs, python = self.cache / "packs", self.cache / "venv" / "bin" / "python"
        (packs / "open-1").mkdir(parents=True)
        shutil.copyfile(HERE / "open-1.toml", packs / "open-1" / "pack.toml")
        (packs / "default").symlink_to("open-1")
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\necho asked: $2\n")
        python.chmod(0o755)
        shutil.copyfile(HERE.parent / "requirements" / "packs.txt", self.cache / "venv" / "requirements.txt")

    def said(self, **more: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINTEL_")}
        environment = {**inherited, "LINTEL_CACHE": str(self.cache), **more}
        command = [HERE / "setup.sh", self.cache]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def test_it_is_tried_once_a_day_and_said_each_time(self):
        self.assertEqual(self.said(), "asked: models.build\n")
        self.assertIn("open-1, for trials only", self.said())
        two_days_ago = time.time() - 2 * 24 * 3600
        os.utime(self.cache / "lintel-1-tried", (two_days_ago, two_days_ago))
        self.assertEqual(self.said(), "asked: models.build\n")

    def test_a_mirror_is_asked_at_once(self):
        self.said()
        self.assertEqual(self.said(LINTEL_MODEL_MIRROR="/srv/models"), "asked: models.build\n")

    def test_with_both_packs_nothing_is_said_or_done(self):
        other = self.cache / "packs" / "lintel-1"
        other.mkdir()
        shutil.copyfile(HERE / "lintel-1.toml", other / "pack.toml")
        self.assertEqual(self.said(), "")


if __name__ == "__main__":
    unittest.main()
