// A card whose frame is drawn once and whose moving parts are filled in.
//
// `html` replaces the whole card; it changes only when the card becomes something else, so a playing
// video or a focused button is left alone. `live` fills `data-live` elements: text, or the width of a
// bar. Clicks on `data-action` go to Python as a message. A secret comes back as a message, never as a
// trait: traits may be saved with the notebook.

function fill(el, live) {
  for (const [name, value] of Object.entries(live)) {
    for (const node of el.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) {
      if (node.parentElement?.getAttribute("role") === "progressbar") {
        node.style.width = `${value}%`;
        node.parentElement.setAttribute("aria-valuenow", value);
      } else if (node.textContent !== String(value)) {
        node.textContent = value;
      }
    }
  }
}

async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy"; // no clipboard on plain http from another machine
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}

function render({ model, el }) {
  el.classList.add("sora-kit");

  const draw = () => { el.innerHTML = model.get("html"); fill(el, model.get("live")); };
  const update = () => fill(el, model.get("live"));

  const click = (event) => {
    const button = event.target.closest("button");
    if (!button || !el.contains(button)) return;
    if (button.dataset.copy) {
      const source = el.querySelector(`[data-name="${CSS.escape(button.dataset.copy)}"]`);
      if (source) copy(button, source.textContent);
    } else if (button.dataset.action) {
      if (button.dataset.busy) { button.disabled = true; button.textContent = button.dataset.busy; }
      model.send({ action: button.dataset.action });
    }
  };

  const receive = (message) => {
    for (const [name, text] of Object.entries(message.secrets ?? {})) {
      for (const node of el.querySelectorAll(`[data-reveal="${CSS.escape(name)}"]`)) node.textContent = text;
      for (const node of el.querySelectorAll(`[data-after-reveal="${CSS.escape(name)}"]`)) node.hidden = false;
      for (const node of el.querySelectorAll(`[data-before-reveal="${CSS.escape(name)}"]`)) node.hidden = true;
    }
  };

  draw();
  el.addEventListener("click", click);
  model.on("change:html", draw);
  model.on("change:live", update);
  model.on("msg:custom", receive);
  return () => {
    el.removeEventListener("click", click);
    model.off("change:html", draw);
    model.off("change:live", update);
    model.off("msg:custom", receive);
  };
}

export default { render };
