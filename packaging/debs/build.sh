#!/usr/bin/env bash
# Builds the four Debian packages into FOLDER: `build.sh [FOLDER]`, by default debian/ in the target directory.
#
#   lintel-kiosk, lintel-central   from the crates, by cargo-deb (settings: [package.metadata.deb])
#   lintel-onnxruntime             the library that set-up took out of the onnxruntime wheel
#   lintel-models                  the pack lintel-1; LINTEL_MODELS_ALLOW_TRIAL=1 lets open-1 in as well
#
# LINTEL_DEB_PROFILE=dev packages a quick build instead of a release, for trying the packages themselves.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

cache=${LINTEL_CACHE:-$HOME/.cache/lintel}
target=${CARGO_TARGET_DIR:-${LINTEL_TARGET_DIR:-$cache/target}}
profile=${LINTEL_DEB_PROFILE:-release}
out=$(realpath -m "${1:-$target/debian}")
maintainer=$(sed -n 's/^maintainer = "\(.*\)"$/\1/p' kiosk/Cargo.toml)
arch=$(dpkg --print-architecture)
cargo_deb=3.8.0

say() { printf 'debs: %s\n' "$*"; }
stop() { printf 'debs: %s\n' "$*" >&2; exit 1; }

packaging/apt.sh dpkg-dev fakeroot lintian
if ! PATH=$cache/tools/bin:$PATH cargo deb --version 2>/dev/null | grep -qF "$cargo_deb"; then
  say "building cargo-deb $cargo_deb (once)"
  env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$cache/tools" "cargo-deb@$cargo_deb"
fi
export PATH=$cache/tools/bin:$PATH

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$out"
rm -f "$out"/lintel-*.deb

# ------------------------------------------------------------------ the two programs
say "building the programs ($profile)"
folder=$profile
[ "$profile" != dev ] || folder=debug
cargo build --quiet --locked --profile "$profile" --bin lintel-kiosk --bin lintel-central

# The same bytes from the same commit, whenever they are built.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# cargo-deb takes what it packs from a target directory; this one holds exactly that.
mkdir -p "$stage/target/release"
for program in lintel-kiosk lintel-central; do
  ready=$stage/target/release
  cp "$target/$folder/$program" "$ready/"
  mkdir -p "$ready/man/$program"
  "$ready/$program" manual "$ready/man/$program"
  gzip -9n "$ready/man/$program"/*.1
  packaging/python.sh "$here/third_party.py" "$program" | gzip -9n >"$ready/third-party-$program.gz"
done
runtime=$(cat "$cache/onnxruntime/version")-1
for crate in kiosk central; do
  grep -qF "lintel-onnxruntime (= $runtime)" "$crate/Cargo.toml" \
    || stop "$crate/Cargo.toml must depend on lintel-onnxruntime (= $runtime), the version that set-up fetched"
  CARGO_TARGET_DIR=$stage/target cargo deb --quiet --no-build --no-dbgsym --strip --package "lintel-$crate" --output "$out/" >/dev/null
  # Without its unit a package installs and never starts; lintian can't miss what it doesn't know of.
  packed=$(dpkg-deb -c "$out"/lintel-"$crate"_*.deb)
  for file in systemd/lintel-"$crate".*; do
    case $file in
    *.sysusers | *.tmpfiles) place=${file##*.}.d/lintel-$crate.conf ;;
    *) place=systemd/system/${file#systemd/} ;;
    esac
    grep -qF "./usr/lib/$place" <<<"$packed" || stop "$crate/Cargo.toml doesn't pack $file as /usr/lib/$place"
  done
done

# ------------------------------------------------------------------ the two that are no crates
# pack NAME VERSION ARCHITECTURE DEPENDS SUMMARY DESCRIPTION: makes $stage/NAME a package
pack() {
  local root=$stage/$1
  mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$1"
  printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md of Lintel.\n\n -- %s  %s\n' \
    "$1" "$2" "$maintainer" "$(date -uRd "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$root/usr/share/doc/$1/changelog.Debian.gz"
  find "$root" -type d -exec chmod 755 {} +
  find "$root" -type f -exec chmod 644 {} +
  (cd "$root" && find usr -type f -printf '%P\n' | LC_ALL=C sort | sed 's|^|usr/|' | xargs -d '\n' md5sum >DEBIAN/md5sums)
  cat >"$root/DEBIAN/control" <<CONTROL
Package: $1
Version: $2
Architecture: $3
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: $4
Section: misc
Priority: optional
Description: $5
$(fold -sw 76 <<<"$6" | sed 's/^/ /; s/ *$//')
CONTROL
  find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "$out/$1_$2_$3.deb" >/dev/null
}

root=$stage/lintel-onnxruntime
install -D -m 644 "$cache/onnxruntime/libonnxruntime.so" "$root/usr/lib/lintel/libonnxruntime.so"
install -d "$root/usr/share/doc/lintel-onnxruntime"
{ cat "$here/lintel-onnxruntime.copyright"; sed 's/^$/./; s/^/ /' "$cache/onnxruntime/LICENSE"; } \
  >"$root/usr/share/doc/lintel-onnxruntime/copyright"
install -D -m 644 "$cache/onnxruntime/ThirdPartyNotices.txt" "$root/usr/share/doc/lintel-onnxruntime/ThirdPartyNotices.txt"
gzip -9n "$root/usr/share/doc/lintel-onnxruntime/ThirdPartyNotices.txt"
install -D -m 644 "$here/lintel-onnxruntime.lintian-overrides" "$root/usr/share/lintian/overrides/lintel-onnxruntime"
mkdir -p "$stage/shlibs/debian"
touch "$stage/shlibs/debian/control"
needs=$(cd "$stage/shlibs" && dpkg-shlibdeps -O "$root/usr/lib/lintel/libonnxruntime.so" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$needs" ] || stop "dpkg-shlibdeps can't tell what libonnxruntime.so needs"
pack lintel-onnxruntime "$runtime" "$arch" "$needs" "ONNX Runtime for Lintel" \
  "The library that runs Lintel's face models, as published by its makers, in the version that Lintel was built for."

packs=(lintel-1)
if [ -n "${LINTEL_MODELS_ALLOW_TRIAL:-}" ]; then packs+=(open-1); fi
root=$stage/lintel-models
mkdir -p "$root/usr/share/doc/lintel-models"
copied=0
for name in "${packs[@]}"; do
  pack=$cache/packs/$name
  [ -f "$pack/pack.toml" ] || continue
  mkdir -p "$root/usr/share/lintel/models/$name"
  cp "$pack"/*.onnx "$pack/pack.toml" "$root/usr/share/lintel/models/$name/"
  copied=$((copied + 1))
done
[ "$copied" -gt 0 ] || stop "the pack lintel-1 isn't in $cache/packs: docs/models.md says where it comes from (open-1 is for trying Lintel; LINTEL_MODELS_ALLOW_TRIAL=1 packs it all the same)"
cp "$here/lintel-models.copyright" "$root/usr/share/doc/lintel-models/copyright"
gzip -9nc docs/models.md >"$root/usr/share/doc/lintel-models/models.md.gz"
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)-1
pack lintel-models "$version" all "lintel-onnxruntime" "face models for Lintel" \
  "Detector, embedder and liveness models, checked by hash and by a self-test whenever Lintel loads them."

# ------------------------------------------------------------------ the check
# Warnings are looked at and left; an error isn't.
lintian --allow-root --fail-on error --suppress-tags-from-file "$here/lintian-ignored" "$out"/lintel-*.deb
(cd "$out" && ls -sh1 lintel-*.deb)
