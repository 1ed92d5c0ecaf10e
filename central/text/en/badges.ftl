### Badges on paper: the card, and the sheet that cards are cut from.

badge-valid-until = Valid until
badge-sheet-title = Badges
badge-sheet-back = Back to people
badge-sheet-note = Print at 100 %, on both columns of A4, and cut along the lines. Whoever holds a card can record for the person on it.
badge-sheet-file = Keep this file closed, and delete it when the cards are cut.
badge-sheet-page = Close this page when it is printed.

### The badge on a person's page and on one's own.

badge-title = Badge
badge-none = No badge. It records at every door of the site without a face, and counts the same.
badge-issue = Issue a badge
badge-print = Show and print
badge-replace = Replace the badge
badge-replace-text = A new badge makes the one before it worthless at once, also at the doors.
badge-revoke = Take the badge away
badge-valid = Good until { $date }
