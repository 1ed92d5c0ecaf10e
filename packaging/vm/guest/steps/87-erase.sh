# Somebody is erased: the door forgets the face, the records the name, and the others are still recognised.
holds "the admin logs in" answers "303 $CONSOLE/console" log_in ada
name=${NAMES[0]} other=${NAMES[1]}
gone=$(id_of "$name")
page=/console/people/$gone
known=$(gallery people)
holds "a wrong name erases nobody" answers refused-erase-name submit ada "$page" "$page/erase" name="Somebody else"
holds "the name typed again does" answers said-person-erased submit ada "$page" "$page/erase" name="$name"
fewer() { same "$(gallery people)" $((known - 1)); }
comes_true 120 "the door's gallery has one person less" fewer
holds "the month has the others" month_has ada "$(today)" "$other" T
holds "and no line of that name" not month_has ada "$(today)" "$name" T
people=$(central people list --json)
holds "nor has the list of people" not grep -F "\"$name\"" <<<"$people"
holds "the erasure stands in the ledger" grep -qF "$gone" /var/lib/lintel-central/erasures.log

before=$(mark)
show "$name" yuyv
comes_true 180 "whoever was erased is a stranger at the door" said "$before" lintel-kiosk MESSAGE=feedback OUTCOME=unknown
show "$other" yuyv
comes_true 180 "the other is recognised" \
  said "$before" lintel-kiosk MESSAGE=feedback OUTCOME=punch PERSON_ID="$(id_of "$other")"
holds "nobody was taken for the one who was erased" not said "$before" lintel-kiosk MESSAGE=feedback PERSON_ID="$gone"
