# What cameras do: they are unplugged, and they freeze without a word. The door's process never ends of it.
systemctl stop lintel-kiosk 2>/dev/null
"$GUEST/camera.sh" off
"$GUEST/camera.sh" pattern
systemctl start lintel-kiosk
comes_true 120 "the door watches the test camera" status_says lintel-kiosk "watching camera /dev/video0"


before=$(mark)
"$GUEST/camera.sh" unplug
comes_true 30 "an unplugged camera is reported" status_says lintel-kiosk "no picture: "
comes_true 30 "it is tried again" logs "$before" lintel-kiosk "there is nothing of that name"
pauses() { since "$before" lintel-kiosk | jq -r '.RETRY_IN_MS // empty'; }
they_grow() { more_than "$(pauses | tail -n 1)" "$(pauses | head -n 1)"; }
comes_true 60 "with growing pauses" they_grow
"$GUEST/camera.sh" replug
comes_true 90 "plugged in again it is watched again" status_says lintel-kiosk "watching camera /dev/video0"

show "${NAMES[0]}" yuyv
pid_before=$(of lintel-kiosk MainPID)
before=$(mark)
"$GUEST/camera.sh" freeze
comes_true 60 "a frozen camera is noticed by the door's own clock" logs "$before" lintel-kiosk "gave no frame for 3000 ms"
holds "and reported" status_says lintel-kiosk "no picture: "
"$GUEST/camera.sh" thaw
comes_true 90 "it is watched again when it goes on" status_says lintel-kiosk "watching camera /dev/video0"
holds "the process was the same all the while" same "$(of lintel-kiosk MainPID)" "$pid_before"
holds "and its camera thread never panicked" not logs "$before" lintel-kiosk panicked
