#!/usr/bin/env bash
# Makes this machine ready to build and try Lintel (`setup.sh demo`), and to test it too (`setup.sh test`):
# Debian packages, ONNX Runtime, a model pack and test pictures. Takes no time when nothing is missing.
# Nothing is installed outside the package manager and ${LINTEL_CACHE:-~/.cache/lintel}.
set -euo pipefail
cd "$(dirname "$0")"

cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
packages=(
  libopencv-core-dev libopencv-imgproc-dev libopencv-calib3d-dev # the three parts of OpenCV that are used
  clang libclang-dev                                             # OpenCV's bindings are made at build time
  gcc g++ make cmake pkg-config libssl-dev                       # SQLCipher and aws-lc are built from source
  mosquitto                                                      # the broker
  python3 python3-venv                                           # model packs and test pictures
  curl ca-certificates util-linux
)
for_tests=(
  postgresql       # tests run on both databases
  nginx caddy      # tests of the samples in config/
  fonts-dejavu-core
)

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 2; }
on_path() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

what=${1:-test}
case $what in demo | test) ;; *) stop "setup.sh demo, or setup.sh test" ;; esac

# ------------------------------------------------------------------ Rust
needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' ../Cargo.toml)
install="install it from your distribution or with rustup (rustup.rs)"
command -v cargo >/dev/null || stop "Rust is missing, $needed or newer is needed: $install, then run this again"
found=$(cargo --version | cut -d ' ' -f 2)
if [ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
  if command -v rustup >/dev/null; then install="type: rustup toolchain install stable && rustup default stable"; fi
  stop "cargo is $found, $needed or newer is needed: $install"
fi

# ------------------------------------------------------------------ Debian packages
if ! command -v apt-get >/dev/null; then
  [ "$what" = demo ] || packages+=("${for_tests[@]}" chromium chromium-driver)
  stop "this is not Debian or Ubuntu; install what these packages hold, then build with cargo: ${packages[*]}"
fi
# Any Chromium or Chrome does for the console's tests. Ubuntu has it only as a snap, which apt can't install.
browser=()
if ! on_path chromedriver || ! { on_path chromium || on_path chromium-browser || on_path google-chrome; }; then
  browser=(chromium chromium-driver)
  # shellcheck source=/dev/null
  if [ "$what" = test ] && (. /etc/os-release && [[ " $ID ${ID_LIKE:-} " == *" ubuntu "* ]]); then
    stop "Ubuntu has no package of Chromium: install Google Chrome (google.com/chrome, the .deb) and put the chromedriver" \
      "of the same version on the PATH (googlechromelabs.github.io/chrome-for-testing), then run this again." \
      "\`make demo\` works without."
  fi
fi
[ "$what" = demo ] || packages+=("${for_tests[@]}" "${browser[@]}")

# Debian starts the service of a package that it installs. Lintel starts its own and needs none of them.
services=()
for service in mosquitto postgresql nginx caddy; do
  [[ " ${packages[*]} " == *" $service "* ]] || continue
  dpkg-query -W -f '${db:Status-Abbrev}' "$service" 2>/dev/null | grep -q '^ii' || services+=("$service")
done
./apt.sh "${packages[@]}"
if [ "${#services[@]}" -gt 0 ] && [ -d /run/systemd/system ]; then
  say "Debian has started what came with these packages; Lintel doesn't use them: sudo systemctl disable --now ${services[*]}"
fi

# ------------------------------------------------------------------ ONNX Runtime, packs, pictures
mkdir -p "$cache"
version=$(sed -n 's/^onnxruntime==\([^ ]*\).*/\1/p' requirements/packs.txt)
if [ "$(cat "$cache/onnxruntime/version" 2>/dev/null || true)" != "$version" ]; then
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) stop "there is no onnxruntime package for $(uname -m): build ONNX Runtime $version and set LINTEL_ONNXRUNTIME to the library" ;;
  esac
  say "fetching ONNX Runtime $version"
  # The library inside the Python package is the ordinary one; the `ort` crate asks for this version's API.
  capi=$(./python.sh -c 'import onnxruntime, pathlib; print(pathlib.Path(onnxruntime.__file__).parent)')
  mkdir -p "$cache/onnxruntime"
  cp "$capi/LICENSE" "$capi/ThirdPartyNotices.txt" "$cache/onnxruntime/"
  cp "$capi/capi/libonnxruntime.so.$version" "$cache/onnxruntime/libonnxruntime.so.new"
  mv "$cache/onnxruntime/libonnxruntime.so.new" "$cache/onnxruntime/libonnxruntime.so"
  echo "$version" >"$cache/onnxruntime/version"
fi
./models/setup.sh "$cache"
./pictures/setup.sh "$cache"
