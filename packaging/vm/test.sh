#!/usr/bin/env bash
# Tests the packages in a virtual Debian with systemd and a camera: `test.sh FOLDER-WITH-DEBS`.
#
# Emulated, so that it runs anywhere: recognition takes seconds a frame there, and the steps have patience.
# What the guest does stands in guest/steps, one file a step; LINTEL_VM_STEPS="10 20" runs only those.
# LINTEL_VM_PATIENCE=10 waits ten times as long as an idle machine needs (3).
# LINTEL_VM_OUT names the folder for journal and console. LINTEL_FACES works as for the demo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
debs=$(realpath "$1")
cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
say() { printf 'vm: %s\n' "$*"; }

if ! command -v qemu-system-x86_64 >/dev/null || ! command -v qemu-img >/dev/null; then
  # Both of one version: newer tools, from a backport, keep the emulator of the release out.
  version=$(apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: //p')
  ./apt.sh "qemu-system-x86=$version" "qemu-utils=$version"
fi
./apt.sh mmdebstrap e2fsprogs python3
# A browser that is there already may come from elsewhere.
command -v chromedriver >/dev/null || ./apt.sh chromium chromium-driver

# ------------------------------------------------------------------ image
# What the packages depend on, less what they bring themselves; and the steps' own tools.
depends=$(for deb in "$debs"/lintel-*.deb; do dpkg-deb -f "$deb" Depends; done | tr ',' '\n' \
  | sed 's/(.*//; s/|.*//; s/[[:space:]]//g' | grep -vE '^(lintel-.*)?$' | LC_ALL=C sort -u)
mapfile -t depends <<<"$depends"$'\ncurl\njq\nopenssl\nsqlite3'
image=$cache/vm/$({ cat vm/image.sh; printf '%s\n' "${depends[@]}"; } | sha256sum | cut -c1-12)
if [ ! -s "$image/root.ext4" ]; then
  rm -rf "$cache/vm"
  mkdir -p "$image.new"
  vm/image.sh "$image.new" "${depends[@]}"
  mv "$image.new" "$image"
fi

# ------------------------------------------------------------------ what the guest is given
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${LINTEL_VM_OUT:-$(mktemp -d)}
mkdir -p "$work/in/debs" "$out"
out=$(realpath "$out")
rm -rf "${out:?}"/*
# Copies: what is built meanwhile doesn't change under the guest.
cp "$debs"/lintel-*.deb "$work/in/debs/"
cp -r vm/guest "$work/in/guest"
echo "${LINTEL_VM_PATIENCE:-3}" >"$work/in/patience"
if [ -n "${LINTEL_VM_STEPS:-}" ]; then
  for step in "$work"/in/guest/steps/*.sh; do
    number=$(basename "$step" | cut -d- -f1)
    case " $LINTEL_VM_STEPS " in *" $number "*) ;; *) rm "$step" ;; esac
  done
fi
if [ -n "${LINTEL_FACES:-}" ]; then
  ./python.sh -m pictures.own "$LINTEL_FACES" "$work/in/pictures"
else
  cp -r "$cache/pictures" "$work/in/pictures"
fi
# apt reads the packages as a user of its own, and the guest's users read the photographs.
chmod -R a+rX "$work"

code=0
vm/boot.sh "$image" "$work/in" "$out" || code=$?
if [ "$code" -eq 0 ]; then
  say "passed in $SECONDS s"
else
  say "exit code $code after $SECONDS s; journal and console are in $out"
fi
exit "$code"
