// The stage's parts share this scope; demo/stage.py joins them. Python sends what to show
// (props.value); image pixels are its unit here, too.
const NS = "http://www.w3.org/2000/svg";
const frame = element.querySelector(".stage-frame");
const paper = element.querySelector(".stage-canvas");
const image = element.querySelector("img");
const live = element.querySelector("canvas");
const svg = element.querySelector("svg");
const bar = element.querySelector(".stage-bar");
const empty = element.querySelector(".stage-empty");
const control = (name) => bar.querySelector('[data-do="' + name + '"]');

const scene = () => props.value || {};
const shapes = () => scene().shapes || [];
const shapeOf = (index) => shapes().find((shape) => shape.index === index);
const picked = () => shapes().find((shape) => shape.picked);

// Tools whose clicks the keyboard can make: arrows move a cross, Enter clicks there.
const marks = () => scene().tool === "add" || scene().tool === "clue";
const paints = () => scene().tool === "brush" || scene().tool === "erase";

// Pixels of the window in one image pixel.
const scale = () => svg.getBoundingClientRect().width / scene().width || 1;

function at(event) {
  const r = svg.getBoundingClientRect();
  const s = scene();
  return [((event.clientX - r.left) / r.width) * s.width, ((event.clientY - r.top) / r.height) * s.height];
}

const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) * scale() > 6;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Where objects stand of which Python hasn't answered yet: number → { dx, dy, scale }.
const moved = new Map();
const placement = (shape) => moved.get(shape.index) || shape;

// The photo → where the object is now, as in amodal/placement.py.
function matrix(shape, place = placement(shape)) {
  const along = shape.flip ? -place.scale : place.scale;
  const [x, y] = shape.foot;
  return [along, 0, 0, place.scale, x + place.dx - along * x, y + place.dy - place.scale * y];
}

// Where Python has shown the object → where it is now.
function since(shape, place = placement(shape)) {
  const ratio = place.scale / shape.scale;
  const [x, y] = shape.foot;
  return [ratio, 0, 0, ratio, x + place.dx - ratio * (x + shape.dx), y + place.dy - ratio * (y + shape.dy)];
}

const [SMALLEST, LARGEST] = [0.05, 8];

// On flat ground size follows the distance of the foot from the horizon (amodal/perspective.py).
function grown(shape, from, row) {
  const horizon = scene().kit?.horizon;
  const [before, after] = [shape.foot[1] + from.dy - horizon, shape.foot[1] + row - horizon];
  if (!control("perspective").checked || !(before > 1 && after > 1)) return from.scale;
  const factor = after / before;
  // A drag that is meant to go sideways leaves the object as sharp as it is.
  return Math.abs(factor - 1) < 0.01 ? from.scale : clamp(from.scale * factor, SMALLEST, LARGEST);
}
