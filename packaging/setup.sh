#!/usr/bin/env bash
# Makes this machine ready to build, test and try Lintel: Debian packages, ONNX Runtime, a model pack and
# test pictures. Says nothing and takes no time when nothing is missing. Nothing is installed outside the
# package manager and ${LINTEL_CACHE:-~/.cache/lintel}.
set -euo pipefail
cd "$(dirname "$0")"

cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
packages=(
  libopencv-core-dev libopencv-imgproc-dev libopencv-calib3d-dev # the three parts of OpenCV that are used
  clang libclang-dev                                             # OpenCV's bindings are made at build time
  gcc g++ make cmake pkg-config libssl-dev                       # SQLCipher and aws-lc are built from source
  mosquitto postgresql                                           # the broker; tests run on both databases
  chromium chromium-driver fonts-dejavu-core                     # the console is tested in a real browser
  nginx caddy                                                    # tests of the samples in config/
  python3 python3-venv                                           # model packs and test pictures
  curl unzip ca-certificates util-linux
)

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 2; }

if ! command -v cargo >/dev/null; then
  stop "Rust is missing: install cargo 1.94 or newer (rustup from your distribution or rustup.rs), then run this again"
fi

if ! command -v apt-get >/dev/null; then
  stop "this is not Debian or Ubuntu; install what these packages hold, then build with cargo: ${packages[*]}"
fi
./apt.sh "${packages[@]}"

# ------------------------------------------------------------------ ONNX Runtime, packs, pictures
mkdir -p "$cache"
version=$(sed -n 's/^onnxruntime==//p' requirements.txt)
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
