# People before a real V4L2 camera: first as YUYV, then as MJPEG. The clip plays slowly, because a frame with a
# face takes this machine about a second.
recorded() { central report daily --date "$(today)" --format json | jq -r '.days[] | select(.punches > 0).person_id' | sort; }
everybody_and_nobody_else() { same "$(recorded)" "$(sort "$STATE/people")"; }

show walk yuyv
comes_true 900 "everybody in the clip who is enrolled is in the day's report, and nobody else" everybody_and_nobody_else

before=$(mark)
show walk mjpeg
comes_true 600 "somebody is recognised in MJPEG frames" said "$before" lintel-kiosk MESSAGE=feedback STATE=recorded
holds "the log names ids, never names" not grep -iE "$(ls "$RIG/pictures/enrol" | paste -sd '|')" <<<"$(since "$before" lintel-kiosk)"
