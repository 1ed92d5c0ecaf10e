today-board = Today's attendance
today-counts = { $here } on site · { $recorded } recorded · { $unseen } not seen yet
today-nobody = Nobody has been recorded here today. The first punch appears by itself.
today-first-in = In
today-last-out = Out
today-state = State
today-in = On site
today-in-and-out = In and out
today-removed = Removed person
today-unseen = { $count ->
    [one] { $count } person not seen yet
   *[other] { $count } people not seen yet
}
today-unseen-text = No door has recorded them today. A door that is silent may still bring their punches.
today-doors = Doors
today-feed = At the doors
today-feed-empty = Nothing yet. Whatever a door records appears here at once.
today-connecting = Connecting…
today-live = Live
today-offline = Not connected, trying again
today-go = Go there
today-first-site = Start with a site
today-first-site-text = A site is a place with a time zone. Its doors share one list of people. On the server:
today-first-door = Add the first door
today-first-door-text = An invitation makes a code that the device at the door joins with, once.
today-first-person = Add the first person
today-first-person-text = Then record consent and add a few photos, or issue a badge. The doors get them by themselves.

event-unknown = Not recognised
event-ambiguous = Too much alike to tell apart
event-spoof = Suspected picture or mask
event-low-quality = Face not clear enough
event-tamper = The device was touched
event-health = Device report
event-other = Other: { $name }

# What the attendance rules say of a day.
exception-missing-in = no arrival is known
exception-missing-out = missing check-out
exception-absent = absent
exception-part-absent = absent for a part of the shift
exception-not-employed = before the first or after the last day
exception-below-absence = too few hours to count as a day
exception-below-half-day = less than half a day
exception-late-in = came late
exception-early-out = left early
exception-unscheduled = work outside the shift
exception-on-rest-day = work on a day off
exception-on-holiday = work on a holiday
exception-on-leave = work on a day of leave
exception-short-break = a pause too short for a break
exception-long-break = long break
exception-legal-break = less break than the law asks for
exception-over-daily = more work on a day than the law allows
exception-over-weekly = more work in the week than the law allows
exception-daily-rest = less rest between days than the law asks for
exception-weekly-rest = no long rest in the week
exception-average-week = more work a week on average than the law allows
exception-clock-doubtful = a door's clock may have been wrong
exception-direction-unknown = arrival or departure? Somebody has to say
exception-door-out-of-service = a door was out of service
exception-overtime-unapproved = overtime waits for approval
exception-by = { $what } ({ $length })

status-pending = not known yet
status-present = present
status-half-day = half a day
status-absent = absent
status-excused = excused
status-leave = on leave
status-holiday = holiday
status-rest-day = day off
status-free = nothing planned
status-not-employed = not employed
status-waits-for = waits for { $doors }
