// A dragged object follows the pointer at once: the picture with what is behind the object, its
// cut-out, and what is in front of it. Three layers, drawn anew for each frame; Python's picture
// takes their place when it comes.
let lifted = null;
const pictures = new Map(); // address → image

function preload() {
  const kit = scene().kit;
  const wanted = kit ? [kit.plate, ...Object.values(kit.sprites).map((sprite) => sprite.file)] : [];
  const urls = new Set(wanted.map((file) => file.url));
  for (const url of pictures.keys()) if (!urls.has(url)) pictures.delete(url);
  for (const url of urls) {
    if (pictures.has(url)) continue;
    const picture = new Image();
    picture.src = url;
    pictures.set(url, picture);
  }
  const ready = [...pictures.values()].map((picture) => picture.decode());
  live.dataset.kit = "false";
  if (kit) Promise.all(ready).then(() => (live.dataset.kit = String(!scene().stale)), () => {});
}

function loaded(file) {
  const picture = file && pictures.get(file.url);
  return picture?.complete && picture.naturalWidth ? picture : null;
}

function sheet() {
  const canvas = document.createElement("canvas");
  canvas.width = live.width;
  canvas.height = live.height;
  return canvas.getContext("2d");
}

// Draw in image pixels.
function within(context, [a, b, c, d, e, f]) {
  const k = live.width / scene().width;
  context.setTransform(k * a, k * b, k * c, k * d, k * e, k * f);
}

// An object's cut-out once it is here: { picture, x, y, width, height }.
function spriteOf(shape) {
  const sprite = scene().kit?.sprites[shape.index];
  const picture = loaded(sprite?.file);
  return picture ? { ...sprite, picture } : null;
}

function drawSprite(context, shape, place, sprite = spriteOf(shape)) {
  if (!sprite) return;
  within(context, matrix(shape, place));
  context.drawImage(sprite.picture, sprite.x, sprite.y, sprite.width, sprite.height);
}

const ALL = [1, 0, 0, 1, 0, 0];

function fillPlate(context) {
  const plate = loaded(scene().kit?.plate);
  if (!plate) return false;
  within(context, ALL);
  context.drawImage(plate, 0, 0, scene().width, scene().height);
  return true;
}

// What is behind an object, as far as it covers that now; null while that isn't known.
function behind(shape) {
  const under = sheet();
  if (!fillPlate(under)) return null;
  for (const other of shapes()) {
    if (other.index === shape.index) break;
    drawSprite(under, other);
  }
  const mask = sheet();
  if (shape.in_place && !moved.has(shape.index)) {
    within(mask, ALL);
    mask.fill(new Path2D(scene().kit.sprites[shape.index].hole));
  } else {
    // Its soft edge reaches a little further.
    for (const [x, y] of [[0, 0], [2, 0], [-2, 0], [0, 2], [0, -2]]) {
      const place = placement(shape);
      drawSprite(mask, shape, { ...place, dx: place.dx + x, dy: place.dy + y });
    }
  }
  mask.setTransform(1, 0, 0, 1, 0, 0);
  mask.globalCompositeOperation = "source-in";
  mask.drawImage(under.canvas, 0, 0);
  return mask.canvas;
}

// Only those pixels of a picture that are in these outlines.
function cut(picture, shapesToCut) {
  const context = sheet();
  for (const shape of shapesToCut) {
    if (!shape.path) continue;
    within(context, since(shape));
    context.fill(new Path2D(shape.path), "evenodd");
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.drawImage(picture, 0, 0);
  return context.canvas;
}

function lift(shape) {
  const now = snapshot();
  const sprite = spriteOf(shape);
  const base = sheet();
  base.drawImage(now, 0, 0);
  const patch = behind(shape);
  if (patch) base.drawImage(patch, 0, 0);
  const place = placement(shape);
  lifted = {
    shape,
    base: base.canvas,
    sprite,
    piece: sprite ? null : cut(now, [shape]), // without a cut-out yet: what is seen of it
    above: cut(now, shapes().slice(shapes().findIndex((other) => other.index === shape.index) + 1)),
    start: { dx: place.dx, dy: place.dy, scale: place.scale },
  };
}

// The picture as it looks now, in the size of the canvas.
function snapshot() {
  const shown = !live.hidden;
  const copy = document.createElement("canvas");
  const width = Math.round(Math.min(scene().width, paper.clientWidth * devicePixelRatio, 2400));
  copy.width = width;
  copy.height = Math.max(Math.round((width * scene().height) / scene().width), 1);
  copy.getContext("2d").drawImage(shown ? live : image, 0, 0, copy.width, copy.height);
  live.width = copy.width;
  live.height = copy.height;
  return copy;
}

let frameAsked = 0;

// Let the lifted object stand there from the next frame on.
function carry(place) {
  moved.set(lifted.shape.index, place);
  frameAsked = frameAsked || requestAnimationFrame(paint);
}

// The selected object is being deleted: what is behind it, until Python's picture comes.
function vanish() {
  const shape = picked();
  if (!shape || shape.locked || lifted) return;
  lift(shape);
  const context = live.getContext("2d");
  context.drawImage(lifted.base, 0, 0);
  context.drawImage(lifted.above, 0, 0);
  lifted = null;
  live.hidden = false;
  // Its outline may have the keyboard's focus: it stays until it is drawn anew.
  for (const mark of svg.querySelectorAll(".whole, .grip, .cloud, .picked")) mark.style.opacity = 0;
}

function paint() {
  frameAsked = 0;
  if (!lifted) return;
  const { base, sprite, piece, above } = lifted;
  const shape = shapeOf(lifted.shape.index) || lifted.shape;
  const context = live.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(base, 0, 0);
  if (piece) {
    within(context, since(shape));
    context.drawImage(piece, 0, 0, scene().width, scene().height);
  } else drawSprite(context, shape, placement(shape), sprite);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(above, 0, 0);
  live.hidden = false;
  follow(shape);
}

// The outlines of a moving object go with it.
function follow(shape) {
  const path = svg.querySelector('.shape[data-index="' + shape.index + '"]');
  path?.setAttribute("transform", "matrix(" + since(shape) + ")");
  path?.classList.add("lifted");
  svg.querySelector(".cloud")?.remove();
  if (!shape.picked) return;
  for (const whole of svg.querySelectorAll(".whole, .grip")) {
    whole.setAttribute("transform", "matrix(" + matrix(shape) + ")");
    whole.classList.add("away");
  }
}

// The object stays where it is; tell Python, unless it is where it was.
function drop() {
  const { shape, start } = lifted;
  const place = placement(shape);
  if (frameAsked) paint();
  lifted = null;
  const same = ["dx", "dy", "scale"].every((name) => place[name] === start[name]);
  if (same) return idle() && settle();
  send("place", [], { index: shape.index, dx: place.dx, dy: place.dy, scale: place.scale });
}

// Back to where it was before the drag.
function cancelLift() {
  if (!lifted) return;
  moved.set(lifted.shape.index, lifted.start);
  lifted = null;
  if (idle()) settle();
  else drawOutlines();
}

document.addEventListener("amodal-deleting", vanish);

// Python's picture is the one to show.
function settle() {
  if (lifted) return;
  moved.clear();
  if (!live.hidden) {
    const hide = () => {
      if (!lifted && idle()) live.hidden = true;
    };
    image.decode().then(hide, hide);
  }
  if (scene().photo) drawOutlines();
}
