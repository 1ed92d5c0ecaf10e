# An orderly reboot; the next step looks.
kiosk outbox status --json | jq .last_seq >"$STATE/last_seq"
reboot_after
