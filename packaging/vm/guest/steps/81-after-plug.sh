told=$(cat "$STATE/told")
holds "every event that was told ($told) is in the outbox" not more_than "$told" "$(kiosk outbox status --json | jq .last_seq)"
comes_true 300 "central is there again" is_active lintel-central
comes_true 300 "the door is there again" is_active lintel-kiosk
drained() { same "$(kiosk outbox status --json | jq .backlog)" 0; }
comes_true 120 "everything is delivered" drained
holds "nothing was set aside as damaged" not compgen -G '/var/lib/lintel-kiosk/outbox.db.*'
holds "no dead letters" same "$(kiosk outbox status --json | jq .dead_letters)" 0
