#!/usr/bin/env bash
# Builds a small bootable Debian: `image.sh FOLDER PACKAGE…`. Writes root.ext4, vmlinuz and initrd.img there.
#
# It is this machine's own release from this machine's own package sources, with systemd, a kernel that has the
# test camera `vivid`, the module v4l2loopback, and the packages that are named: the guest has no network, so
# what Lintel depends on must be in it beforehand.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
folder=$1
shift
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
say() { printf 'image: %s\n' "$*"; }

arch=$(dpkg --print-architecture)
[ "$arch" = amd64 ] || { echo "image: only amd64 so far, this is $arch" >&2; exit 2; }
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mkdir -p "$folder"
tree=$(mktemp -d)
hooks=$(mktemp -d)
trap '"${as_root[@]}" rm -rf "$tree" "$hooks"' EXIT
chmod 755 "$tree" "$hooks"

# ------------------------------------------------------------------ where packages come from
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
  if grep -qsE "^(deb|Suites:).*[[:space:]]$codename" "$file"; then sources+=("$file"); fi
done
fetching=()
while IFS= read -r line; do fetching+=(--aptopt="$line"); done < <(
  apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|Retries|https?::Proxy) ')

# ------------------------------------------------------------------ hooks
# The disk is virtio and ext4: an initramfs with everything else would only be slower to unpack.
cat >"$hooks/before" <<'HOOK'
set -e
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
printf 'MODULES=list\nCOMPRESS=gzip\nRESUME=none\nFSTYPE=ext4\n' >"$1/etc/initramfs-tools/conf.d/rig"
printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n' >"$1/usr/share/initramfs-tools/modules.d/rig"
HOOK
# The module is kept; the compiler and the headers that built it aren't.
cat >"$hooks/after" <<'HOOK'
set -e
kernel=$(ls "$1/lib/modules")
module=$(find "$1/lib/modules/$kernel" "$1/var/lib/dkms" -name 'v4l2loopback.ko*' | head -n 1)
[ -n "$module" ] || { echo "v4l2loopback was not built for $kernel" >&2; exit 1; }
cp "$module" "$1/root/"
chroot "$1" apt-get purge -y -qq v4l2loopback-dkms dkms linux-headers-amd64 >/dev/null
chroot "$1" apt-get autoremove -y -qq --purge >/dev/null
mkdir -p "$1/lib/modules/$kernel/extra"
mv "$1/root/$(basename "$module")" "$1/lib/modules/$kernel/extra/"
chroot "$1" depmod "$kernel"

echo rig >"$1/etc/hostname"
printf '127.0.0.1 localhost rig\n' >"$1/etc/hosts"
echo '/dev/vda / ext4 rw,noatime 0 1' >"$1/etc/fstab"
# Made anew at the first boot.
: >"$1/etc/machine-id"
mkdir -p "$1/rig/in" "$1/rig/out" "$1/var/log/journal"
cat >"$1/etc/systemd/system/rig.service" <<'UNIT'
[Unit]
Description=The steps of the package test
After=multi-user.target
[Service]
Type=exec
ExecStartPre=mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144 in /rig/in
ExecStartPre=mount -t 9p -o rw,trans=virtio,version=9p2000.L,msize=262144 out /rig/out
ExecStart=/bin/bash /rig/in/guest/run.sh
KillMode=process
TimeoutStopSec=10
[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
ln -sf ../rig.service "$1/etc/systemd/system/multi-user.target.wants/rig.service"
# Work that would take turns with the test on an emulated processor.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer getty@.service serial-getty@.service; do
  ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
HOOK

# ------------------------------------------------------------------ tree and disk
packages=(systemd systemd-sysv dbus udev kmod initramfs-tools busybox procps iproute2 passwd
  linux-image-amd64 linux-headers-amd64 v4l2loopback-dkms v4l-utils ffmpeg ca-certificates "$@")
say "a Debian $codename with $# packages besides the rig's own (some minutes)"
if ! "${as_root[@]}" nice mmdebstrap --mode=root --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
  "${fetching[@]}" --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/lintel-*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook="sh $hooks/before \"\$1\"" --customize-hook="sh $hooks/after \"\$1\"" \
  "$codename" "$tree" "${sources[@]}" >"$folder/image.log" 2>&1; then
  tail -n 30 "$folder/image.log" >&2
  exit 1
fi
kernel=$(ls "$tree/lib/modules")
"${as_root[@]}" install -m 644 -o "$(id -u)" "$tree/boot/vmlinuz-$kernel" "$folder/vmlinuz"
"${as_root[@]}" install -m 644 -o "$(id -u)" "$tree/boot/initrd.img-$kernel" "$folder/initrd.img"
size=$("${as_root[@]}" du -sm "$tree" | cut -f1)
rm -f "$folder/root.ext4"
# Room for the packages and their data; the file is sparse.
"${as_root[@]}" /sbin/mke2fs -q -t ext4 -m 0 -d "$tree" "$folder/root.ext4" "$((size + size / 6 + 1024))M" >/dev/null
"${as_root[@]}" chown "$(id -u)" "$folder/root.ext4"
say "$size MB, kernel $kernel"
