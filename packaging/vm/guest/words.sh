# The words that steps are written in. A sentence that doesn't hold ends the step, and with it the test.

# holds SENTENCE COMMAND…: the command succeeds now
holds() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    printf '  ok  %s\n' "$sentence"
  else
    printf '  NOT %s\n      %s\n%s\n' "$sentence" "$*" "$said"
    return 1
  fi
}

# comes_true SECONDS SENTENCE COMMAND…: the command succeeds within that time, on a machine that is otherwise
# idle; one that isn't gets several times as long (LINTEL_VM_PATIENCE)
comes_true() {
  local left=$(($1 * $(cat "$RIG/patience"))) sentence=$2 started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - started)) -ge "$left" ]; then
      printf '  NOT %s (waited %s s)\n      %s\n' "$sentence" "$left" "$*"
      "$@" || true
      return 1
    fi
    sleep 1
  done
  printf '  ok  %s (%s s)\n' "$sentence" $((SECONDS - started))
}

not() { ! "$@" >/dev/null 2>&1; }
same() { [ "$1" = "$2" ] || { printf '%s is not %s\n' "$1" "$2"; return 1; }; }
# answers TEXT COMMAND…: the command succeeds, and what it says contains the text
answers() {
  local text=$1 answer
  shift
  answer=$("$@" 2>&1) || { printf '%s\n' "$answer"; return 1; }
  [[ $answer == *"$text"* ]] || { printf '%s\n' "$answer"; return 1; }
}
# refuses TEXT COMMAND…: it fails, and says why with this text
refuses() {
  local text=$1 answer
  shift
  if answer=$("$@" 2>&1); then return 1; fi
  [[ $answer == *"$text"* ]] || { printf '%s\n' "$answer"; return 1; }
}
at_most() { [ "$1" -le "$2" ] || { printf '%s is more than %s\n' "$1" "$2"; return 1; }; }
more_than() { [ "$1" -gt "$2" ] || { printf '%s is not more than %s\n' "$1" "$2"; return 1; }; }

# The programs, each as its own user; the file that settings come from is /etc/lintel's.
central() { setpriv --reuid=lintel-central --regid=lintel-central --init-groups --reset-env lintel-central --log warn "$@"; }
kiosk() { setpriv --reuid=lintel-kiosk --regid=lintel-kiosk --init-groups --reset-env lintel-kiosk --log warn "$@"; }

# of UNIT PROPERTY
of() { systemctl show -P "$2" "$1"; }
is_active() { same "$(of "$1" ActiveState)" active; }
# status_says UNIT TEXT
status_says() {
  local status
  status=$(of "$1" StatusText)
  [[ $status == *"$2"* ]] || { printf 'its status is: %s\n' "$status"; return 1; }
}
# mark: a place in the journal; since MARK UNIT [FIELD=VALUE…]: its messages from there, as JSON lines
mark() { date +@%s.%6N; }
since() {
  local from=$1 unit=$2
  shift 2
  journalctl --since "$from" -u "$unit" -o json --all --no-pager "$@"
}
# logs MARK UNIT TEXT: some message from there contains the text
logs() { since "$1" "$2" | grep -F -- "$3"; }

# said MARK UNIT FIELD=VALUE…: some message from there has these fields
said() { since "$@" | grep -q .; }

# The people of the test pictures who are enrolled, in the order of their walks.
mapfile -t NAMES < <(jq -r '.walks[].name // empty' "$RIG/pictures/walk_past.json")

# show NAME|stranger|card yuyv|mjpeg: who stands before the door from now on, and what its camera speaks
show() {
  local clip=$STATE/$1.avi
  systemctl stop lintel-kiosk 2>/dev/null # it mentions the path unit
  "$GUEST/camera.sh" off
  [ -e "$clip" ] || "$GUEST/camera.sh" person "$1" "$clip"
  "$GUEST/camera.sh" clip "$clip" "$2"
  systemctl start lintel-kiosk
  comes_true 120 "the door watches: $1 ($2)" status_says lintel-kiosk "watching camera /dev/video0 (640x480 ${2^})"
}

# id_of NAME
id_of() { central people list --json | jq -r --arg name "$1" '.people[] | select(.name == $name).person_id'; }

# outbox FIELD, gallery FIELD: what the door's own command says
outbox() { kiosk outbox status --json | jq ".$1"; }
gallery() { kiosk gallery status --json | jq ".$1"; }
all_is_delivered() { same "$(outbox backlog)" 0; }

reboot_after() { touch "$STATE/reboot"; }
# Nothing is synced, no unit is stopped.
pull_the_plug() {
  journalctl -b --no-pager -o short-iso >"$OUT/journal.plug" 2>&1
  : >"$OUT/again"
  echo b >/proc/sysrq-trigger
  sleep 60
}
