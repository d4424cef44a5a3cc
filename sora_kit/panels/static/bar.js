// The top bar: what runs where. Facts only; it has no buttons.
//
// In Voilà it also asks its kernel for a sign of life: nobody else tells a visitor that the studio has
// ended, and what the page shows would be taken for the present. A notebook has its own kernel status,
// and a cell that runs for a minute is no loss.
import { el } from "./dom.js";

const BEAT = 10_000; // ms between two questions
const MISSED = 2; // so many without an answer in a row mean that nobody is there

/** A number that stands for this browser on this page, made up once. */
function whoami() {
  const name = "sora-kit visitor";
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const kept = window.localStorage.getItem(name) ?? made;
    window.localStorage.setItem(name, kept);
    return kept;
  } catch {
    return made; // a browser that keeps nothing shows only what was made since the page was opened
  }
}

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-bar-top");
  const lost = el(
    "div.sk-notice.sk-warn.sk-lost",
    { role: "alert" },
    el("b", {}, "Connection lost"),
    "Start ",
    el("code", {}, "sora-kit studio"),
    " again, then reload this page.",
  );
  let missed = 0;
  const draw = () => {
    const gone = missed >= MISSED;
    const { workspace, folder, backend, preview, work, api } = model.get("facts");
    const parts = [
      el("h1.sk-name", {}, "sora", el("em", {}, "_"), "kit"),
      el("span.sk-chip", { title: folder }, "Workspace", el("b", {}, workspace)),
      el("span.sk-chip", {}, el("i.sk-dot", { "aria-hidden": "true" }), "Backend", el("b", {}, backend), preview ? el("span", {}, preview) : null),
      el("span.sk-gap"),
      el("span.sk-chip", { role: "status" }, el("b", {}, gone ? "Not connected" : work)),
      api ? el("span.sk-chip", { title: "Address of the API" }, "API", el("b", {}, api)) : null,
      gone ? lost : null,
    ];
    root.replaceChildren(...parts.filter(Boolean)); // a null would be written out
  };
  // Voilà's page has an empty icon; anywhere else the host's own is left alone.
  const icon = document.body.dataset.voila ? document.querySelector("link[rel=icon]") : null;
  if (icon) {
    const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#e2571e"/><path d="M12 9v14l12-7z" fill="#fff"/></svg>`;
    icon.href = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  }
  model.on("change:facts", draw);
  draw();
  model.send({ do: "hello" }); // the page may have been made long before somebody opened it
  if (model.get("asks_who")) model.send({ do: "visit", visitor: whoami() });
  if (!document.body.dataset.voila) return;
  const count = (number) => {
    const change = number >= MISSED !== missed >= MISSED;
    missed = number;
    if (change) draw();
  };
  let waiting = false;
  const heard = (message) => {
    if (!message.alive) return;
    waiting = false;
    count(0);
  };
  const beat = setInterval(() => {
    if (waiting) count(missed + 1);
    waiting = true;
    try {
      model.send({ do: "beat" });
    } catch {
      count(MISSED); // the connection itself knows that it is closed
    }
  }, BEAT);
  model.on("msg:custom", heard);
  return () => {
    clearInterval(beat);
    model.off("msg:custom", heard);
  };
}

export default { render };
