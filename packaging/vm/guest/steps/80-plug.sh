# Central is away, the door records on, and somebody pulls the plug.
show walk yuyv
systemctl stop lintel-central
waits() { more_than "$(outbox backlog)" 1; }
comes_true 600 "events wait while central is away" waits
before=$(mark)
comes_true 600 "the person is told that it is stored" said "$before" lintel-kiosk MESSAGE=feedback STATE=stored_offline
# What the journal says was stored must be there afterwards: the highest number that was told.
since "$before" lintel-kiosk MESSAGE="event stored" | jq -rs 'map(.EVENT_SEQ | tonumber) | max' >"$STATE/told"
sync "$STATE/told"
holds "a number was told" grep -qE '^[0-9]+$' "$STATE/told"
pull_the_plug
