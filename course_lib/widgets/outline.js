// A slice to draw an outline on: mouse, pen, finger or keyboard. State shared with Python: points [[x, y], …] in pixels
// of the slice, the centre of its upper left pixel being (0, 0), and closed. A closed outline stays until the next point.

const NEAR = 3; // pixels of the slice: a click so near to the first point closes the outline
const APART = 1.2; // pixels between two points of a line that is drawn in one go
const HELP =
  "Mouse, pen or finger: draw round the tumour in one go, or set points with clicks and click the first one again. " +
  "Keyboard: go to the picture with Tab; arrow keys move the cross (with Shift by 5), Space or Enter sets a point, " +
  "Backspace takes the last one back, C closes, Escape clears.";

function element(parent, tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

function render({ model, el }) {
  const [width, height] = [model.get("width"), model.get("height")];
  el.classList.add("course-outline");
  const ours = { "data-lm-suppress-shortcuts": "true" }; // else C copies the notebook's cell, and arrows leave it
  const help = element(el, "p", { id: `course-outline-help-${Math.random().toString(36).slice(2)}` }, HELP);
  const canvas = element(el, "canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": model.get("alt"),
    "aria-describedby": help.id,
    ...ours,
  });
  const tools = element(el, "div", { class: "course-outline-tools" });
  const buttons = {
    close: element(tools, "button", { type: "button", ...ours }, "Close (C)"),
    undo: element(tools, "button", { type: "button", ...ours }, "Undo (Backspace)"),
    clear: element(tools, "button", { type: "button", ...ours }, "Clear (Esc)"),
  };
  const said = element(el, "p", { role: "status", "aria-live": "polite" });

  const scale = Math.max(2, Math.round(512 / width));
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = canvas.getContext("2d");
  const picture = new Image();
  const cursor = { x: Math.floor(width / 2), y: Math.floor(height / 2) };
  let stroke = null; // while a button or finger is down: where it went down, and whether it has moved

  const points = () => model.get("points");
  const closed = () => model.get("closed");

  function set(next, isClosed = false) {
    model.set("points", next);
    model.set("closed", isClosed);
    if (!stroke) model.save_changes(); // a line drawn in one go is sent when it is done
    draw();
  }

  function add(x, y) {
    const before = closed() ? [] : points();
    set([...before, [x, y].map((value) => Math.round(value * 100) / 100)]);
  }

  function close() {
    if (closed()) return;
    if (points().length < 3) say("An outline needs three points at least.");
    else set(points(), true);
  }

  function undo() {
    if (points().length) set(points().slice(0, -1));
  }

  function say(text) {
    said.textContent = text;
  }

  function onCanvas([x, y]) {
    return [(x + 0.5) * scale, (y + 0.5) * scale];
  }

  function fromEvent(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width - 0.5;
    const y = ((event.clientY - box.top) / box.height) * height - 0.5;
    return [Math.min(Math.max(x, -0.5), width - 0.5), Math.min(Math.max(y, -0.5), height - 0.5)];
  }

  function draw() {
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (picture.complete && picture.naturalWidth) pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const line = points().map(onCanvas);
    for (const [colour, thick] of [["black", 4.5], ["#CC79A7", 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.setLineDash([]);
      pen.beginPath();
      line.forEach(([x, y]) => pen.lineTo(x, y));
      if (closed()) pen.closePath();
      pen.stroke();
    }
    if (!closed() && line.length) {
      pen.fillStyle = "#CC79A7";
      line.forEach(([x, y]) => pen.fillRect(x - 2, y - 2, 4, 4));
      pen.strokeRect(line[0][0] - 6, line[0][1] - 6, 12, 12);
    }
    if (document.activeElement === canvas) drawCross();
    buttons.close.disabled = closed() || line.length < 3;
    buttons.undo.disabled = buttons.clear.disabled = line.length === 0;
    const count = `${line.length} point${line.length === 1 ? "" : "s"}`;
    say(
      closed()
        ? `Outline of ${count} closed and scored. The next point begins another attempt.`
        : `${count}. Cross at column ${cursor.x}, row ${cursor.y} of ${width} × ${height}.`,
    );
  }

  function drawCross() {
    const [x, y] = onCanvas([cursor.x, cursor.y]);
    for (const [colour, thick] of [["black", 3.5], ["#56B4E9", 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(x + 3 * dx, y + 3 * dy);
        pen.lineTo(x + 12 * dx, y + 12 * dy);
      }
      pen.stroke();
    }
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = fromEvent(event);
    const first = points()[0];
    if (!closed() && points().length >= 3 && Math.hypot(first[0] - x, first[1] - y) <= NEAR) return close();
    stroke = { moved: false };
    [cursor.x, cursor.y] = [Math.round(x), Math.round(y)];
    add(x, y);
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const [x, y] = fromEvent(event);
    const last = points().at(-1);
    if (!last || Math.hypot(last[0] - x, last[1] - y) < APART) return;
    stroke.moved = true;
    add(x, y);
  });

  for (const over of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(over, () => {
      if (!stroke) return;
      const isOutline = over === "pointerup" && stroke.moved && points().length >= 8;
      stroke = null;
      set(points(), isOutline);
    });
  }

  const keys = {
    ArrowLeft: (step) => (cursor.x = Math.max(0, cursor.x - step)),
    ArrowRight: (step) => (cursor.x = Math.min(width - 1, cursor.x + step)),
    ArrowUp: (step) => (cursor.y = Math.max(0, cursor.y - step)),
    ArrowDown: (step) => (cursor.y = Math.min(height - 1, cursor.y + step)),
    " ": () => add(cursor.x, cursor.y),
    Enter: () => add(cursor.x, cursor.y),
    Backspace: undo,
    Escape: () => set([]),
    c: close,
    C: close,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key](event.shiftKey ? 5 : 1);
    const tooFew = (event.key === "c" || event.key === "C") && points().length < 3;
    if (!tooFew) draw();
  });
  for (const change of ["focus", "blur"]) canvas.addEventListener(change, draw);
  buttons.close.addEventListener("click", close);
  buttons.undo.addEventListener("click", undo);
  buttons.clear.addEventListener("click", () => set([]));

  picture.addEventListener("load", draw);
  picture.src = model.get("image");
  const names = ["change:points", "change:closed"];
  names.forEach((name) => model.on(name, draw));
  draw();
  return () => names.forEach((name) => model.off(name, draw));
}

export default { render };
