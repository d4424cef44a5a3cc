// Questions of one view to its kernel. Every view of a widget hears every answer, so each question carries
// who asks; and nobody asks while the answer to the last question is still to come or nobody looks.

export function asking(model, root, answered) {
  const who = Math.random().toString(36).slice(2);
  let asked = 0;
  const hear = (message) => {
    if (message.to !== who) return;
    asked = 0;
    answered(message);
  };
  model.on("msg:custom", hear);
  return {
    ask(question) {
      asked = Date.now();
      try {
        model.send({ ...question, who });
      } catch {
        // the kernel was shut down: nobody answers
      }
    },
    /** Whether it is worth asking again: no answer is due, and somebody looks. */
    due: () => Date.now() - asked > 15_000 && root.offsetParent !== null && !document.hidden,
    stop: () => model.off("msg:custom", hear),
  };
}

/**
 * A row of choices of which one is on: choices("Period", [["day", "Day"], …], "day", (value) => …).
 * A third entry says why a choice cannot be made; it is then struck through.
 */
export function choices(label, options, chosen, chose) {
  const node = document.createElement("div");
  node.className = "sk-segments";
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", label);
  for (const [value, text, why] of options) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("span"));
    button.firstChild.textContent = text;
    if (why) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-label", `${text}: ${why}`);
      button.dataset.why = why;
    }
    button.setAttribute("aria-pressed", String(value === chosen));
    button.addEventListener("click", () => {
      if (why) return;
      for (const other of node.children) other.setAttribute("aria-pressed", String(other === button));
      chose(value);
    });
    node.append(button);
  }
  return node;
}
