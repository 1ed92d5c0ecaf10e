#!/usr/bin/env bash
# Runs Python with the pinned packages that pack building and test pictures need, from a private
# environment in the cache; makes it on first use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
venv=$cache/venv
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  echo "setup: making a Python environment in $venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi
PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} exec "$venv/bin/python" "$@"
