// Mouse and fingers. With "Select": a click selects, a drag moves the object under it, the wheel or
// two fingers resize the selected one, a drag beside all objects pans.
let gesture = null;
let spaceHeld = false;
const fingers = new Map(); // pointer → [x, y] in the window

// A finger scrolls the page, unless it is on the selected object.
const draggable = (event, shape) =>
  scene().tool === "pick" && event.button === 0 && !shape?.locked && (event.pointerType !== "touch" || shape?.picked);

function begin(event) {
  const over = event.target.closest("[data-index]");
  const shape = over && shapeOf(Number(over.dataset.index));
  const pan = spaceHeld || event.button === 1 || (scene().tool === "pick" && !shape && event.pointerType === "mouse");
  gesture = {
    id: event.pointerId,
    points: [at(event)],
    window: [event.clientX, event.clientY],
    off: event.button === 2 || event.altKey,
    shape: draggable(event, shape) && !pan ? shape : null,
    pan,
  };
}

function drag() {
  const { points, shape } = gesture;
  const [first, last] = [points[0], points[points.length - 1]];
  if (!gesture.dragging) {
    if (!far(first, last)) return;
    gesture.dragging = true;
    lift(shape);
  }
  const { start } = lifted;
  // Whole pixels: a moved object stays as sharp as it was.
  const [dx, dy] = [start.dx + Math.round(last[0] - first[0]), start.dy + Math.round(last[1] - first[1])];
  carry({ dx, dy, scale: grown(shape, start, dy) });
}

function mark() {
  const [first, last] = [gesture.points[0], gesture.points[gesture.points.length - 1]];
  gesture.mark?.remove();
  gesture.mark = null;
  if (paints()) {
    const d = "M" + gesture.points.map((p) => p.join(" ")).join("L") + "l0 .01";
    gesture.mark = add(svg, "path", { d, class: "stroke " + scene().tool, "stroke-width": 2 * scene().radius });
  } else if ((marks() || scene().tool === "extent") && far(first, last)) {
    gesture.mark = add(svg, "rect", {
      x: Math.min(first[0], last[0]), y: Math.min(first[1], last[1]),
      width: Math.abs(first[0] - last[0]), height: Math.abs(first[1] - last[1]), class: "box",
    });
  }
}

function go(event) {
  if (!gesture || event.pointerId !== gesture.id) return;
  if (gesture.pan) {
    panBy(event.clientX - gesture.window[0], event.clientY - gesture.window[1]);
    gesture.panned = gesture.panned || far(gesture.points[0], at(event));
    gesture.window = [event.clientX, event.clientY];
    return;
  }
  gesture.points.push(at(event));
  if (gesture.shape) drag();
  else mark();
}

function end(event) {
  if (!gesture || event.pointerId !== gesture.id) return;
  go(event);
  const { points, off, pan, panned, dragging, mark } = gesture;
  gesture = null;
  if (dragging) return drop();
  if (panned || (pan && spaceHeld)) return;
  const [first, last] = [points[0], points[points.length - 1]];
  if (paints()) {
    // The stroke stays until the answer redraws the stage, or fails to come.
    setTimeout(() => mark?.remove(), 4000);
    return send("stroke", points, {});
  }
  mark?.remove();
  if (scene().tool !== "pick" && far(first, last)) send("drag", [first, last], { off });
  else send("click", [last], { off });
}

function stop() {
  gesture?.mark?.remove();
  gesture = null;
  cancelLift();
}

// Two fingers, the first of them on the selected object.
let pinch = null;
const spread = () => {
  const [a, b] = [...fingers.values()];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
};

function beginPinch() {
  const shape = picked();
  const on = gesture?.shape && gesture.shape.index === shape?.index;
  stop();
  if (!on) return;
  lift(shape);
  pinch = spread();
}

function goPinch() {
  const { start } = lifted;
  carry({ ...start, scale: clamp((start.scale * spread()) / pinch, SMALLEST, LARGEST) });
}

// The wheel over the selected object resizes it about its foot; with Ctrl it zooms the view.
let wheeling = null;

function wheel(event) {
  if (!scene().photo || gesture) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    return zoomTo(zoom * Math.exp(-event.deltaY / 300), event);
  }
  const shape = picked();
  const grip = svg.querySelector(".grip");
  // Whoever only scrolls past the picture must not resize anything: its user has clicked on it.
  const inUse = element.contains(document.activeElement);
  if (scene().tool !== "pick" || !shape || !grip || !inUse) return;
  const [x, y] = at(event);
  const point = new DOMPoint(x, y).matrixTransform(new DOMMatrix(matrix(shape)).inverse());
  if (!wheeling && !grip.isPointInFill(point)) return;
  event.preventDefault();
  rescale(shape, Math.exp(-event.deltaY / 600));
}

// Resize now, and tell Python when the user has finished.
function rescale(shape, factor) {
  if (!lifted) lift(shape);
  const place = placement(shape);
  carry({ dx: place.dx, dy: place.dy, scale: clamp(place.scale * factor, SMALLEST, LARGEST) });
  clearTimeout(wheeling);
  wheeling = setTimeout(() => {
    wheeling = null;
    if (lifted) drop();
  }, 250);
}

svg.addEventListener("pointerdown", (event) => {
  if (!scene().photo || wheeling) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (fingers.size === 2) return beginPinch();
  if (fingers.size > 2 || !event.isPrimary) return;
  begin(event);
  if (gesture.shape || gesture.pan || scene().tool !== "pick") svg.setPointerCapture(event.pointerId);
});
svg.addEventListener("pointermove", (event) => {
  if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (pinch && fingers.size === 2) goPinch();
  else go(event);
});
for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
  svg.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (pinch) {
      pinch = null;
      if (lifted) drop();
    } else if (name === "pointerup") end(event);
    else if (gesture?.id === event.pointerId) stop();
  });
}
// touch-action isn't heeded on shapes of an SVG.
const keep = (event) => {
  const onPicked = scene().tool === "pick" && event.target.closest(".picked, .grip");
  if (onPicked || gesture?.shape) event.preventDefault();
};
svg.addEventListener("touchstart", keep, { passive: false });
svg.addEventListener("dblclick", () => scene().tool === "pick" && zoomTo(1));
svg.addEventListener("contextmenu", (event) => marks() && event.preventDefault());
svg.addEventListener("wheel", wheel, { passive: false });
