plots-nothing = Nothing was recorded.
plots-presence-title = People present by hour of the day
plots-presence-unit = People present, on average
plots-presence-days = { $days ->
    [one] One day.
   *[other] Average of { $days } days.
}
plots-presence-busiest = Most people are there from { $from } to { $to }: { $people }.
plots-presence-hour = From { $from }: { $people }.
plots-lateness-title = Late arrivals by day
plots-lateness-count = Late arrivals
plots-lateness-median = Median lateness, minutes
plots-lateness-all = { $late ->
    [0] Nobody was late
    [one] One late arrival
   *[other] { $late } late arrivals
} on { $days ->
    [one] one day.
   *[other] { $days } days.
}
plots-lateness-day = { $date }: { $late } late, median { $minutes } { $minutes ->
    [one] minute.
   *[other] minutes.
}
plots-worked-title = Hours worked and scheduled
plots-worked-worked = Hours worked
plots-worked-scheduled = Hours scheduled
plots-worked-of = { $worked } of { $scheduled }
plots-worked-row = { $label }: { $worked } hours worked, { $scheduled } scheduled.
plots-worked-more = { $count ->
    [one] One more is not shown.
   *[other] { $count } more are not shown.
}
