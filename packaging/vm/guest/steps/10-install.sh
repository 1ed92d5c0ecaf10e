# Both packages, offline, on a bare machine.

# A self-test and a frame with a face take seconds to minutes here. What a watchdog does is the same with more time.
for program in kiosk central; do
  mkdir -p "/etc/systemd/system/lintel-$program.service.d"
  printf '[Service]\nTimeoutStartSec=1800\nWatchdogSec=120\n' >"/etc/systemd/system/lintel-$program.service.d/emulated.conf"
done
apt-get install -y -qq "$RIG"/debs/lintel-*.deb >"$STATE/apt" 2>&1 || { cat "$STATE/apt"; false; }
printf '  ok  the packages install without a network\n'

for program in kiosk central; do
  unit=lintel-$program.service
  holds "$unit starts at boot" systemctl -q is-enabled "$unit"
  holds "$unit has no line that systemd doesn't know" same "$(systemd-analyze verify --man=no "$unit" 2>&1)" ""
  holds "$unit is exposed by 2.0 at most" systemd-analyze security --threshold=20 --no-pager "$unit"
  printf '      %s\n' "$(systemd-analyze security --no-pager "$unit" | tail -n 1)"
  holds "the state of lintel-$program is for its user alone" \
    same "$(stat -c '%U:%G %a' "/var/lib/lintel-$program")" "lintel-$program:lintel-$program 700"
done
holds "a backup is made each night" systemctl -q is-enabled lintel-central-backup.timer
for unit in lintel-central-backup.service lintel-central-backup.timer; do
  holds "$unit has no line that systemd doesn't know" same "$(systemd-analyze verify --man=no "$unit" 2>&1)" ""
done
holds "the backup is exposed by 2.0 at most" systemd-analyze security --threshold=20 --no-pager lintel-central-backup.service
holds "central's settings are not for everybody" same "$(stat -c '%U:%G %a' /etc/lintel/central.toml)" "root:lintel-central 640"
comes_true 300 "central is ready" is_active lintel-central
holds "central answers" curl -fsS http://127.0.0.1:8080/health/ready
holds "its keys are its own" same "$(stat -c '%U %a' /var/lib/lintel-central/keys/face.key)" "lintel-central 600"
holds "a door that hasn't joined isn't started" same "$(of lintel-kiosk ConditionResult)/$(of lintel-kiosk ActiveState)" no/inactive
holds "but waited for" is_active lintel-kiosk.path
