// A bar over a shape. The bar follows the hand at once; its place goes to Python as "moved": one
// request at a time, and when its answer comes the newest place follows.
const ground = element.querySelector(".occluder-ground");
const image = element.querySelector("img");
const bar = element.querySelector(".bar");
const list = element.querySelector("dl");
const dots = element.querySelector("g");
const NS = "http://www.w3.org/2000/svg";
let box = null; // x0, y0, x1, y1 in pixels of the ground
let held = null;
let asked = null; // the box that Python is working on
const PATIENCE = 4000; // milliseconds after which an answer is taken to have failed
const state = () => props.value || {};
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function place() {
  if (!box) return;
  const { side } = state();
  const percent = (value) => (100 * value) / side + "%";
  bar.style.left = percent(box[0]);
  bar.style.top = percent(box[1]);
  bar.style.width = percent(box[2] - box[0]);
  bar.style.height = percent(box[3] - box[1]);
}

function draw() {
  const s = state();
  if (!s.box) return;
  if (s.fresh || !box) {
    if (!held) box = s.box;
    dots.replaceChildren();
  }
  if (s.heat) image.src = s.heat;
  else image.removeAttribute("src");
  element.querySelector(".draws").setAttribute("d", s.draws);
  element.querySelector(".rest").setAttribute("d", s.rest);
  list.replaceChildren(
    ...s.said.map(([name, value]) => {
      const row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      row.firstChild.textContent = name;
      row.lastChild.textContent = value;
      return row;
    }),
  );
  if (s.point) {
    const [x, y] = s.point.map((share) => 100 * share);
    const dot = document.createElementNS(NS, "path"); // round whatever the stretch of the plot
    dot.setAttribute("d", `M${x} ${100 - y}h0`);
    dots.append(dot);
    if (dots.children.length > 300) dots.firstChild.remove();
    bar.setAttribute("aria-valuenow", Math.round(x));
  }
  bar.setAttribute("aria-valuetext", s.note || s.said.map((pair) => pair.join(": ")).join(", "));
  place();
}

// What a movement by (dx, dy) makes of a box: the bar moved, or its lower right corner.
function moved([x0, y0, x1, y1], dx, dy, corner) {
  const { side, smallest } = state();
  if (corner) return [x0, y0, clamp(x1 + dx, x0 + smallest, side), clamp(y1 + dy, y0 + smallest, side)];
  const x = clamp(x0 + dx, 0, side - (x1 - x0));
  const y = clamp(y0 + dy, 0, side - (y1 - y0));
  return [x, y, x + (x1 - x0), y + (y1 - y0)];
}

function go(next) {
  if (next.every((value, index) => value === box[index])) return;
  box = next;
  place();
  ask();
}

function ask() {
  if (asked) return;
  asked = { box, timer: setTimeout(answered, PATIENCE) };
  list.setAttribute("aria-busy", "true");
  trigger("moved", { box });
}

function answered() {
  if (!asked) return;
  clearTimeout(asked.timer);
  const moved = box.some((value, index) => value !== asked.box[index]);
  asked = null;
  list.setAttribute("aria-busy", "false");
  if (moved) ask();
}

bar.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || !box) return;
  held = { x: event.clientX, y: event.clientY, box, corner: event.target.matches(".grip") };
  bar.setPointerCapture(event.pointerId);
  bar.focus({ preventScroll: true });
  event.preventDefault();
});
bar.addEventListener("pointermove", (event) => {
  if (!held) return;
  const scale = state().side / ground.getBoundingClientRect().width;
  const [dx, dy] = [(event.clientX - held.x) * scale, (event.clientY - held.y) * scale];
  go(moved(held.box, dx, dy, held.corner));
});
for (const name of ["pointerup", "pointercancel"]) bar.addEventListener(name, () => (held = null));

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
bar.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  if (!arrow || !box || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  go(moved(box, 4 * arrow[0], 4 * arrow[1], event.shiftKey));
});

watch("value", () => {
  draw();
  answered();
});
draw();
