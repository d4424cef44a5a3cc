// The top bar: what runs where. Facts only; it has no buttons.
import { el } from "./dom.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-bar-top");
  const draw = () => {
    const { workspace, folder, backend, preview, work, api } = model.get("facts");
    root.replaceChildren(
      el("h1.sk-name", {}, "sora", el("em", {}, "_"), "kit"),
      el("span.sk-chip", { title: folder }, "Workspace", el("b", {}, workspace)),
      el("span.sk-chip", {}, el("i.sk-dot", { "aria-hidden": "true" }), "Backend", el("b", {}, backend), preview ? el("span", {}, preview) : null),
      el("span.sk-gap"),
      el("span.sk-chip", { role: "status" }, el("b", {}, work)),
      api ? el("span.sk-chip", { title: "Address of the API" }, "API", el("b", {}, api)) : null,
    );
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
}

export default { render };
