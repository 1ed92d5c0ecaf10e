#!/usr/bin/env bash
# cargo-deny on bans, licences and sources; builds cargo-deny into the cache on first use (some minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${LINTEL_CACHE:-$HOME/.cache/lintel}/tools
version=0.20.2
if ! PATH=$tools/bin:$PATH cargo deny --version 2>/dev/null | grep -qF "$version"; then
  echo "building cargo-deny $version (once)"
  env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$tools" "cargo-deny@$version"
fi
PATH=$tools/bin:$PATH cargo deny --log-level warn --config .deny.toml check bans licenses sources
