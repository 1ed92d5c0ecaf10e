# A site, and a door that joins by a one-time code, which is held before its camera. From then on both sides prove who
# they are by certificate.
central site add office --zone Europe/Berlin

# Doors reach central by its name, as from another machine; the name goes into its certificate.
sed -i 's/^#listen = "127.0.0.1:8443"/listen = "0.0.0.0:8443"/; s/^#names = \[\]/names = ["rig"]/' /etc/lintel/central.toml
rm /var/lib/lintel-central/keys/tls/server.pem
holds "central makes a certificate with its name" answers "made    /var/lib/lintel-central/keys/tls/server.pem" central keys init
systemctl restart lintel-central
comes_true 300 "central is ready with it" is_active lintel-central
holds "without a certificate nobody is let in" answers 401 curl -sS -w '%{http_code}' \
  --cacert /var/lib/lintel-central/keys/tls/ca.pem https://rig:8443/device/v1/hello
holds "nor is a door with a token added" refuses "device invite back-door" central device add back-door --site office --door Back

# Half of the arithmetic of a frame with a face is liveness, which decides nothing; the self-test has run its models.
sed -i 's/^#interval_ms = .*/interval_ms = 500/; s/^#liveness = .*/liveness = "off"/' /etc/lintel/kiosk.toml
picture=/var/lib/lintel-central/code.png
code=$(central device invite front-door --site office --door "Front door" --png "$picture" --json | jq -r .code)
holds "a code that breaks off is refused" refuses "checksum" lintel-kiosk join "${code%??????}"
"$GUEST/camera.sh" off
"$GUEST/camera.sh" code "$picture" "$STATE/code.avi"
rm "$picture"
"$GUEST/camera.sh" clip "$STATE/code.avi" yuyv
before=$(mark)
holds "root joins the door with the code before its camera" \
  answers "this door is front-door now, at https://rig:8443" lintel-kiosk join --camera
comes_true 300 "joining starts the door, and it says READY" is_active lintel-kiosk
holds "at the first try" same "$(of lintel-kiosk NRestarts)" 0
holds "what root made is the door's" same "$(find /var/lib/lintel-kiosk ! -user lintel-kiosk)" ""
holds "the code works once" refuses "was used already" lintel-kiosk join "$code"
said=$({ kiosk doctor --json || true; } | jq -r '.checks[] | select(.name == "identity" or .name == "central").detail')
holds "it proves itself by its certificate" grep -qE "device front-door, certificate for [0-9]+ days" <<<"$said"
holds "and central knows it by that" grep -qF "https://rig:8443 knows this door" <<<"$said"

comes_true 60 "its status tells what it watches" status_says lintel-kiosk "watching camera /dev/video0 (640x"
opened=$(since "$before" lintel-kiosk MESSAGE="outbox open")
holds "its log is in the journal with fields" same \
  "$(jq -r '"\(.DEVICE_ID) \(.OUTBOX_PENDING) \(.PRIORITY) \(.SYSLOG_IDENTIFIER)"' <<<"$opened")" "front-door 0 5 lintel-kiosk"
holds "it runs as its user, with the camera's group" grep -qE "^Uid:[[:space:]]+$(id -u lintel-kiosk)" "/proc/$(of lintel-kiosk MainPID)/status"
# Without a camera it does all the rest, and leaves the processor to what comes now.
systemctl stop lintel-kiosk
"$GUEST/camera.sh" off
systemctl start lintel-kiosk
