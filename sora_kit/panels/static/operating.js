// What the cards of the Server tab share: what came of the last press, a secret that is shown once, a button
// that wants to be pressed twice, and a look every few seconds while somebody sees it.
import { el, say, copy, flash, notice, refreshTimes } from "./dom.js";

const LOOK = 3000; // ms between two looks

/** What came of the last press: the places `fault` and `said`, and `tell` that fills them from `status`. */
export function outcome(model) {
  const said = el("div.sk-said", { role: "status" });
  const fault = el("div.sk-fault");
  const tell = () => {
    const { said: words = "", error = null } = model.get("status");
    say(said, words);
    said.hidden = !words;
    fault.replaceChildren(...(error ? [notice(error)] : []));
    fault.hidden = !error;
  };
  return { said, fault, tell };
}

export function copyButton(text, label) {
  const button = el("button.sk-button.sk-small", { type: "button", "aria-label": label, onclick: () => copy(text()).then(() => flash(button, "Copied")) }, "Copy");
  return button;
}

/** A button whose second press within three seconds means it. */
export function sureButton(word, label, run) {
  const button = el("button.sk-button.sk-small", { type: "button", "aria-label": label, onclick: () => {
    if (button.dataset.sure) return run();
    button.dataset.sure = "1";
    flash(button, `${word}?`, 3000, () => delete button.dataset.sure);
  } }, word);
  return button;
}

/** A place for a secret: `show(what, secret, label)` until Done is pressed, which goes back to `field`. */
export function shownOnce(field) {
  const node = el("div.sk-fresh", { role: "status", hidden: true });
  const show = (what, secret, label) => {
    const done = el("button.sk-button.sk-small", { type: "button", onclick: () => {
      node.replaceChildren();
      node.hidden = true;
      field.focus();
    } }, "Done");
    node.replaceChildren(
      el("b", {}, `${what}. It is shown this once; keep it now.`),
      el("div.sk-row", {}, el("code.sk-secret", {}, secret), copyButton(() => secret, label), done),
    );
    node.hidden = false;
  };
  return { node, show };
}

/** Ask the kernel how things stand, one question at a time, while somebody looks; gives what ends it. */
export function looking(model, root) {
  let due = true;
  const hear = (message) => {
    if (message.looked) due = true;
  };
  model.on("msg:custom", hear);
  const clock = setInterval(() => {
    refreshTimes(root);
    if (!due || root.offsetParent === null || document.hidden) return;
    due = false;
    model.send({ do: "look" });
  }, LOOK);
  return () => {
    clearInterval(clock);
    model.off("msg:custom", hear);
  };
}
