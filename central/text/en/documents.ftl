document-sheet = Rows
document-about = About
document-total = Total
document-in-hours = { $heading } (h)
document-made = Made on { $time }
document-yes = yes
document-no = no
document-count = { $count ->
    [one] { $count } row
   *[other] { $count } rows
}
