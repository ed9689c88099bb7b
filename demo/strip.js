// The possible shapes of the selected object: a row of buttons, grouped. Python sends in props.value
// which one is the object's (chosen), whether the object stands where the photo shows it (in_place),
// and, when they are others than before, the shapes (groups). Looking needs no network: the outline
// under the pointer or the keyboard goes to the document as the event "amodal-preview". Only a click
// is sent: "choose".
const strip = element.querySelector(".strip");
const caption = element.querySelector(".strip-caption");
let paths = new Map();
let hovered = null;
let focused = null;
let previewed = null;

function node(parent, tag, className, words) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (words) made.textContent = words;
  parent.appendChild(made);
  return made;
}

const shown = () => props.value || {};
const tiles = () => [...strip.querySelectorAll("button")];
const numberOf = (tile) => (tile ? Number(tile.dataset.number) : null);

function drawTile(parent, tile, lead) {
  const button = node(parent, "button", "thumbnail-item" + (lead ? " lead" : ""));
  button.type = "button";
  button.dataset.number = tile.number;
  const image = node(button, "img");
  image.src = tile.picture;
  image.alt = "";
  image.draggable = false;
  node(button, "span", "caption-label", tile.caption);
  paths.set(tile.number, tile.path);
}

function draw() {
  const kept = strip.contains(document.activeElement) ? numberOf(document.activeElement) : null;
  paths = new Map();
  hovered = focused = null;
  strip.replaceChildren();
  strip.scrollLeft = 0;
  for (const group of shown().groups || []) {
    const part = node(strip, "div", "reading");
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", group.title);
    node(part, "h4", "", group.title);
    const row = node(part, "div", "row");
    group.tiles.forEach((tile, index) => drawTile(row, tile, group.lead && index === 0));
  }
  mark();
  // A redraw must not take the keyboard away from whoever is using it.
  if (kept !== null) (tiles().find((tile) => numberOf(tile) === kept) || tiles()[0])?.focus();
}

// The chosen tile is the one that Tab reaches; arrows go to the others.
function mark() {
  const all = tiles();
  for (const tile of all) {
    const chosen = numberOf(tile) === shown().chosen;
    tile.classList.toggle("selected", chosen);
    tile.setAttribute("aria-pressed", chosen ? "true" : "false");
  }
  const within = strip.contains(document.activeElement) ? document.activeElement : null;
  reachable(within || strip.querySelector(".selected") || all[0]);
  preview();
}

function reachable(one) {
  for (const tile of tiles()) tile.tabIndex = tile === one ? 0 : -1;
}

// Small tiles have no room for their captions: one line below says what is looked at, or chosen.
function tell(number) {
  const tile = strip.querySelector(`[data-number="${number}"]`) || strip.querySelector(".selected");
  caption.textContent = (tile?.textContent || "").replace("\n", " · ");
}

function preview() {
  const number = hovered ?? focused;
  tell(number);
  const path = shown().in_place && number !== null ? paths.get(number) : "";
  if (path === previewed) return;
  previewed = path;
  const detail = path ? { path, number } : null;
  document.dispatchEvent(new CustomEvent("amodal-preview", { detail }));
}

function move(from, key) {
  const all = tiles();
  const at = all.indexOf(from);
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
  if (to === undefined) return false;
  const next = all[Math.min(Math.max(to, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

strip.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return; // a finger chooses at once
  hovered = numberOf(event.target.closest("button"));
  preview();
});
strip.addEventListener("pointerleave", () => {
  hovered = null;
  preview();
});
strip.addEventListener("focusin", (event) => {
  reachable(event.target);
  focused = event.target.matches(":focus-visible") ? numberOf(event.target) : null;
  preview();
});
strip.addEventListener("focusout", () => {
  focused = null;
  preview();
});
strip.addEventListener("click", (event) => {
  const number = numberOf(event.target.closest("button"));
  if (number !== null && number !== shown().chosen) trigger("choose", { number });
});
strip.addEventListener("keydown", (event) => {
  const tile = event.target.closest("button");
  if (tile && !event.ctrlKey && !event.metaKey && !event.altKey && move(tile, event.key)) event.preventDefault();
});
watch("value", () => (props.value && !props.value.groups ? mark() : draw()));
draw();
