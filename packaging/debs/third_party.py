"""The licences of everything that is linked into a program: `third_party.py lintel-kiosk`, on standard output.

MIT and BSD want their text to go with every copy of the program. Each crate's own files are taken, each text
once. It reads the crates that cargo has unpacked and fetches nothing.
"""

import json
import pathlib
import subprocess
import sys

NAMES = ("licen[cs]e*", "copying*", "notice*", "LICEN[CS]E*", "COPYING*", "NOTICE*")


def linked(metadata: dict, program: str) -> list[dict]:
    """The packages that end up in the program: normal dependencies, followed to the end."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    waiting = [identity for identity, package in packages.items() if package["name"] == program]
    seen = set(waiting)
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if normal and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    others = (packages[identity] for identity in seen)
    return sorted((package for package in others if package["source"]), key=lambda package: (package["name"], package["version"]))


def texts(package: dict) -> list[str]:
    """The licence files beside the crate's manifest."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted({path for name in NAMES for path in folder.glob(name) if path.is_file()})
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in files]


def main(program: str) -> int:
    host = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    triple = next(line.split()[1] for line in host.splitlines() if line.startswith("host:"))
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", triple]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    users: dict[str, list[str]] = {}
    print(f"{program} is linked with these crates:\n")
    for package in linked(metadata, program):
        name = f"{package['name']} {package['version']}"
        print(f"  {name}: {package['license'] or 'see its licence file'}")
        for text in texts(package):
            users.setdefault(text, []).append(name)
    for text, names in users.items():
        print(f"\n{'=' * 78}\n{', '.join(names)}\n{'-' * 78}\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
