told=$(cat "$STATE/told")
holds "every event that was told ($told) is in the outbox" not more_than "$told" "$(outbox last_seq)"
comes_true 300 "central is there again" is_active lintel-central
comes_true 300 "the door is there again" is_active lintel-kiosk
comes_true 120 "everything is delivered" all_is_delivered
holds "nothing was set aside as damaged" not compgen -G '/var/lib/lintel-kiosk/outbox.db.*'
holds "no dead letters" same "$(outbox dead_letters)" 0
