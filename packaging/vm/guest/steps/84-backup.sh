# What must be carried out of the machine to get everything back: a backup, the keys under a passphrase, the settings.
SAFE=/srv/safe
install -d -m 700 -o lintel-central -g lintel-central $SAFE
systemctl stop camera 2>/dev/null || true # nobody passes meanwhile
comes_true 120 "everything is delivered before" all_is_delivered
holds "the nightly backup works in its unit" systemctl start lintel-central-backup.service
holds "and leaves a backup" compgen -G '/var/lib/lintel-central/backups/central-*.backup'
(umask 077 && echo "a sentence that nobody guesses" >$SAFE/passphrase)
chown lintel-central $SAFE/passphrase
holds "the keys are exported" central keys export --recovery $SAFE/keys.age --passphrase-file $SAFE/passphrase
backup=$(central backup create --to $SAFE --json | jq -r .file)
holds "a backup is made" central backup verify "$backup"
holds "the erasure ledger lies beside it" test -f $SAFE/erasures.log
cp -p /etc/lintel/central.toml $SAFE/
basename "$backup" >$SAFE/newest
central ledger hash --json >$SAFE/ledger
for day in "$(yesterday)" "$(today)"; do central report daily --date "$day" --format csv; done >$SAFE/days.csv
holds "there is something to lose: $(jq -c . $SAFE/ledger)" jq -e '.events > 0 and .days > 0' $SAFE/ledger
