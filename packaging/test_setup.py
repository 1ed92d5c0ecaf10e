"""Set-up says what is missing before it does anything, and installs only what is pinned."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent


def setup(argument: str, cargo: str) -> subprocess.CompletedProcess:
    """Runs setup.sh on a machine whose cargo says this version, and that has no apt-get."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bash", "dirname", "sed", "cut", "sort", "head"):
            (pathlib.Path(folder) / name).symlink_to(f"/usr/bin/{name}")
        program = pathlib.Path(folder) / "cargo"
        program.write_text(f"#!/bin/sh\necho 'cargo {cargo} (sample)'\n")
        program.chmod(0o755)
        environment = {**os.environ, "PATH": folder}
        command = [HERE / "setup.sh", argument]
        return subprocess.run(["/usr/bin/bash", *command], env=environment, capture_output=True, text=True, check=False)


class Setup(unittest.TestCase):
    def test_an_old_cargo_is_refused_with_both_versions(self):
        done = setup("demo", "1.9.0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cargo is 1.9.0", done.stderr)
        self.assertIn("or newer is needed", done.stderr)

    def test_the_demo_needs_no_browser_no_proxy_and_no_second_database(self):
        for_tests = ["chromium", "nginx", "caddy", "postgresql"]
        said = {what: setup(what, "9.0.0").stderr.split() for what in ("demo", "test")}
        self.assertIn("mosquitto", said["demo"])
        self.assertEqual([name for name in for_tests if name in said["demo"]], [])
        self.assertEqual([name for name in for_tests if name in said["test"]], for_tests)

    def test_every_wheel_is_pinned_by_hash(self):
        for wanted in sorted((HERE / "requirements").glob("*.in")):
            lines = wanted.with_suffix(".txt").read_text().replace("\\\n", "").splitlines()
            pinned = [line for line in lines if not line.startswith("#")]
            for line in pinned:
                self.assertRegex(line, r"^[a-z-]+==[0-9.]+( +--hash=sha256:[0-9a-f]{64})+$")
            asked = re.findall(r"^[a-z-]+==[0-9.]+$", wanted.read_text(), re.MULTILINE)
            self.assertTrue(asked)
            self.assertLessEqual(set(asked), {line.split()[0] for line in pinned})


if __name__ == "__main__":
    unittest.main()
