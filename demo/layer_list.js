// The list of layers, nearest first. Python sends what to show (props.value); what the user asks for
// goes back as the event "layers": {kind, ids, place}. A moved row is shown at its new place at once,
// and goes back when Python refuses ("refused").
const list = element.querySelector(".layer-rows");
const said = element.querySelector(".layer-said");
const words = JSON.parse(element.querySelector(".layer-list").dataset.words);
const NS = "http://www.w3.org/2000/svg";
const ICONS = {
  move: "M9 5h.01M15 5h.01M9 12h.01M15 12h.01M9 19h.01M15 19h.01",
  shown: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  hidden: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12ZM4 20 20 4",
  locked: "M6 11h12v9H6ZM8 11V8a4 4 0 0 1 8 0v3",
  open: "M6 11h12v9H6ZM8 11V7a4 4 0 0 1 7.5-2",
};
let order = null; // ids as the user has just put them, until Python answers
let moving = null; // id of the row that keys move, not sent yet
let current = null; // id of the row that the keyboard is on
let drag = null;
let held = false; // the list is pressed: a redraw now would take away what is about to be clicked
let late = false; // a redraw waits for that
let redrawing = false; // the focus leaves the list and comes back

const rows = () => {
  const given = props.value?.rows || [];
  if (order?.length !== given.length || !given.every((row) => order.includes(row.id))) return given;
  return order.map((id) => given.find((row) => row.id === id));
};
const find = (id) => rows().find((row) => row.id === id);
const send = (kind, id, more) => trigger("layers", { kind, ids: id ? [id] : [], ...more });
const say = (key, values) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

function make(parent, tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  parent.appendChild(node);
  return node;
}

function button(parent, part, row, key, icon, pressed) {
  const label = say(key, row);
  const node = make(parent, "button", "layer-" + part, { type: "button", "data-part": part, "aria-label": label });
  if (part !== "pick") node.title = label;
  if (pressed !== undefined) node.setAttribute("aria-pressed", pressed ? "true" : "false");
  if (icon) {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.appendChild(document.createElementNS(NS, "path")).setAttribute("d", ICONS[icon]);
    node.appendChild(svg);
  }
  return node;
}

let thumbnails = null; // sent when they are others than before

function thumbnail(parent, cell) {
  if (props.value.sheet) thumbnails = props.value;
  const { sheet, columns, cell: [width, height] } = thumbnails;
  const thumb = make(parent, "span", "layer-thumb");
  thumb.style.backgroundImage = `url("${sheet.url}")`;
  thumb.style.backgroundSize = columns * width + "px auto";
  thumb.style.backgroundPosition = `${-(cell % columns) * width}px ${-Math.floor(cell / columns) * height}px`;
}

function drawRow(row) {
  const state = (row.picked ? " picked" : "") + (row.visible ? "" : " away") + (row.locked ? " locked" : "");
  const item = make(list, "li", "layer" + state, { "data-id": row.id });
  button(item, "grip", row, "move", "move");
  const pick = button(item, "pick", row, "pick", null, row.picked);
  thumbnail(pick, row.cell);
  make(pick, "span", "layer-dot").style.setProperty("--hue", row.hue);
  make(pick, "span", "layer-name").textContent = row.name;
  button(item, "eye", row, "visible", row.visible ? "shown" : "hidden", row.visible);
  button(item, "lock", row, "locked", row.locked ? "locked" : "open", row.locked);
}

function drawGround(count) {
  const item = make(list, "li", "layer ground");
  const pick = button(item, "pick", { name: words.background }, "pick");
  thumbnail(pick, count);
  make(pick, "span", "layer-name").textContent = words.background;
}

function draw() {
  late = held;
  if (held) return;
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const focused = active && [active.closest(".layer")?.dataset.id, active.dataset.part];
  const scrolled = list.scrollTop;
  redrawing = true;
  list.replaceChildren();
  if (!props.value) make(list, "li", "layer-none").textContent = words.empty;
  rows().forEach(drawRow);
  if (props.value) drawGround(rows().length);
  list.scrollTop = scrolled;
  if (!find(current)) current = (rows().find((row) => row.picked) || rows()[0])?.id;
  oneTabStop();
  // A redraw must not take the keyboard away from whoever is using it.
  if (focused) focus(focused[0], focused[1]);
  redrawing = false;
}

// Tab stops at one row only; arrows go from row to row.
function oneTabStop() {
  for (const node of list.querySelectorAll("button")) {
    const id = node.closest(".layer").dataset.id;
    node.tabIndex = id === current || (!current && !id) ? 0 : -1;
  }
}

const item = (id) => [...list.children].find((node) => node.dataset.id === id);

function focus(id, part) {
  const node = item(id)?.querySelector(`[data-part="${part}"]`) || item(id)?.querySelector(".layer-pick");
  node?.focus({ preventScroll: true });
  if (node) reveal(id);
}

// Scrolls the list, never the page.
function reveal(id) {
  const node = item(id);
  if (!node) return;
  const { offsetTop: top, offsetHeight: height } = node;
  list.scrollTop = Math.min(Math.max(list.scrollTop, top + height - list.clientHeight), top);
}

