#!/usr/bin/env bash
# Runs Python with the pinned packages that pack building and test pictures need.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/venv.sh" packs)
PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} exec "$bin/python" "$@"
