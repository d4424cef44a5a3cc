// A button with a small menu below it: arrow keys, Escape, a press elsewhere closes it.
import { el } from "./dom.js";

/** menu("Export", {title}, () => [["WebVTT", onpress], …]); entries without a function are struck out. */
export function menu(label, props, entries) {
  const list = el("div.sk-menu-list", { role: "menu", hidden: true });
  const button = el("button.sk-button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", ...props }, label);
  const node = el("div.sk-menu", {}, button, list);
  const items = () => [...list.querySelectorAll("button:not([disabled])")];
  const fill = () =>
    list.replaceChildren(
      ...entries().map(([text, run]) =>
        el("button", { type: "button", role: "menuitem", disabled: !run, onclick: () => { toggle(false); run(); } }, text),
      ),
    );
  const toggle = (open, back = true) => {
    if (open === !list.hidden) return;
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      fill();
      list.classList.toggle("sk-up", button.getBoundingClientRect().bottom + list.offsetHeight > innerHeight - 8);
      items()[0]?.focus();
    } else if (back) button.focus();
  };
  button.addEventListener("click", () => toggle(list.hidden));
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) toggle(false, false);
  });
  node.addEventListener("keydown", (event) => {
    const at = items().indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && !list.hidden) toggle(false);
    else if (step && list.hidden && document.activeElement === button) toggle(true);
    else if (step && at >= 0) items().at((at + step) % items().length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  /** The entries have changed: an open list shows the new ones. */
  node.refresh = () => {
    if (list.hidden) return;
    const held = list.contains(document.activeElement) || document.activeElement === button;
    fill();
    if (held) items()[0]?.focus();
  };
  return node;
}
