// How the picture lies in its frame: zoom, pan, and the photo beside the edit.
let zoom = 1;
const [FARTHEST, NEAREST] = [0.5, 8];

function zoomTo(value, event) {
  const next = clamp(value, FARTHEST, NEAREST);
  if (!scene().photo || next === zoom) return;
  const box = frame.getBoundingClientRect();
  if (zoom === 1) frame.style.height = box.height + "px"; // the page stays as it is
  const target = event || { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const [x, y] = at(target);
  zoom = next;
  paper.style.setProperty("--zoom", zoom);
  frame.classList.toggle("zoomed", zoom !== 1);
  if (zoom === 1) frame.style.height = "";
  // The pointed spot stays under the pointer.
  const r = svg.getBoundingClientRect();
  frame.scrollLeft += r.left + (x / scene().width) * r.width - target.clientX;
  frame.scrollTop += r.top + (y / scene().height) * r.height - target.clientY;
  control("fit").textContent = Math.round(100 * zoom) + " %";
  reach();
  drawOutlines();
}

// A frame that scrolls is reached by the keyboard, another one isn't in the way.
function reach() {
  const scrolls = frame.scrollWidth > frame.clientWidth + 1 || frame.scrollHeight > frame.clientHeight + 1;
  frame.tabIndex = scrolls ? 0 : -1;
}

function panBy(dx, dy) {
  frame.scrollLeft -= dx;
  frame.scrollTop -= dy;
}

// The photo is shown instead of the edited picture, also when an answer arrives meanwhile.
let comparing = false;
function compare(on) {
  if (comparing === on || (on && !scene().before)) return;
  comparing = on;
  show();
}

function show() {
  const s = scene();
  comparing = comparing && Boolean(s.before);
  const shown = comparing ? s.before : s.photo;
  if (shown && image.getAttribute("src") !== shown.url) image.src = shown.url;
  svg.classList.toggle("aside", comparing);
  live.classList.toggle("aside", comparing);
  control("compare").setAttribute("aria-pressed", comparing);
}

let photo = null;

function draw() {
  const s = scene();
  element.dataset.tool = s.tool || "pick";
  image.hidden = bar.hidden = !s.photo;
  empty.hidden = Boolean(s.photo);
  control("compare").disabled = !s.before;
  show();
  if (!s.photo) return svg.replaceChildren();
  const size = s.width + " / " + s.height;
  if (photo !== size) zoomTo(1);
  photo = size;
  image.alt = s.alt;
  image.style.aspectRatio = size;
  paper.style.setProperty("--aspect", s.width / s.height);
  reach();
  preload();
  drawOutlines();
  askForKit();
}

for (const name of ["perspective", "cloud"]) control(name).checked = true;
new ResizeObserver(reach).observe(frame);
control("in").addEventListener("click", () => zoomTo(zoom * 1.25));
control("out").addEventListener("click", () => zoomTo(zoom / 1.25));
control("fit").addEventListener("click", () => zoomTo(1));
control("cloud").addEventListener("change", () => scene().photo && drawOutlines());
control("compare").addEventListener("pointerdown", () => compare(true));
for (const name of ["pointerup", "pointerleave", "pointercancel"]) control("compare").addEventListener(name, () => compare(false));
control("compare").addEventListener("keydown", (event) => {
  if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
  if (!event.repeat) compare(!comparing);
});
// Leaving the stage ends it, but not the way from an object to the button that is pressed, nor a
// redraw, which takes the focus and gives it back.
element.addEventListener("focusout", ({ relatedTarget: to }) => {
  const left = () => to || !element.contains(document.activeElement) || !document.hasFocus();
  if (to !== control("compare")) queueMicrotask(() => left() && compare(false));
});
