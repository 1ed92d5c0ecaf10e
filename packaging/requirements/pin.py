"""Writes the SHA-256 of every wheel: `python3 packaging/requirements/pin.py`, after a `.in` file was changed.

Each `.in` file names what is wanted; the `.txt` beside it has the exact version and the SHA-256 of every
wheel for each Python and machine below, what those need included. pip says both and installs nothing.
"""

import collections
import json
import pathlib
import subprocess
import sys

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
# glibc versions that wheels are built for; Debian 12 has 2.36.
GLIBC = ("2014", *(f"_2_{minor}" for minor in range(17, 37)))


def wheels(wanted: pathlib.Path, python: str, machine: str) -> list[dict]:
    """What pip would install there: one entry a wheel."""
    platforms = [f"--platform=manylinux{glibc}_{machine}" for glibc in GLIBC]
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report=-", "--target=unused"]
        + ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", *platforms, f"--requirement={wanted}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(report.stdout)["install"]


def pinned(wanted: pathlib.Path) -> str:
    found = collections.defaultdict(set)
    for python in PYTHONS:
        for machine in MACHINES:
            for wheel in wheels(wanted, python, machine):
                name = wheel["metadata"]["name"].lower().replace("_", "-")
                sha256 = wheel["download_info"]["archive_info"]["hashes"]["sha256"]
                found[f"{name}=={wheel['metadata']['version']}"].add(sha256)
    lines = [f"# Made from {wanted.name} by pin.py."]
    for requirement, hashes in sorted(found.items()):
        lines.append(" \\\n    ".join([requirement, *(f"--hash=sha256:{sha256}" for sha256 in sorted(hashes))]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for wanted in sorted(pathlib.Path(__file__).parent.glob("*.in")):
        wanted.with_suffix(".txt").write_text(pinned(wanted))
