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

exception-not-out-yet = not checked out yet
exception-missing-out = missing check-out
exception-clock = door clock not synchronised
event-unknown = Not recognised
event-ambiguous = Too much alike to tell apart
event-spoof = Suspected picture or mask
event-low-quality = Face not clear enough
event-tamper = The device was touched
event-health = Device report
event-other = Other: { $name }
