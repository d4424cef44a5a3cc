// A card whose frame is drawn once and whose moving parts are filled in.
//
// `html` replaces the whole card; it changes only when the card becomes something else, so a playing
// video or a focused button is left alone. `part_NAME` replaces the inside of one `data-part` element and
// of nothing else, for cards that hold many clips. `live` fills `data-live` elements: text, or the width of a
// bar. Clicks on `data-action` go to Python as a message. A secret comes back as a message, never as a
// trait: traits may be saved with the notebook.

const placed = new WeakMap(); // element → the HTML that was put into it

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

function place(el, model) {
  for (const node of el.querySelectorAll("[data-part]")) {
    const html = model.get(`part_${node.dataset.part}`);
    if (html === undefined || placed.get(node) === html) continue;
    placed.set(node, html);
    node.innerHTML = html;
  }
  fill(el, model.get("live"));
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

// A clip that came by message, where no address of it can be reached.
function play(el, mime, data) {
  const frame = el.querySelector(".sk-frame");
  const before = frame?.querySelector("video, img");
  if (!before) return;
  const video = document.createElement("video");
  Object.assign(video, { controls: true, loop: true, playsInline: true });
  video.poster = before.poster || before.src;
  video.src = URL.createObjectURL(new Blob([data], { type: mime }));
  before.replaceWith(video);
  for (const node of el.querySelectorAll("[data-out-of-reach]")) node.hidden = true;
  video.play().catch(() => {}); // some browsers want a press on the player itself
}

// `error` does not bubble, but it can be caught on its way down.
function lost(event) {
  if (event.target.tagName !== "VIDEO") return;
  for (const node of event.currentTarget.querySelectorAll("[data-out-of-reach]")) node.hidden = false;
}

function render({ model, el }) {
  el.classList.add("sora-kit");

  const draw = () => { el.innerHTML = model.get("html"); place(el, model); };
  const update = () => fill(el, model.get("live"));
  const refill = () => place(el, model);
  const parts = (model.get("parts") ?? []).map((name) => `change:part_${name}`);

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

  const receive = (message, buffers) => {
    if (message.media) play(el, message.media, buffers[0]);
    for (const [name, text] of Object.entries(message.secrets ?? {})) {
      for (const node of el.querySelectorAll(`[data-reveal="${CSS.escape(name)}"]`)) node.textContent = text;
      for (const node of el.querySelectorAll(`[data-after-reveal="${CSS.escape(name)}"]`)) node.hidden = false;
      for (const node of el.querySelectorAll(`[data-before-reveal="${CSS.escape(name)}"]`)) node.hidden = true;
    }
  };

  draw();
  el.addEventListener("click", click);
  el.addEventListener("error", lost, true);
  model.on("change:html", draw);
  model.on("change:live", update);
  for (const name of parts) model.on(name, refill);
  model.on("msg:custom", receive);
  return () => {
    el.removeEventListener("click", click);
    el.removeEventListener("error", lost, true);
    model.off("change:html", draw);
    model.off("change:live", update);
    for (const name of parts) model.off(name, refill);
    model.off("msg:custom", receive);
  };
}

export default { render };
