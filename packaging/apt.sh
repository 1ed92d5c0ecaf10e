#!/usr/bin/env bash
# Installs the Debian packages that are named and missing: `apt.sh PACKAGE[=VERSION]…`. Says nothing when none is.
# Uses sudo when it isn't root, and says what to ask for when it may not.
set -euo pipefail
stop() { printf 'setup: %s\n' "$*" >&2; exit 2; }

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  stop "this is not Debian or Ubuntu; install what these packages hold: $*"
fi
missing=()
installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n${db:Status-Abbrev}${Package}=${Version}\n' "${@%%=*}" 2>/dev/null \
  | sed -n 's/^ii *//p' || true)
for package in "$@"; do
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && command -v sudo >/dev/null; }; then
    stop "these Debian packages are missing; ask an administrator for: apt-get install --no-install-recommends ${missing[*]}"
  fi
  as_root=(sudo)
fi
printf 'setup: installing Debian packages: %s\n' "${missing[*]}"
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends --allow-downgrades "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  stop "apt-get failed (its whole output: $log)"
fi
rm -f "$log"
