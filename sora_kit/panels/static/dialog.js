// One dialog at a time, in the browser's own top layer: it traps the focus, Escape closes it, and the
// focus goes back to where it came from. It closes when the kernel says that all went well.
import { el, notice } from "./dom.js";

/** dialogs(root): `open({title, body, actions, wide, onclose})`, `fault(error)`, `close()`.
 *
 * An action is {label, tone, run}: `run` returns true to wait for the kernel's answer, else it closes.
 */
export function dialogs(root) {
  let now = null;
  const close = () => now?.node.close();
  const open = ({ title, body, actions = [], wide = false, onclose = () => {} }) => {
    close();
    const place = el("div.sk-fault", { hidden: true });
    const form = el("form", { method: "dialog" });
    const node = el(`dialog.sk-dialog${wide ? ".sk-wide" : ""}`, { "aria-label": title }, form);
    const back = document.activeElement;
    const buttons = actions.map(({ label, tone = "", run }, number) => {
      const press = () => {
        place.hidden = true;
        if (!run()) return node.close();
        for (const button of buttons) button.disabled = true;
      };
      const button = el(`button.sk-button${tone ? `.${tone}` : ""}`, { type: number ? "button" : "submit" }, label);
      if (number) button.addEventListener("click", press);
      else form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!button.disabled) press();
      });
      return button;
    });
    const leave = el("button.sk-button", { type: "button", onclick: () => node.close() }, actions.length ? "Cancel" : "Close");
    form.append(el("h2", {}, title), el("div.sk-dialog-body", {}, body), place, el("div.sk-dialog-foot", {}, leave, ...buttons.reverse()));
    buttons.reverse();
    node.addEventListener("close", () => {
      node.remove();
      if (now?.node === node) now = null;
      onclose();
      if (back?.isConnected) back.focus();
    });
    now = {
      node,
      fault(error) {
        place.replaceChildren(notice(error));
        place.hidden = false;
        for (const button of buttons) button.disabled = false;
      },
    };
    root.append(node);
    node.showModal();
    (form.querySelector("[data-first]") ?? buttons[0] ?? leave).focus();
    return node;
  };
  return {
    open,
    close,
    get shown() {
      return now !== null;
    },
    fault: (error) => now?.fault(error),
  };
}
