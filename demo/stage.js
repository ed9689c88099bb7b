// The picture that the user points at: an <img> with an SVG of the same size on top. Python sends
// what to show (props.value); every finished gesture goes back once, in image pixels, as the event
// "gesture". Nothing is decided here: which object was meant, what happens to it, is Python's.
const image = element.querySelector("img");
const svg = element.querySelector("svg");
const empty = element.querySelector(".stage-empty");
const NS = "http://www.w3.org/2000/svg";
let gesture = null;
let cross = null; // where the keyboard points, image pixels
const scene = () => props.value || {};

function add(parent, tag, attributes) {
  const node = document.createElementNS(NS, tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  parent.appendChild(node);
  return node;
}

function drawShape(shape) {
  const path = add(svg, "path", {
    d: shape.path,
    class: "shape" + (shape.picked ? " picked" : ""),
    style: "--hue:" + shape.hue,
    tabindex: 0,
    role: "button",
    "aria-pressed": shape.picked ? "true" : "false",
    "aria-label": shape.label,
    "data-index": shape.index,
  });
  add(path, "title", {}).textContent = shape.label;
}

function drawDraft(s) {
  if (s.absent) add(svg, "path", { d: s.absent, class: "absent" });
  if (s.draft) add(svg, "path", { d: s.draft, class: "draft" });
  if (s.box) {
    const [x0, y0, x1, y1] = s.box;
    add(svg, "rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, class: "box" });
  }
  const r = 7 / scale();
  for (const [x, y, on] of s.points || []) {
    add(svg, "circle", { cx: x, cy: y, r, class: on ? "point" : "point off" });
    // A plus or a minus: colours alone don't tell.
    const d = `M${x - r / 2} ${y}h${r}` + (on ? `M${x} ${y - r / 2}v${r}` : "");
    add(svg, "path", { d, class: "sign" });
  }
}

function draw() {
  const s = scene();
  const within = element.contains(document.activeElement);
  const focused = within && document.activeElement.dataset.index;
  element.dataset.tool = s.tool || "pick";
  image.hidden = !s.photo;
  empty.hidden = Boolean(s.photo);
  svg.replaceChildren();
  comparing = false;
  svg.classList.remove("aside");
  if (!s.photo) return;
  if (image.getAttribute("src") !== s.photo.url) image.src = s.photo.url;
  image.alt = s.alt;
  image.style.aspectRatio = s.width + " / " + s.height;
  image.parentElement.style.setProperty("--aspect", s.width / s.height);
  svg.setAttribute("viewBox", "0 0 " + s.width + " " + s.height);
  if (marks()) svg.setAttribute("tabindex", 0);
  else svg.removeAttribute("tabindex");
  (s.shapes || []).forEach(drawShape);
  if (s.whole) add(svg, "path", { d: s.whole, class: "whole", style: "--whole-hue:" + s.hue });
  drawDraft(s);
  drawCross();
  // A redraw must not take the keyboard away from whoever is using it.
  if (focused) svg.querySelector('[data-index="' + focused + '"]')?.focus({ preventScroll: true });
  if (within && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
}

// Tools whose clicks the keyboard can make: arrows move a cross, Enter clicks there.
const marks = () => scene().tool === "add" || scene().tool === "clue";

function drawCross() {
  svg.querySelector(".cross")?.remove();
  if (!marks() || !svg.matches(":focus-visible")) return;
  cross = cross || [scene().width / 2, scene().height / 2];
  const [x, y] = cross;
  const r = 12 / scale();
  add(svg, "path", { d: `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`, class: "cross" });
}

function moveCross(arrow, far) {
  const step = (far ? 24 : 4) / scale();
  drawCross();
  if (!cross) return;
  cross = [
    Math.min(Math.max(cross[0] + arrow[0] * step, 0), scene().width),
    Math.min(Math.max(cross[1] + arrow[1] * step, 0), scene().height),
  ];
  drawCross();
}

const scale = () => svg.getBoundingClientRect().width / scene().width || 1;

function at(event) {
  const r = svg.getBoundingClientRect();
  const s = scene();
  return [((event.clientX - r.left) / r.width) * s.width, ((event.clientY - r.top) / r.height) * s.height];
}

const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) * scale() > 6;

function send(kind, points, more) {
  // What a finger covers, in image pixels: Python looks that far for a small object.
  trigger("gesture", { kind, points, reach: 12 / scale(), ...more });
}

function trail() {
  const tool = scene().tool;
  const [first, last] = [gesture.points[0], gesture.points[gesture.points.length - 1]];
  gesture.mark?.remove();
  gesture.mark = null;
  if (tool === "brush" || tool === "erase") {
    const d = "M" + gesture.points.map((p) => p.join(" ")).join("L") + "l0 .01";
    gesture.mark = add(svg, "path", { d, class: "stroke " + tool, "stroke-width": 2 * scene().radius });
  } else if (tool === "move" && gesture.held) {
    const shift = "translate(" + (last[0] - first[0]) + " " + (last[1] - first[1]) + ")";
    gesture.mark = add(svg, "path", { d: gesture.held, class: "ghost", transform: shift });
  } else if ((marks() || tool === "extent") && far(first, last)) {
    gesture.mark = add(svg, "rect", {
      x: Math.min(first[0], last[0]), y: Math.min(first[1], last[1]),
      width: Math.abs(first[0] - last[0]), height: Math.abs(first[1] - last[1]), class: "box",
    });
  }
}

function stop() {
  gesture?.mark?.remove();
  gesture = null;
}

// Keys of the whole stage, and the handlers that they ask for.
const COMMANDS = { Delete: "delete", Backspace: "delete", "[": "send_back", "]": "bring_forward" };

function command(event) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  return scene().whole ? COMMANDS[event.key] : null; // the others need a selected object
}

// While a key is held, the photo is shown instead of the edited picture.
let comparing = false;
function compare(on) {
  if (comparing === on || !scene().before) return;
  comparing = on;
  image.src = on ? scene().before.url : scene().photo.url;
  svg.classList.toggle("aside", on);
}

// The wheel over the selected object resizes it about its foot: at once in outline, then for good.
let growth = null;
function grow(event) {
  const outline = svg.querySelector(".whole");
  if (scene().tool !== "move" || !outline) return;
  if (!growth && !outline.isPointInFill(new DOMPoint(...at(event)))) return;
  event.preventDefault();
  if (!growth) {
    const box = outline.getBBox();
    const mark = add(svg, "path", { d: scene().whole, class: "ghost" });
    growth = { factor: 1, mark, foot: [box.x + box.width / 2, box.y + box.height] };
  }
  growth.factor = Math.min(Math.max(growth.factor * Math.exp(-event.deltaY / 600), 0.1), 10);
  const [x, y] = growth.foot;
  const { factor, mark } = growth;
  mark.setAttribute("transform", `translate(${x} ${y}) scale(${factor}) translate(${-x} ${-y})`);
  clearTimeout(growth.timer);
  growth.timer = setTimeout(() => {
    send("scale", [], { factor: growth.factor });
    setTimeout(() => mark.remove(), 4000); // it stays until the answer redraws the stage
    growth = null;
  }, 250);
}

svg.addEventListener("pointerdown", (event) => {
  if (!scene().photo || !event.isPrimary) return;
  const shape = event.target.closest(".shape");
  const held = shape && !shape.matches(".picked") ? shape.getAttribute("d") : scene().whole;
  gesture = { points: [at(event)], off: event.button === 2 || event.altKey, held };
  if (scene().tool !== "pick") svg.setPointerCapture(event.pointerId);
});
svg.addEventListener("pointermove", (event) => {
  if (!gesture) return;
  gesture.points.push(at(event));
  trail();
});
svg.addEventListener("pointercancel", stop);
svg.addEventListener("pointerup", (event) => {
  if (!gesture) return;
  gesture.points.push(at(event));
  trail();
  const { points, off } = gesture;
  const [first, last] = [points[0], points[points.length - 1]];
  const tool = scene().tool;
  if (tool === "brush" || tool === "erase") {
    // The stroke stays until the answer redraws the stage, or fails to come.
    const mark = gesture.mark;
    gesture = null;
    setTimeout(() => mark?.remove(), 4000);
    return send("stroke", points, {});
  }
  stop();
  if (tool !== "pick" && far(first, last)) send("drag", [first, last], { off });
  else send("click", [last], { off });
});
svg.addEventListener("contextmenu", (event) => {
  if (marks()) event.preventDefault();
});
svg.addEventListener("wheel", grow, { passive: false });
svg.addEventListener("focus", drawCross);
svg.addEventListener("blur", drawCross);
element.addEventListener("keyup", (event) => event.key.toLowerCase() === "c" && compare(false));
element.addEventListener("focusout", () => compare(false));
element.addEventListener("keydown", (event) => {
  const index = event.target.dataset?.index;
  const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === "Escape") return stop();
  if (event.key.toLowerCase() === "c" && !event.ctrlKey && !event.metaKey) return compare(true);
  const asked = command(event);
  if (asked) {
    event.preventDefault();
    if (!event.repeat) send("command", [], { command: asked });
    return;
  }
  if (index !== undefined && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    send("pick", [], { index: Number(index) });
  } else if (event.target === svg && marks() && arrow) {
    event.preventDefault();
    moveCross(arrow, event.shiftKey);
  } else if (event.target === svg && marks() && cross && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    send("click", [cross], { off: event.altKey });
  } else if (arrow && scene().tool === "move" && scene().whole) {
    event.preventDefault();
    const step = event.shiftKey ? 10 : 1;
    send("nudge", [[arrow[0] * step, arrow[1] * step]], {});
  }
});
element.tabIndex = -1; // keeps the keys when the object that had them is gone
watch("value", draw);
draw();
