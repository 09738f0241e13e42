// What screen readers are told about the controls beside this element. ipywidgets draws a slider's name next to it but
// does not tie the two together, and shows which button is pressed by its colour alone. This element ties and tells,
// keeps the keys for them, and reads out what the picture shows whenever that changes.

function tie(box) {
  for (const slider of box.querySelectorAll(".widget-slider")) {
    const name = slider.querySelector(".widget-label")?.textContent.trim();
    const handle = slider.querySelector("[role=slider]");
    const number = slider.querySelector(".widget-readout");
    if (handle && name) put(handle, { "aria-label": name });
    if (number && name) put(number, { role: "textbox", tabindex: "0", "aria-label": `${name}, as a number` });
  }
  for (const choice of box.querySelectorAll(".widget-toggle-buttons")) {
    const buttons = [...choice.querySelectorAll("button")];
    const name = choice.querySelector(".widget-label")?.textContent.trim();
    if (buttons.length && name) put(buttons[0].parentElement, { role: "group", "aria-label": name });
    for (const button of buttons) put(button, { "aria-pressed": String(button.classList.contains("mod-active")) });
  }
  // Else JupyterLab takes the arrow keys, to go to the next cell. It asks the focused element itself, no other.
  for (const control of box.querySelectorAll("[role=slider], button, input, select")) {
    put(control, { "data-lm-suppress-shortcuts": "true" });
  }
  for (const label of box.querySelectorAll("[title=null]")) label.removeAttribute("title");
}

function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

function render({ model, el }) {
  el.classList.add("course-voice");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.lang = "en";
  el.append(said);
  const say = () => (said.textContent = model.get("said"));
  model.on("change:said", say);

  let watcher = null;
  const begin = requestAnimationFrame(() => {
    const box = el.closest(".widget-vbox"); // known only once this element is on the page
    if (!box) return;
    box.classList.add("course-voiced");
    watcher = new MutationObserver(() => tie(box));
    watcher.observe(box, { subtree: true, childList: true, attributeFilter: ["class"] });
    tie(box);
  });
  return () => {
    cancelAnimationFrame(begin);
    watcher?.disconnect();
    model.off("change:said", say);
  };
}

export default { render };
