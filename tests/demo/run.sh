#!/usr/bin/env bash
# The demo: a private broker and centre on free ports, people enrolled from photographs, a kiosk that
# watches a clip of them (and of a stranger) walking past, the broker stopped half-way, the day's report.
# Ends with an error when the report does not name exactly the people of the clip, once each.
#
#   DEMO_EXIT=1          end after the report instead of staying up until Ctrl-C
#   DEMO_CAMERA=/dev/…   watch a real camera instead of the clip
#   LINTEL_FACES=DIR     photographs and clips of your own (docs/models.md says how the folder looks)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bin=${LINTEL_BIN_DIR:-${CARGO_TARGET_DIR:-${LINTEL_TARGET_DIR:-$HOME/.cache/lintel/target}}/debug}
work=$(mktemp -d "${TMPDIR:-/tmp}/lintel-demo-XXXXXX")
chmod 755 "$work"
site=office
zone=${TZ:-Europe/Berlin}
pids=()

bold=''; dim=''; plain=''
if [ -t 1 ]; then bold=$'\e[1m'; dim=$'\e[2m'; plain=$'\e[0m'; fi
say() { printf '%s\n' "${bold}$*${plain}"; }
note() { printf '%s\n' "${dim}  $*${plain}"; }

finish() {
  local code=$?
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [ "$code" -ne 0 ] && [ "$code" -ne 130 ]; then
    printf '\nThe demo failed (exit code %s). The last lines of its logs:\n' "$code" >&2
    tail -n 15 "$work"/*.log >&2 2>/dev/null || true
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

wait_for() { # wait_for SECONDS WHAT COMMAND…: until the command succeeds
  local left=$(($1 * 5)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    if [ "$left" -le 0 ]; then printf 'gave up waiting until %s\n' "$what" >&2; return 1; fi
    sleep 0.2
  done
}

free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])
PY
}

central() { "$bin/lintel-central" --config "$work/central.toml" --log warn "$@"; }
kiosk() { "$bin/lintel-kiosk" --config "$work/kiosk.toml" --log warn "$@"; }

# ------------------------------------------------------------------ pictures
pictures=${LINTEL_CACHE:-$HOME/.cache/lintel}/pictures
if [ -n "${LINTEL_FACES:-}" ]; then
  pictures=$work/pictures
  "$here/../../packaging/python.sh" -m pictures.own "$LINTEL_FACES" "$pictures" >"$work/pictures.log" 2>&1
fi
if [ -n "${DEMO_CAMERA:-}" ]; then source=v4l2:$DEMO_CAMERA; else source=clip:$pictures/walk_past.avi; fi

# ------------------------------------------------------------------ centre and broker
read -r web device mqtt < <(free_ports 3)
cat >"$work/central.toml" <<TOML
[server]
listen = "127.0.0.1:$web"
[devices]
listen = "127.0.0.1:$device"
allow_tokens = true
[storage]
data_dir = "$work/central"
[mqtt]
enabled = true
url = "mqtt://127.0.0.1:$mqtt"
TOML

if [ "$(readlink "${LINTEL_PACKS:-${LINTEL_CACHE:-$HOME/.cache/lintel}/packs}/default" || true)" = open-1 ]; then
  say "Recognition by the pack open-1: enough to try Lintel, not to run a door (docs/models.md)."
fi
say "Central on port $web, devices on $device, broker on $mqtt"
{
  central keys init
  central migrate
  central site add "$site" --zone "$zone"
  central mqtt config --out "$work/broker" --port "$mqtt"
} >"$work/keys.log"
mosquitto_bin=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto)
"$mosquitto_bin" -c "$work/broker/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
broker=$!
pids+=("$broker")
"$bin/lintel-central" --config "$work/central.toml" serve >"$work/central.log" 2>&1 &
pids+=($!)
wait_for 30 "central is ready" curl -fsS "http://127.0.0.1:$web/health/ready"

# ------------------------------------------------------------------ people
say "Enrolling"
expected=()
for folder in "$pictures"/enrol/*/; do
  name=$(basename "$folder")
  id=$(central people add --name "$name" --site "$site" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["person_id"])')
  central people enrol "$id" --photos "$folder" --consent demo-1 >>"$work/enrol.log"
  note "$name: $(find "$folder" -type f | wc -l) photographs, with consent"
  expected+=("$name")
done

# ------------------------------------------------------------------ the door
central device add front-door --site "$site" --door "Front door" --out "$work/join.toml" >>"$work/keys.log"
cat >"$work/kiosk.toml" <<TOML
[device]
join_file = "$work/join.toml"
data_dir = "$work/kiosk"
[camera]
source = "$source"
loop = false
[sync]
interval_ms = 500
TOML
say "A kiosk at the front door watches ${source#*:}"
"$bin/lintel-kiosk" --config "$work/kiosk.toml" run >"$work/kiosk.log" 2>&1 &
pids+=($!)

# What the door says to people, as it says it. The broker is stopped after the first person.
socket=$work/kiosk/feedback.sock
wait_for 60 "the kiosk is up" test -S "$socket"
python3 "$here/watch.py" "$socket" "$work/first" &
pids+=($!)

if [ -n "${DEMO_CAMERA:-}" ]; then
  say "Walk past the camera. The report is at the link below; Ctrl-C ends."
  central link
  wait
fi

wait_for 120 "the first person is recorded" test -e "$work/first"
kill "$broker"
note "(the broker is stopped now: the rest goes over HTTPS)"
wait_for 180 "the clip ends" grep -q "source ended" "$work/kiosk.log"
drained() { kiosk outbox status --json | python3 -c 'import json,sys; sys.exit(json.load(sys.stdin)["backlog"] != 0)'; }
wait_for 60 "everything is acked" drained

# ------------------------------------------------------------------ the day
today=$(TZ=$zone date +%F)
report() { central report daily --date "$today" --site "$site" --format "$1"; }
complete() { [ "$(report json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["days"]))')" -ge "${#expected[@]}" ]; }
wait_for 30 "the day is computed" complete || true
say ""
say "Attendance on $today"
report table
report json | python3 "$here/check.py" "${expected[@]}"
say ""
central link
[ -n "${DEMO_EXIT:-}" ] && exit 0
say "Ctrl-C ends the demo and removes its data."
wait
