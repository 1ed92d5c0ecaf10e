# The month for payroll has faces and badges. An employee proposes a correction, somebody else approves it.
holds "the admin logs in" answers "303 $CONSOLE/console" log_in ada
holds "the employee logs in" answers "303 $CONSOLE/console" log_in emil
emil=${NAMES[1]}

holds "the month's CSV has a person by face" month_has ada "$(today)" "$emil" "$(today)T"
holds "and the one with the badge" month_has ada "$(today)" "Grace Hopper" "$(today)T"
holds "the employee can't see it" refuses 403 browse emil /console/month.csv

month=$(yesterday)
month=${month%-*}
holds "the employee proposes a punch for yesterday" answers said-proposed submit emil /console/me /console/me/corrections \
  month="$month" date="$(yesterday)" time=08:00 site=office reason="The badge lay at home"
proposal=$(browse ada /console/month | grep -oP 'action="\K/console/corrections/[^"]+')
holds "it doesn't count before somebody has decided" not month_has ada "$(yesterday)" "$emil" 08:00
holds "who proposed it can't approve it" answers $'\n403 ' post emil "$proposal" csrf="$(token emil /console/me)" decision=approve
holds "the admin approves it" answers said-approved submit ada /console/month "$proposal" decision=approve answer="As agreed"
comes_true 30 "it stands in the month's CSV" month_has ada "$(yesterday)" "$emil" "$(yesterday)T08:00"
