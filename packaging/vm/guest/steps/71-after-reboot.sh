comes_true 300 "central is there by itself after a reboot" is_active lintel-central
comes_true 300 "so is the door, though its camera isn't" is_active lintel-kiosk
comes_true 60 "and it says so" status_says lintel-kiosk "no picture: "
# The kernel's camera: the loopback isn't one before it is fed, and a door that looks at it then disturbs it.
"$GUEST/camera.sh" pattern
comes_true 120 "a camera that comes later is watched" status_says lintel-kiosk "watching camera /dev/video0"
holds "the outbox is where it was" not more_than "$(cat "$STATE/last_seq")" "$(outbox last_seq)"
