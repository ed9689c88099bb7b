// The keyboard. Everything that a pointer can do on the stage, but for drawing freely.
const COMMANDS = { Delete: "delete", Backspace: "delete", "[": "send_back", "]": "bring_forward" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function command(event) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  return picked() ? COMMANDS[event.key] : null; // the others need a selected object
}

// One nudge after the other is one move: its size follows from where it began.
let nudging = null;

function nudge(shape, [right, down]) {
  if (!lifted) lift(shape);
  const place = placement(shape);
  nudging = nudging || { ...place };
  const dy = place.dy + down;
  carry({ dx: place.dx + right, dy, scale: grown(shape, nudging, dy) });
  clearTimeout(wheeling);
  wheeling = setTimeout(() => {
    wheeling = nudging = null;
    if (lifted) drop();
  }, 300);
}

function press(event) {
  const key = event.key;
  const index = event.target.dataset?.index;
  const enter = key === "Enter" || key === " ";
  const arrow = ARROWS[key];
  const asked = command(event);
  const step = event.shiftKey ? 10 : 1;
  if (asked && event.repeat) return true;
  if (asked === "delete") vanish();
  if (asked) return send("command", [], { command: asked });
  if (event.ctrlKey || event.metaKey) return false;
  if (key.toLowerCase() === "c") return compare(true);
  if (index !== undefined && enter) return send("pick", [], { index: Number(index) });
  if (event.target === svg && marks() && arrow) return moveCross(arrow, event.shiftKey);
  if (event.target === svg && marks() && cross && enter) return send("click", [cross], { off: event.altKey });
  if (scene().tool !== "pick") return false;
  if (arrow && picked()) return nudge(picked(), [arrow[0] * step, arrow[1] * step]);
  if ((key === "+" || key === "=") && picked()) return rescale(picked(), 1.05);
  if (key === "-" && picked()) return rescale(picked(), 1 / 1.05);
  return false;
}

element.addEventListener("keydown", (event) => {
  if (!scene().photo || bar.contains(event.target)) return;
  if (event.key === "Escape") return stop();
  if (event.key === " ") spaceHeld = true;
  if (press(event) !== false || event.key === " ") event.preventDefault();
});
element.addEventListener("keyup", (event) => {
  if (event.key === " ") spaceHeld = false;
  if (event.key.toLowerCase() === "c") compare(false);
});
// Space pans wherever the focus is, as long as the pointer is over the picture.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !svg.matches(":hover") || event.target.closest("input, textarea, button, [role=button]")) return;
  spaceHeld = true;
  event.preventDefault();
});
document.addEventListener("keyup", (event) => event.key === " " && (spaceHeld = false));

element.tabIndex = -1; // keeps the keys when the object that had them is gone
watch("value", draw);
draw();
