// What the user did goes to Python one after the other: each answer may change what the next means.
const outbox = [];
const PATIENCE = 60000; // milliseconds; an answer that hasn't come by then won't
let sent = 0; // when the gesture was sent that has no answer yet
const idle = () => !sent && !outbox.length;

function send(kind, points, more) {
  // reach: what a finger covers, in image pixels. Python looks that far for a small object.
  const gesture = { kind, points, reach: 12 / scale(), ...more };
  const last = outbox[outbox.length - 1];
  // Only the last place of an object counts.
  if (kind === "place" && last?.kind === "place" && last.index === gesture.index) outbox.pop();
  outbox.push(gesture);
  post();
}

function post() {
  if (!outbox.length || (sent && Date.now() - sent < PATIENCE)) return;
  sent = Date.now();
  trigger("gesture", outbox.shift());
}

let asking = 0;

// Ask for cut-outs that fit, once the user rests for a moment.
function askForKit() {
  clearTimeout(asking);
  if (!scene().photo || !scene().stale) return;
  asking = setTimeout(() => {
    if (idle() && !gesture) trigger("lift", {});
    else askForKit();
  }, 200);
}

document.addEventListener("amodal-answered", () => {
  sent = 0;
  if (outbox.length) post();
  else settle();
});
