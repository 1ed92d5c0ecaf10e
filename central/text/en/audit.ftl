# The audit: who saw and changed what.
audit-title = Audit
audit-about-this = Who saw and changed what. Rows hold ids and names of fields, never what was in them. They are chained second by second, so that a row that was altered or taken away is found.
audit-sealed = { $count ->
    [one] { $count } row is in the chain.
   *[other] { $count } rows are in the chain.
}
audit-unsealed = { $count ->
    [one] { $count } row waits for the next second.
   *[other] { $count } rows wait for the next second.
}
audit-signed = Signed up to row { $place } on { $at } UTC.
audit-check = Check the whole chain
audit-check-long = The chain is long; check it on the server:
audit-whole = Whole: each of { $count } rows is where it was and as it was, and { $heads ->
    [one] { $heads } signature fits.
   *[other] all { $heads } signatures fit.
}
audit-broken = Row { $place } was altered, moved or taken away.
audit-bad-head = The signature at row { $place } doesn't fit: rows were taken away, or it was made with another key.
audit-filter = Filter
audit-what = What
audit-anything = Anything
audit-who = Who
audit-about = About
audit-from = From
audit-to = To
audit-show = Show
audit-all = Show all
audit-at = When (UTC)
audit-fields = Fields
audit-none = Nothing yet.
audit-none-found = Nothing fits this filter.
audit-older = Older
audit-newest = Newest

audit-person-view = Looked at a person
audit-people-view = Looked at the list of people
audit-month-view = Looked at a month
audit-days-view = Looked at days of attendance
audit-today-view = Looked at Today
audit-assignments-view = Looked at assignments
audit-leave-view = Looked at leave
audit-accounts-view = Looked at accounts
audit-payroll-view = Looked at a payroll file
audit-audit-view = Read this audit
audit-person-add = Added a person
audit-person-move = Moved a person to another site
audit-person-allow = Let another site's doors know a person
audit-person-leave-on = Set or took back a last day
audit-person-remove = Ended recognition and badge of somebody who left
audit-person-erase = Erased a person
audit-consent-give = Recorded consent
audit-consent-withdraw = Withdrew consent
audit-template-add = Added a face template
audit-badge-issue = Issued a badge
audit-badge-print = Printed a badge
audit-badge-revoke = Took a badge away
audit-correction-propose = Wrote a correction
audit-correction-approve = Approved a correction
audit-correction-reject = Rejected a correction
audit-employment-change = Changed somebody's team or contracted hours
audit-shift-put = Wrote down a shift
audit-pattern-add = Added a pattern of shifts
audit-assignment-add = Assigned somebody to shifts
audit-assignment-end = Set the end of an assignment
audit-assignment-delete = Took an assignment back
audit-holiday-put = Wrote down a holiday
audit-holiday-delete = Took a holiday away
audit-leave-ask = Asked for leave
audit-leave-record = Recorded leave
audit-leave-approve = Approved leave
audit-leave-reject = Refused leave
audit-leave-cancel = Took leave back
audit-policy-publish = Published attendance rules
audit-period-lock = Locked a month
audit-period-unlock = Opened a locked month
audit-payroll-export = Gave hours to payroll
audit-payroll-cancel = Took a payroll batch back
audit-outage-declare = Declared a door out of service
audit-outage-approve = Approved that a door was out of service
audit-outage-end = Ended a door's time out of service
audit-account-create = Made an account
audit-account-role = Changed what an account may do
audit-account-password = Set a password
audit-account-sessions = Ended an account's sessions
audit-account-disable = Closed an account
audit-account-enable = Opened an account again
audit-session-open = Logged in
audit-session-close = Logged out
audit-session-refuse = Was refused at the log-in
audit-link-create = Made a log-in link
audit-token-create = Made an API token
audit-token-revoke = Revoked an API token
audit-site-add = Added a site
audit-site-change = Changed a site's name or time zone
audit-device-invite = Invited a door
audit-device-invite-withdraw = Withdrew a join code
audit-device-join = Joined as a door
audit-device-add = Added a door with a token
audit-device-reset = Gave a door a new token
audit-device-renew = Renewed a door's certificate
audit-device-certificate-proven = Used a new certificate for the first time
audit-device-revoke = Revoked a door
audit-backup-create = Made a backup
audit-backup-restore = Restored a backup
audit-keys-export = Exported the recovery keys
audit-retention-run = Deleted what had its time
