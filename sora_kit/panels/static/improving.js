// A better prompt: asked for with one press, shown beside the old one, taken or left.
import { el, say } from "./dom.js";

const DEGREES = [["short", "A little"], ["medium", "More"], ["long", "All of it"]];

const PIECE = /[\p{L}\p{N}'’-]+\s*|[^\p{L}\p{N}\s]\s*|\s+/gu; // a word or a mark, with the space behind it

/** Words that two texts share, as two lists of [text, shared]; longest common run of words. */
export function sidesOf(before, after) {
  const a = before.match(PIECE) ?? [];
  const b = after.match(PIECE) ?? [];
  const same = (i, j) => a[i].trim().toLowerCase() === b[j].trim().toLowerCase();
  if (a.length * b.length > 4e6) return [a.map((word) => [word, false]), b.map((word) => [word, false])];
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      longest[at] = same(i, j) ? longest[at + width + 1] + 1 : Math.max(longest[at + width], longest[at + 1]);
    }
  }
  const left = a.map((word) => [word, false]);
  const right = b.map((word) => [word, false]);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (same(i, j)) left[i++][1] = right[j++][1] = true;
    else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i++;
    else j++;
  }
  return [left, right];
}

/** Pieces of text as nodes; what is not shared is marked, neighbours together. */
function marked(pieces, tag) {
  const nodes = [];
  for (const [word, shared] of pieces) {
    const last = nodes.at(-1);
    if (last && last.shared === shared) last.text += word;
    else nodes.push({ text: word, shared });
  }
  return nodes.map(({ text, shared }) => (shared ? text : el(tag, {}, text)));
}

/** improving(model, root, flush): the button, the link that takes it back, and the two sides. */
export function improving(model, root, flush) {
  const ask = (level) => {
    flush(); // the words as they are now
    model.send({ do: "improve", level });
  };
  const button = el("button.sk-button", { type: "button", title: "Write the details that were left out", onclick: () => ask("medium") }, "✦ Improve prompt");
  const back = el("button.sk-button", { type: "button", hidden: true, onclick: () => model.send({ do: "back" }) }, "Undo");

  const old = el("div.sk-side-text");
  const fresh = el("div.sk-side-text");
  const degrees = el("div.sk-segments", { role: "group", "aria-label": "How much" });
  for (const [level, label] of DEGREES) degrees.append(el("button", { type: "button", "data-level": level, onclick: () => ask(level) }, label));
  const take = el("button.sk-button.sk-primary", { type: "button", onclick: () => answer("take") }, "Use the new one");
  const dialog = el(
    "dialog.sk-improved",
    { "aria-label": "A better prompt" },
    el("div.sk-row", {}, el("h2", {}, "A better prompt"), degrees),
    el("div.sk-two", {}, el("section", {}, el("span.sk-label", {}, "Yours"), old), el("section", {}, el("span.sk-label", {}, "New"), fresh)),
    el("div.sk-foot-row", {}, el("button.sk-button", { type: "button", onclick: () => answer("keep") }, "Keep mine"), take),
  );
  let answered = false;
  const answer = (what) => {
    answered = true;
    model.send({ do: what });
    dialog.close();
  };
  dialog.addEventListener("close", () => {
    if (!answered && model.get("improved").state !== "taken") model.send({ do: "keep" }); // Escape
    button.focus();
  });
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  root.append(dialog);

  const draw = () => {
    const { state, level, old: before = "", new: after = "" } = model.get("improved");
    button.disabled = take.disabled = state === "going";
    say(button, state === "going" ? "Improving…" : "✦ Improve prompt");
    back.hidden = state !== "taken" || model.get("text") !== after;
    for (const one of degrees.children) {
      one.setAttribute("aria-pressed", String(one.dataset.level === level));
      one.disabled = state === "going";
    }
    if (state !== "done") return;
    const [left, right] = sidesOf(before, after);
    old.replaceChildren(...marked(left, "del"));
    fresh.replaceChildren(...marked(right, "ins"));
    answered = false;
    if (!dialog.open) dialog.showModal();
    take.focus();
  };
  model.on("change:improved change:text", draw);
  draw();
  return { button, back };
}
