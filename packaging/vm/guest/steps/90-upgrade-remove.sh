# Upgrade keeps edits and identity, remove keeps the data, purge leaves nothing.
next=/tmp/next
mkdir -p $next
for program in kiosk central; do
  tree=$next/$program
  dpkg-deb -R "$RIG"/debs/lintel-${program}_*.deb "$tree"
  sed -i 's/^Version: .*/&.1/' "$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone -b "$tree" $next/"lintel-$program.deb" >/dev/null
done
holds "an upgrade installs" apt-get install -y -qq $next/lintel-kiosk.deb $next/lintel-central.deb
holds "edits of the settings are kept" grep -F 'interval_ms = 500' /etc/lintel/kiosk.toml
comes_true 300 "central runs after the upgrade" is_active lintel-central
comes_true 300 "the door runs after the upgrade" is_active lintel-kiosk
key=$(sha256sum /var/lib/lintel-central/keys/face.key)

holds "both are removed" apt-get remove -y -qq lintel-kiosk lintel-central
holds "nothing of them runs" not pgrep -f /usr/bin/lintel-
holds "their state stays" same "$(sha256sum /var/lib/lintel-central/keys/face.key)" "$key"
holds "and they can come back" apt-get install -y -qq "$RIG"/debs/lintel-*.deb
comes_true 300 "with what they knew" is_active lintel-kiosk

holds "everything is purged" apt-get purge -y -qq lintel-kiosk lintel-central lintel-models lintel-onnxruntime
rm -r /etc/systemd/system/lintel-*.service.d
for place in /var/lib/lintel-kiosk /var/lib/lintel-central /etc/lintel /usr/lib/lintel /usr/share/lintel; do
  holds "nothing is left in $place" not test -e "$place"
done
left() { find /etc /usr /var/lib -xdev -iname '*lintel*' -not -path '/var/lib/apt/*'; }
holds "nor anywhere else" same "$(left)" ""
for program in kiosk central; do holds "nor the user lintel-$program" not getent passwd "lintel-$program"; done
