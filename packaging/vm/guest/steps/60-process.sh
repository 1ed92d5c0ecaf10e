# What happens to processes: they are asked to end, they are killed, they hang.
restarts() { of lintel-kiosk NRestarts; }

# Somebody stands before the door: a frame with a face takes seconds here, and the last one is given up.
before=$(mark)
show "${NAMES[0]}" yuyv
comes_true 180 "the door is busy with a face" said "$before" lintel-kiosk MESSAGE=feedback
for program in kiosk central; do
  started=$(date +%s%3N)
  systemctl stop "lintel-$program"
  holds "lintel-$program ends within five seconds when asked" at_most $(($(date +%s%3N) - started)) $((5000 * $(cat "$RIG/patience") / 3))
  holds "and cleanly" same "$(of "lintel-$program" Result)" success
done
# An empty doorway from here on.
systemctl stop camera
systemctl start lintel-central lintel-kiosk

count=$(restarts)
kill -KILL "$(of lintel-kiosk MainPID)"
restarted() { more_than "$(restarts)" "$count"; }
comes_true 120 "a killed door is started again" restarted
comes_true 300 "and ready again" is_active lintel-kiosk

before=$(mark)
hung=$(of lintel-kiosk MainPID)
kill -STOP "$hung"
is_another() { is_active lintel-kiosk && not same "$(of lintel-kiosk MainPID)" "$hung"; }
comes_true 400 "a door that hangs is killed by the watchdog and started again" is_another
holds "as the journal tells" logs "$before" lintel-kiosk "Watchdog timeout"
