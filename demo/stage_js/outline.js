// What lies on the picture as SVG: outlines that can be clicked, marks, the cloud of samples.
function add(parent, tag, attributes) {
  const node = document.createElementNS(NS, tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  parent.appendChild(node);
  return node;
}

function drawShape(shape) {
  if (!shape.path) return;
  const path = add(svg, "path", {
    d: shape.path,
    class: "shape" + (shape.picked ? " picked" : ""),
    style: "--hue:" + shape.hue,
    tabindex: 0,
    role: "button",
    "aria-pressed": shape.picked ? "true" : "false",
    "aria-label": shape.label,
    "data-index": shape.index,
    transform: "matrix(" + since(shape) + ")",
  });
  add(path, "title", {}).textContent = shape.label;
}

function drawWhole(s) {
  const shape = picked();
  if (!shape || !s.whole) return;
  const more = { d: s.whole, transform: "matrix(" + matrix(shape) + ")", style: "--hue:" + shape.hue };
  // What hides the object lies above its grip: it can still be clicked.
  svg.prepend(add(svg, "path", { ...more, class: "grip", "data-index": shape.index }));
  add(svg, "path", { ...more, class: "whole" + (shape.in_place && !moved.has(shape.index) ? "" : " away") });
}

function drawCloud(s) {
  if (!control("cloud").checked || !s.cloud?.length) return;
  const cloud = add(svg, "g", { class: "cloud", style: "--hue:" + s.hue });
  s.cloud.forEach((d, number) => {
    const path = add(cloud, "path", { d });
    path.style.animationDelay = (-4 * number) / s.cloud.length + "s";
  });
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

function drawOutlines() {
  const s = scene();
  const within = element.contains(document.activeElement);
  const focused = within && document.activeElement.dataset.index;
  const inside = within && svg.contains(document.activeElement);
  svg.setAttribute("viewBox", "0 0 " + s.width + " " + s.height);
  if (marks()) svg.setAttribute("tabindex", 0);
  else svg.removeAttribute("tabindex");
  svg.replaceChildren();
  shapes().forEach(drawShape);
  drawCloud(s);
  drawWhole(s);
  drawDraft(s);
  drawCross();
  // A redraw must not take the keyboard away from whoever is using it.
  if (focused) svg.querySelector('.shape[data-index="' + focused + '"]')?.focus({ preventScroll: true });
  if (inside && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
}

let cross = null; // where the keyboard points

function drawCross() {
  svg.querySelector(".cross")?.remove();
  if (!marks() || !svg.matches(":focus-visible")) return;
  cross = cross || [scene().width / 2, scene().height / 2];
  const [x, y] = cross;
  const r = 12 / scale();
  add(svg, "path", { d: `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`, class: "cross" });
}

function moveCross(arrow, quick) {
  const step = (quick ? 24 : 4) / scale();
  drawCross();
  if (!cross) return;
  cross = [clamp(cross[0] + arrow[0] * step, 0, scene().width), clamp(cross[1] + arrow[1] * step, 0, scene().height)];
  drawCross();
}

// Another component offers a shape (demo/strip.js): show it here while the pointer is there.
function preview(event) {
  svg.querySelector(".preview")?.remove();
  svg.classList.toggle("offered", Boolean(event.detail));
  if (!event.detail || !picked()) return;
  add(svg, "path", { d: event.detail.path, class: "preview", transform: "matrix(" + matrix(picked()) + ")" });
}

svg.addEventListener("focus", drawCross);
svg.addEventListener("blur", drawCross);
document.addEventListener("amodal-preview", preview);
