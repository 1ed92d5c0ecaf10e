# Central is away, the door records on, and somebody pulls the plug.
systemctl stop lintel-central
before=$(mark)
show "${NAMES[0]}" yuyv
comes_true 180 "a person is told that it is stored" said "$before" lintel-kiosk MESSAGE=feedback STATE=stored_offline
before=$(mark)
show card yuyv
comes_true 180 "so is the next one" said "$before" lintel-kiosk MESSAGE=feedback STATE=stored_offline
holds "events wait while central is away" more_than "$(outbox backlog)" 1
# What the journal says was stored must be there afterwards: the highest number that was told.
since "$before" lintel-kiosk MESSAGE="event stored" | jq -rs 'map(.EVENT_SEQ | tonumber) | max' >"$STATE/told"
sync "$STATE/told"
holds "a number was told" grep -qE '^[0-9]+$' "$STATE/told"
pull_the_plug
