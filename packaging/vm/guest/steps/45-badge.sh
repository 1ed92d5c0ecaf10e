# Who wants no face stored shows a badge to the same camera, and is recorded in the same way.
holder=$(id_of "Grace Hopper")
before=$(mark)
show card yuyv
comes_true 120 "the badge is read and recorded" \
  said "$before" lintel-kiosk MESSAGE=feedback OUTCOME=badge STATE=recorded PERSON_ID="$holder"
in_the_report() { central report daily --date "$(today)" --format json | jq -e --arg id "$holder" '.days[] | select(.person_id == $id and .punches > 0)'; }
comes_true 60 "it stands in the day's report" in_the_report

aim=$({ kiosk aim --json || true; } | head -n 1)
holds "aiming asks the running door" jq -e '.width == 640 and .height == 480' <<<"$aim"
holds "root is told as whom to aim" refuses "sudo -u lintel-kiosk lintel-kiosk" lintel-kiosk aim
