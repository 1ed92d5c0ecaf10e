# The machine of central is lost. A bare install, the keys, the backup: the same ledger, and the door goes on.
SAFE=/srv/safe
holds "central is purged" apt-get purge -y -qq lintel-central
holds "nothing of it is left" not test -e /var/lib/lintel-central
before=$(mark)
show card yuyv
comes_true 120 "meanwhile the door stores a badge" said "$before" lintel-kiosk MESSAGE=feedback OUTCOME=badge STATE=stored_offline

holds "central is installed anew" apt-get install -y -qq "$RIG"/debs/lintel-central_*.deb
chown -R lintel-central:lintel-central $SAFE
cp $SAFE/central.toml /etc/lintel/central.toml
systemctl stop lintel-central
backup=$SAFE/$(cat $SAFE/newest)
holds "with other keys the backup doesn't open" refuses DATA_ENCRYPTION_KEY central backup restore --yes "$backup"
holds "the keys come back" answers "are in place" \
  central keys import --recovery $SAFE/keys.age --replace --passphrase-file $SAFE/passphrase
holds "the records come back" answers "erased again: 0" central backup restore --yes "$backup"
holds "the ledger has the same hash" same "$(central ledger hash --json)" "$(cat $SAFE/ledger)"
for day in "$(yesterday)" "$(today)"; do central report daily --date "$day" --format csv; done >"$STATE/days.csv"
holds "the days are the same, byte by byte" cmp "$STATE/days.csv" $SAFE/days.csv

systemctl start lintel-central
comes_true 300 "central is ready" is_active lintel-central
comes_true 180 "the door delivers to it what it kept, with the certificate that it has" all_is_delivered
more_events() { more_than "$(central ledger hash --json | jq .events)" "$(jq .events $SAFE/ledger)"; }
comes_true 60 "central has accepted it" more_events
holds "the audit is whole" central audit verify
holds "people log in with the passwords that they had" answers "303 $CONSOLE/console" log_in ada
