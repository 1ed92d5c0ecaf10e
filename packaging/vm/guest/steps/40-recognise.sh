# People before a real V4L2 camera, as YUYV and as MJPEG.
recorded() { central report daily --date "$(today)" --format json | jq -r '.days[] | select(.punches > 0).name' | sort; }

for name in "${NAMES[@]}"; do
  before=$(mark)
  show "$name" yuyv
  comes_true 180 "$name is recognised and recorded" \
    said "$before" lintel-kiosk MESSAGE=feedback STATE=recorded OUTCOME=punch PERSON_ID="$(id_of "$name")"
done
before=$(mark)
show stranger yuyv
comes_true 180 "a stranger isn't" said "$before" lintel-kiosk MESSAGE=feedback STATE=not_recognised OUTCOME=unknown
everybody_and_nobody_else() { same "$(recorded)" "$(printf '%s\n' "${NAMES[@]}" | sort)"; }
comes_true 60 "the day's report has everybody who is enrolled, and nobody else" everybody_and_nobody_else

before=$(mark)
show "${NAMES[0]}" mjpeg
comes_true 180 "${NAMES[0]} is recognised in MJPEG too" \
  said "$before" lintel-kiosk MESSAGE=feedback OUTCOME=punch PERSON_ID="$(id_of "${NAMES[0]}")"
holds "the log names ids, never names" not grep -iE "$(printf '%s\n' "${NAMES[@]}" | paste -sd '|')" <<<"$(since "$before" lintel-kiosk)"