// The row's new place, counted from the front; shown at once unless Python is going to refuse it.
function put(id, place) {
  const ids = rows().map((row) => row.id);
  place = Math.min(Math.max(place, 0), ids.length - 1);
  if (ids.indexOf(id) === place) return false;
  if (find(id).locked) {
    send("order", id, { place });
    return false;
  }
  ids.splice(ids.indexOf(id), 1);
  ids.splice(place, 0, id);
  order = ids;
  said.textContent = say("moved", { name: find(id).name, place: place + 1, count: ids.length });
  return true;
}

const place = (id) => rows().findIndex((row) => row.id === id);

// Arrows move a row step by step; it is sent when Alt is let go, as one change.
function putByKey(id, step) {
  if (!put(id, place(id) + step)) return;
  moving = id;
  draw();
  reveal(id);
}

function flush() {
  if (!moving) return;
  const id = moving;
  moving = null;
  if (props.value.rows.findIndex((row) => row.id === id) !== place(id)) send("order", id, { place: place(id) });
  else order = null;
}

// Dragging: by the handle, or with a mouse anywhere on a row; a finger elsewhere scrolls the list.
function lift(event) {
  const row = event.target.closest(".layer");
  const part = event.target.closest("button")?.dataset.part;
  const holds = part === "grip" || (event.pointerType === "mouse" && (!part || part === "pick"));
  if (!row?.dataset.id || !holds || !event.isPrimary || event.button !== 0) return;
  flush();
  drag = { row, id: row.dataset.id, y: event.clientY, at: event.clientY, pointer: event.pointerId };
}

function carry(event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  drag.at = event.clientY;
  if (!drag.shown && Math.abs(drag.at - drag.y) < 5) return;
  event.preventDefault();
  if (!drag.shown) {
    drag.shown = true;
    list.setPointerCapture(event.pointerId);
    drag.row.classList.add("dragged");
    drag.line = make(list, "li", "layer-drop", { "aria-hidden": "true" });
    requestAnimationFrame(scroll);
  }
  aim();
}

// Between which rows the dragged one would be dropped.
function aim() {
  const others = [...list.querySelectorAll(".layer[data-id]")];
  const before = others.find((node) => {
    const box = node.getBoundingClientRect();
    return drag.at < box.top + box.height / 2;
  });
  const gap = before ? others.indexOf(before) : others.length;
  const from = others.indexOf(drag.row);
  drag.place = gap > from ? gap - 1 : gap;
  const last = others[others.length - 1];
  drag.line.style.top = (before ? before.offsetTop : last.offsetTop + last.offsetHeight) - 1 + "px";
}

function scroll() {
  if (!drag?.shown) return;
  const box = list.getBoundingClientRect();
  const over = Math.min(drag.at - box.top - 24, 0) + Math.max(drag.at - box.bottom + 24, 0);
  if (over) {
    list.scrollTop += Math.sign(over) * Math.min(Math.ceil(Math.abs(over) / 4), 12);
    aim();
  }
  requestAnimationFrame(scroll);
}

let dropped = 0; // when: the click that a browser adds to a drag is none
function drop(done) {
  if (!drag) return;
  const { id, place: to, shown, line } = drag;
  drag = null;
  if (!shown) return;
  line.remove();
  held = false;
  dropped = performance.now();
  if (done && put(id, to)) send("order", id, { place: to });
  draw();
}

list.addEventListener("pointerdown", (event) => {
  held = event.isPrimary && event.button === 0;
  lift(event);
});
function release() {
  held = false;
  if (late) setTimeout(draw); // after the click
}
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, release, true);
list.addEventListener("pointermove", carry);
list.addEventListener("pointerup", () => drop(true));
list.addEventListener("pointercancel", () => drop(false));
// A finger is first captured by the handle that it touches; losing that is none of our business.
list.addEventListener("lostpointercapture", (event) => event.target === list && drop(false));
list.addEventListener("click", (event) => {
  const part = event.target.closest("button")?.dataset.part;
  const row = find(event.target.closest(".layer")?.dataset.id);
  if (performance.now() - dropped < 50) return;
  if (part === "pick") send("pick", row?.id);
  else if (part === "eye") send(row.visible ? "hide" : "show", row.id);
  else if (part === "lock") send(row.locked ? "unlock" : "lock", row.id);
});
list.addEventListener("focusin", (event) => {
  current = event.target.closest(".layer")?.dataset.id;
  oneTabStop();
});
list.addEventListener("focusout", () => redrawing || flush());
list.addEventListener("keyup", (event) => event.key === "Alt" && flush());
list.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return drop(false);
  const at = event.target.closest(".layer");
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || !at || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (event.altKey) return at.dataset.id && putByKey(at.dataset.id, step);
  const next = step < 0 ? at.previousElementSibling : at.nextElementSibling;
  if (next) focus(next.dataset.id, event.target.dataset.part);
});
element.addEventListener("refused", () => {
  order = null;
  draw();
});
let picked = null;
let title = null;
watch("value", () => {
  if (!moving) order = null;
  draw();
  if (props.value?.title !== title) list.scrollTop = 0;
  title = props.value?.title;
  const now = rows().find((row) => row.picked)?.id;
  if (now && now !== picked) reveal(now);
  picked = now;
});
draw();
