#!/usr/bin/env bash
# Fetches the test pictures when they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f "$1/pictures/walk_past.json" ] || exec ./python.sh -m pictures.fetched "$1/pictures"
