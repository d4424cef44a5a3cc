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
  model.on("change:facts", draw);
  draw();
  model.send({ do: "hello" }); // the page may have been made long before somebody opened it
}

export default { render };
