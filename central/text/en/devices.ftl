devices-title = Doors
devices-none = No door yet.
devices-well = Well
devices-never = Never heard of
devices-silent = Silent
devices-blind = No picture from its camera
devices-broken = Events missing or altered
devices-revoked = Revoked
devices-in = In
devices-out = Out
devices-both = In and out
devices-direction = Direction
devices-seen = Last heard of
devices-backlog = Waiting to be sent
devices-gallery = Faces and badges
devices-gallery-none = none yet
devices-gallery-confirmed = up to date (revision { $revision })
devices-gallery-behind = revision { $revision }, { $newest } is on its way
devices-certificate = Certificate
devices-certificate-none = none: it gets in by a token
devices-certificate-ended = ended; the door renews it once it is back
devices-certificate-left = { $days ->
    [0] ends today
    [one] { $days } day left
   *[other] { $days } days left
}
devices-version = Version
devices-held = Holds up
devices-held-days = { $days ->
    [one] { $days } day of somebody's record
   *[other] { $days } days of people's records
}
devices-erasures = Erasures under way
devices-erasures-wait = { $people ->
    [one] { $door } ({ $site }) hasn't confirmed yet that it forgot { $people } person.
   *[other] { $door } ({ $site }) hasn't confirmed yet that it forgot { $people } people.
}
devices-erasures-revoked = { $people ->
    [one] { $door } ({ $site }) was revoked before it confirmed that it forgot { $people } person. Wipe the device.
   *[other] { $door } ({ $site }) was revoked before it confirmed that it forgot { $people } people. Wipe the device.
}
devices-revoke = Revoke
devices-revoke-text = The door loses its right to connect at once. What it has not sent yet stays on it.
devices-revoke-button = Revoke this door

invite-fold = Invite a door
invite-door = Name of the door
invite-door-example = Main entrance
invite-id = Id of the device
invite-id-rule = The id never changes: small letters, digits and hyphens, such as main-entrance. The code that comes next is good for 24 hours.
invite-button = Make a join code
invite-open = Invited, not joined yet
invite-good-until = Code good until
invite-withdraw = Withdraw
invite-again = Invite again
invite-again-text = For a device that was set up anew or replaced. It joins under the same id; what the old device has to get in with ends then, not before.
invite-title = Join code for { $door }
invite-qr = The join code as a QR code
invite-what = The technician types this at the device, once:
invite-scan = Or type sudo lintel-kiosk join --camera there, and hold this picture before the door's camera.
invite-until = Good until { $until }
invite-once = It is shown only now. If it gets lost, make a new one: that makes this one worthless.
invite-done = Back to the doors
