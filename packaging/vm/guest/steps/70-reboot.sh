# An orderly reboot; the next step looks.
outbox last_seq >"$STATE/last_seq"
reboot_after
