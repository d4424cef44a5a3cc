// Tabs that switch without asking the kernel, which may be busy: the chosen number goes to the
// surrounding `.sk-right` as `data-tab`, and the stylesheet shows the pane of that number.
import { el } from "./dom.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-tabs");
  const list = el("div.sk-tablist", { role: "tablist", "aria-label": "Views" });
  root.append(list);
  let chosen = 0;
  const panes = () => [...(root.closest(".sk-right")?.querySelectorAll(":scope > .sk-pane") ?? [])];
  const choose = (index, focus = false) => {
    chosen = index;
    const home = root.closest(".sk-right");
    if (home) home.dataset.tab = String(index);
    [...list.children].forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === index));
      tab.tabIndex = i === index ? 0 : -1;
      if (focus && i === index) tab.focus();
    });
    panes().forEach((pane, i) => {
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-label", model.get("titles")[i] ?? "");
    });
  };
  const draw = () => {
    const counts = model.get("counts");
    const titles = model.get("titles");
    if (list.children.length !== titles.length) {
      list.replaceChildren(
        ...titles.map((title, i) =>
          el("button", { type: "button", role: "tab", onclick: () => choose(i) }, title, el("span.sk-count")),
        ),
      );
      choose(Math.min(chosen, titles.length - 1));
    }
    [...list.children].forEach((tab, i) => {
      tab.lastChild.textContent = counts[i] > 0 ? counts[i].toLocaleString("en") : "";
    });
  };
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    choose((chosen + step + list.children.length) % list.children.length, true);
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:counts change:titles", draw);
  draw();
  // The panes are siblings that the page may attach after this view.
  requestAnimationFrame(() => choose(chosen));
}

export default { render };
