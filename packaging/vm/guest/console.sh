# The words for the console: what a browser does, with curl. Each account has a cookie jar of its own.
CONSOLE=http://127.0.0.1:8080
PASSWORD='looms and numbers'

# account NAME ARGUMENTS…: makes an account; its password comes from standard input
account() { central user create "$@" <<<"$PASSWORD"; }

# browse NAME ADDRESS: a page, as that account sees it
browse() { curl -fsS --max-time 120 -b "$STATE/$1.jar" "$CONSOLE$2"; }

# post NAME ADDRESS FIELD=VALUE…: sends fields as that account's browser would; prints the answer, and below it the
# status and where it leads. FIELD=@FILE is a photograph.
post() {
  local jar=$STATE/$1.jar address=$2 how=--data-urlencode fields=() field
  shift 2
  if [[ "$*" == *=@* ]]; then how=--form; fi
  for field in "$@"; do fields+=("$how" "$field"); done
  curl -sS --max-time 120 -b "$jar" -c "$jar" -H "Origin: $CONSOLE" "${fields[@]}" \
    -w '\n%{http_code} %{redirect_url}\n' "$CONSOLE$address"
}

# token NAME ADDRESS: the token that the forms of a page carry
token() { browse "$1" "$2" | grep -oP 'name="csrf" value="\K[^"]+' | sort -u; }

# submit NAME PAGE ADDRESS FIELD=VALUE…: the form of that page which goes to that address
submit() {
  local name=$1 page=$2 address=$3 form
  shift 3
  form=$(browse "$name" "$page") || return 1
  grep -qF "action=\"$address\"" <<<"$form" || { echo "$page has no form that goes to $address"; return 1; }
  post "$name" "$address" csrf="$(token "$name" "$page")" "$@"
}

# log_in NAME: by the form
log_in() {
  rm -f "$STATE/$1.jar"
  grep -qF 'action="/console/login"' <<<"$(curl -fsS "$CONSOLE/console/login")" || return 1
  post "$1" /console/login name="$1" password="$PASSWORD" next=/console
}

# let_chromium_in: the console listens on loopback, as it should; this carries one port of the machine there
let_chromium_in() {
  local card
  card=$(find /sys/class/net -name 'e*' -printf '%f')
  ip address add 10.0.2.15/24 dev "$card"
  ip link set "$card" up
  systemd-run --quiet --collect --unit=for-chromium --socket-property=ListenStream=10.0.2.15:8081 \
    /usr/lib/systemd/systemd-socket-proxyd "${CONSOLE#http://}"
}

# in_chromium NAME PATH: logs in as that account with a real browser, which runs on the machine around this one, and
# prints the address and the words of the page
in_chromium() {
  local waited=0
  rm -f "$OUT/browser.answer"
  printf '%s\n' "$1" "$PASSWORD" "$2" >"$OUT/browser.new"
  mv "$OUT/browser.new" "$OUT/browser.ask"
  until [ -e "$OUT/browser.answer" ]; do
    [ $((waited += 1)) -lt 900 ] || return 1
    sleep 1
  done
  cat "$OUT/browser.answer"
}

today() { TZ=Europe/Berlin date +%F; }
yesterday() { TZ=Europe/Berlin date -d yesterday +%F; }

# month_has NAME DATE PERSON FIRST_IN: the CSV of that day's month, as the account downloads it, has such a line
month_has() {
  browse "$1" "/console/month.csv?month=${2%-*}" \
    | awk -F, -v date="$2" -v who="$3" -v at="$4" '$1 == date && $5 == who && index($6, at) { n++ } END { exit n != 1 }'
}
