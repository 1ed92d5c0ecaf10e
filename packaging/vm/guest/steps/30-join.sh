# A site, its people with consent, and a door that joins.
central site add office --zone Europe/Berlin
for folder in "$RIG"/pictures/enrol/*/; do
  name=$(basename "$folder")
  id=$(central people add --name "$name" --site office --json | jq -r .person_id)
  holds "$name is enrolled with consent" central people enrol "$id" --photos "$folder" --consent vm-1
  echo "$id" >>"$STATE/people"
done
central device add front-door --site office --door "Front door" --direction in --out /var/lib/lintel-central/join.toml >/dev/null
sed -i 's/^#interval_ms = .*/interval_ms = 500/' /etc/lintel/kiosk.toml
before=$(mark)
install -m 600 -o lintel-kiosk -g lintel-kiosk /var/lib/lintel-central/join.toml /etc/lintel/join.toml
rm /var/lib/lintel-central/join.toml
comes_true 300 "joining starts the door, and it says READY" is_active lintel-kiosk
comes_true 60 "its status tells what it watches" status_says lintel-kiosk "watching camera /dev/video0 (640x"
opened=$(since "$before" lintel-kiosk MESSAGE="outbox open")
holds "its log is in the journal with fields" same \
  "$(jq -r '"\(.DEVICE_ID) \(.OUTBOX_PENDING) \(.PRIORITY) \(.SYSLOG_IDENTIFIER)"' <<<"$opened")" "front-door 0 5 lintel-kiosk"
holds "it runs as its user, with the camera's group" grep -qE "^Uid:[[:space:]]+$(id -u lintel-kiosk)" "/proc/$(of lintel-kiosk MainPID)/status"
