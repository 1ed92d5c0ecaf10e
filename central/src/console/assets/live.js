// The live part of today's page: one EventSource, a list, and the board fetched again when a punch came.
// The browser resumes by itself with Last-Event-ID; texts come from the server and are set as text.
const live = document.getElementById("live");
const feed = document.getElementById("feed");
const board = document.getElementById("board");
const words = { on: live.dataset.on, off: live.dataset.off };
const KEPT = 50;

function show(state) {
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.querySelector(".word").textContent = words[state];
}

let waiting = false;
function refreshBoard() {
  // Punches come in crowds; one request a second is enough for all of them.
  if (waiting) return;
  waiting = true;
  setTimeout(async () => {
    waiting = false;
    try {
      const answer = await fetch("/console/board");
      if (answer.status === 401) location.reload();
      else if (answer.ok) board.innerHTML = await answer.text();
    } catch {
      show("off");
    }
  }, 1000);
}

function add(item) {
  const row = document.createElement("li");
  row.dataset.kind = item.kind;
  row.className = "new";
  const time = document.createElement("time");
  time.textContent = item.time;
  const text = document.createElement("div");
  const title = document.createElement("strong");
  title.textContent = item.title;
  const detail = document.createElement("span");
  detail.textContent = item.detail;
  text.append(title, detail);
  row.append(time, text);
  feed.prepend(row);
  while (feed.children.length > KEPT) feed.lastElementChild.remove();
  document.getElementById("feed-empty").hidden = true;
}

const source = new EventSource(`/console/events?since=${live.dataset.since}`);
source.addEventListener("open", () => show("on"));
source.addEventListener("error", () => {
  show("off");
  // Closed for good: the session has ended, and only a new page can say so.
  if (source.readyState === EventSource.CLOSED) refreshBoard();
});
source.addEventListener("door", (message) => {
  add(JSON.parse(message.data));
  refreshBoard();
});
// The day is computed a moment after its punch; midnight comes without any punch.
setInterval(refreshBoard, 30000);
