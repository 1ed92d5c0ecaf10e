#!/usr/bin/env bash
# In the guest: runs the steps in the order of their names, each in a shell of its own, from the one that is
# due. A step that calls `reboot_after` or `pull_the_plug` is done; the next one runs in the next boot. Ends the
# machine, with the exit code in /rig/out/code.
set -uo pipefail
export HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export RIG=/rig/in GUEST=/rig/in/guest OUT=/rig/out STATE=/var/lib/rig
mkdir -p "$STATE"
cd /root || exit 1
exec >>"$OUT/said" 2>&1 </dev/null

finish() {
  journalctl --no-pager -o short-iso >"$OUT/journal" 2>&1
  echo "$1" >"$OUT/code"
  sync
  systemctl poweroff -f
  exit 0
}

due=$(cat "$STATE/due" 2>/dev/null || echo 00)
for step in "$GUEST"/steps/*.sh; do
  name=$(basename "$step" .sh)
  [[ $name < $due ]] && continue
  # Due is what comes behind it, also when it pulls the plug.
  echo "$name~" >"$STATE/due"
  sync "$STATE/due"
  printf '\n== %s (%s s after boot)\n' "${name#*-}" "$(cut -d. -f1 /proc/uptime)"
  # A shell of its own: in this one `if` would switch -e off.
  if ! bash -euo pipefail -c 'source "$GUEST/words.sh"; source "$GUEST/console.sh"; source "$1"' step "$step"; then
    printf 'FAILED in %s. The last lines of the journal:\n' "$name"
    journalctl --no-pager -o cat -n 40 -u 'lintel-*' -u camera
    finish 1
  fi
  if [ -e "$STATE/reboot" ]; then
    rm -f "$STATE/reboot"
    journalctl -b --no-pager -o short-iso >"$OUT/journal.$name" 2>&1
    : >"$OUT/again"
    systemctl reboot
    exit 0
  fi
done
printf '\nall steps passed\n'
finish 0
