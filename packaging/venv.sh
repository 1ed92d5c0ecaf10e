#!/usr/bin/env bash
# Prints the programs' folder of a private Python environment in the cache, and makes it on first use:
# `venv.sh NAME` for requirements/NAME.txt. Nothing is installed whose SHA-256 doesn't stand there.
set -euo pipefail
wanted=$(cd "$(dirname "$0")" && pwd)/requirements/$1.txt
cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
venv=$cache/venv
[ "$1" = packs ] || venv=$venv-$1
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
  echo "setup: making a Python environment in $venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --require-hashes --requirement "$wanted" >&2
  cp "$wanted" "$venv/requirements.txt"
fi
echo "$venv/bin"
