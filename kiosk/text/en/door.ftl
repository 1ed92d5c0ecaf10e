### What the screen at a door says. It is read from 1.5 metres by people who walk: few words, the
### outcome first, then what to do. Never blame, never a reason in the recogniser's own words.

door-title = { $door } · Lintel
door-look = Look at the camera
door-look-more = or show your badge to it
door-offline = No line to the office: kept here, sent later.

## What became of somebody

door-recorded = Recorded { $time }
door-recorded-more = Thank you.
door-already = Already recorded
door-already-more = You are recorded. There is nothing more to do.
door-stored = Recorded { $time }
door-stored-more = Kept safe at this door, sent to the office later.
door-not-recognised = Not recognised
door-not-recognised-more = Show your badge to the camera, or try again.
door-badge-refused = Badge not accepted
door-badge-refused-more = Please ask the office for a new one.
door-fault = Not recorded
door-fault-more = Please try again. If it stays so, note the time and tell the office.

## What somebody who is there can do

door-come-closer = Come closer
door-come-closer-more = One step nearer to the camera.
door-hold-still = Hold still
door-hold-still-more = Just a moment, looking at the camera.
door-too-dark = Too dark
door-too-dark-more = Turn your face to the light.
door-too-bright = Too bright
door-too-bright-more = Step out of the glare.
door-look-here = Look at the camera
door-look-here-more = Straight ahead, with your head upright.
door-to-the-middle = Step to the middle
door-to-the-middle-more = Your face is at the edge of the picture.

## What stops the door

door-no-camera = This door sees nothing
door-no-camera-more = Nobody can be recorded here now. Please use another door, or note the time and tell the office.
door-no-room = This door can't record
door-no-room-more = Nobody can be recorded here now. Please use another door, or note the time and tell the office.
door-lost = Not connected
door-lost-more = This screen has lost its door. Please use another door, or note the time and tell the office.
