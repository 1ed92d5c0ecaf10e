#!/usr/bin/env bash
# Boots an image under qemu's emulation (no KVM needed) and runs the guest's steps: `boot.sh IMAGE IN OUT`.
#
# IN becomes /rig/in in the guest (read-only), OUT is /rig/out: OUT/said is what the steps print, OUT/code their
# exit code. A step may ask for another boot of the same disk (OUT/again), in order or by pulling the plug; the
# disk is thrown away at the end. The guest reaches nothing; what it puts into OUT/browser.ask is done by a browser out
# here, at its port 8081, and the result is OUT/browser.answer. Exit code: the steps' own, 124 when LINTEL_VM_MINUTES (60) were not enough,
# 125 when the guest ended without a result.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$1 in=$2 out=$3
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
limit=$((${LINTEL_VM_MINUTES:-60} * 60))
disk=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$disk"
}
trap finish EXIT
trap 'exit 130' INT TERM

qemu-img create -q -f qcow2 -F raw -b "$image/root.ext4" "$disk/disk.qcow2"
: >"$out/said"
tail -n +1 -f "$out/said" &
pids+=($!)
boot=0
while true; do
  boot=$((boot + 1))
  rm -f "$out/again" "$out/code"
  # -no-reboot: an emulated reset is slower than a new start, and a panic ends the run. Not nicer than whoever
  # started it: the guest's clock goes on while it waits for a processor, and its watchdogs with it.
  qemu-system-x86_64 -no-reboot -M q35 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 2048 \
    -nodefaults -no-user-config -display none \
    -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$port-10.0.2.15:8081" \
    -device virtio-net-pci,netdev=net,romfile= \
    -kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
    -append "root=/dev/vda rw console=ttyS0 mitigations=off nokaslr random.trust_cpu=on panic=-1 loglevel=4" \
    -drive "file=$disk/disk.qcow2,if=virtio,format=qcow2,cache=unsafe" \
    -virtfs "local,path=$in,mount_tag=in,security_model=none,readonly=on" \
    -virtfs "local,path=$out,mount_tag=out,security_model=none" \
    -device virtio-rng-pci -serial "file:$out/console.$boot" </dev/null &
  qemu=$!
  pids+=("$qemu")
  while kill -0 "$qemu" 2>/dev/null; do
    if [ "$SECONDS" -ge "$limit" ]; then
      echo "vm: no result after $((limit / 60)) minutes" >&2
      exit 124
    fi
    if [ -e "$out/browser.ask" ]; then
      mv "$out/browser.ask" "$disk/ask"
      timeout 600 "$here/chromium.py" "http://127.0.0.1:$port" "$out" <"$disk/ask" >"$out/browser.part" 2>&1 || true
      mv "$out/browser.part" "$out/browser.answer"
    fi
    sleep 1
  done
  [ -e "$out/again" ] || break
done
sleep 1 # what was printed last
if [ ! -s "$out/code" ]; then
  echo "vm: the guest ended without a result; the end of its console:" >&2
  tail -n 25 "$out/console.$boot" >&2 || true
  exit 125
fi
exit "$(cat "$out/code")"
