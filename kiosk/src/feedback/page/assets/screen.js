// The screen at a door: shows what the server sends, and says so when nothing comes any more.
// Every text comes from the server; nothing is kept and nothing is asked from anywhere else.
"use strict";
const body = document.body;
const screenArea = document.getElementById("screen");
const clock = document.getElementById("clock");
const offline = document.getElementById("offline");
const lost = document.getElementById("lost");
const aimTemplate = document.getElementById("aim");
const SILENCE_MS = 10000;

let heardAt = performance.now();
let shown = screenArea.innerHTML;
let source;

function show(state, html) {
  body.dataset.state = state;
  if (shown === html) return;
  shown = html;
  screenArea.innerHTML = html;
}

// A technician aims the camera: its picture, fetched by its number, with a box around each face.
function aim(sight) {
  show("aim", aimTemplate.innerHTML);
  const view = screenArea.querySelector("svg");
  view.setAttribute("viewBox", `0 0 ${sight.width} ${sight.height}`);
  const picture = new Image();
  picture.onload = () => view.querySelector("image").setAttribute("href", picture.src);
  picture.src = `/aim/picture?${sight.number}`;
  const boxes = sight.boxes.map((face) => {
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const side of ["x", "y", "width", "height"]) box.setAttribute(side, face[side]);
    box.setAttribute("class", face.usable ? "usable" : "refused");
    return box;
  });
  view.querySelector("g").replaceChildren(...boxes);
  const say = (place, text) => {
    const element = screenArea.querySelector(place);
    if (element.textContent !== text) element.textContent = text;
  };
  say(".size", sight.size ?? "");
  say(".pace", sight.pace);
  const list = screenArea.querySelector("ul");
  if (list.dataset.said === sight.advice.join("\n")) return;
  list.dataset.said = sight.advice.join("\n");
  const items = sight.advice.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  list.replaceChildren(...items);
}

function listen() {
  source = new EventSource("/events");
  const on = (name, act) =>
    source.addEventListener(name, (message) => {
      heardAt = performance.now();
      act(message.data);
    });
  // The program was renewed while this page stood here.
  on("build", (build) => {
    if (build !== body.dataset.build) location.reload();
  });
  on("clock", (time) => {
    if (clock.textContent !== time) clock.textContent = time;
  });
  on("screen", (data) => {
    const next = JSON.parse(data);
    offline.hidden = !next.offline;
    show(next.state, next.html);
  });
  on("aim", (data) => aim(JSON.parse(data)));
}

setInterval(() => {
  if (performance.now() - heardAt > SILENCE_MS) show("lost", lost.innerHTML);
  // A browser gives up for good after some answers; a door's screen never does.
  if (source.readyState === EventSource.CLOSED) listen();
}, 2000);
listen();
