# An admin logs in. One person is enrolled in the console, the others on the command line; one wants no face stored.
account ada --role admin
holds "a wrong password is refused" answers $'\n401 ' post ada /console/login name=ada password="some other words" next=/console
let_chromium_in
holds "an admin logs in with Chromium" answers "At the doors" in_chromium ada /console
systemctl stop for-chromium.socket for-chromium.service
holds "and with what sends the forms below" answers "303 $CONSOLE/console" log_in ada

first=${NAMES[0]}
holds "a person is added in the console" answers said-person-added \
  submit ada /console/people /console/people name="$first" staff_no=A-1 site=office
id=$(id_of "$first")
page=/console/people/$id
before=$(browse ada "$page")
holds "without consent no photograph is asked for" not grep -F "$page/photos" <<<"$before"
holds "consent is recorded" answers said-consent-given submit ada "$page" "$page/consent" notice_version=vm-1
# One at a time: measuring takes seconds here. One with somebody else in the background is refused, as it should be.
for photo in "$RIG/pictures/enrol/$first"/*; do
  comes_true 60 "a photograph is measured, or refused with a word" answers "What became of the photos" \
    submit ada "$page" "$page/photos" photo=@"$photo"
done
before=$(browse ada "$page")
holds "at least one is good enough" not grep -qF "No photo yet" <<<"$before"

for name in "${NAMES[@]:1}"; do
  id=$(central people add --name "$name" --site office --json | jq -r .person_id)
  holds "$name is enrolled with consent" central people enrol "$id" --photos "$RIG/pictures/enrol/$name" --consent vm-1
done
account emil --role employee --person "$(id_of "${NAMES[1]}")"
knows_them() { same "$(gallery people)" "${#NAMES[@]}"; }
comes_true 120 "the door knows them" knows_them

holds "somebody is added who gives no consent" answers said-person-added \
  submit ada /console/people /console/people name="Grace Hopper" staff_no=G-1 site=office
page=/console/people/$(id_of "Grace Hopper")
holds "a badge is issued" answers said-badge-issued submit ada "$page" "$page/badge"
browse ada "$page/badge.svg" >"$STATE/card.svg"
holds "it is a card to print" grep -qF "Hopper</text>" "$STATE/card.svg"
"$GUEST/camera.sh" card "$STATE/card.svg" "$STATE/card.avi"
has_a_badge() { same "$(gallery badges)" 1; }
comes_true 120 "the door knows the badge" has_a_badge
