// Charts: the kernel draws, the page shows. A drawing is HTML that the kernel made of its own tags, where
// all words of users are escaped; it is parsed in a document of its own, in which nothing runs.
import { el, faults, codeButton } from "./dom.js";
import { asking, choices } from "./asking.js";

const LOOK = 10_000; // ms between two looks for news

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-charts");
  const asked = { kind: "requests", period: "day" };
  let mark = "";
  let code = "";
  const place = el("div.sk-place", { "aria-live": "polite" }, el("p.sk-muted", {}, "Drawing…"));
  const trouble = faults();
  const kernel = asking(model, root, (answer) => {
    if (!answer.figure) return;
    mark = answer.mark;
    code = answer.code;
    const unfolded = place.querySelector("details")?.open;
    const made = new DOMParser().parseFromString(answer.figure, "text/html");
    place.replaceChildren(...[...made.body.childNodes].map((node) => document.importNode(node, true)));
    if (unfolded) place.querySelector("details")?.setAttribute("open", "");
  });
  const draw = () => kernel.ask({ do: "draw", seen: mark, ...asked });
  const change = (part) => {
    Object.assign(asked, part);
    mark = "";
    draw();
  };
  root.append(
    el(
      "section.sk-card",
      { "aria-label": "Charts" },
      el(
        "div.sk-filters",
        {},
        choices("Chart", model.get("kinds").map(({ id, label }) => [id, label]), asked.kind, (kind) => change({ kind })),
        el("span.sk-gap"),
        choices("Time", [["hour", "Hour"], ["day", "Day"], ["week", "Week"], ["all", "All"]], asked.period, (period) => change({ period })),
        codeButton(() => code, "this chart"),
      ),
      trouble,
      place,
    ),
  );
  const fault = (message) => {
    if (message.fault) trouble.tell(message.fault);
  };
  model.on("msg:custom", fault);
  let drawn = false; // the first drawing waits until somebody looks
  const clock = setInterval(() => {
    if (!kernel.due() || (drawn && Date.now() < drawn + LOOK)) return;
    drawn = Date.now();
    draw();
  }, 500);
  return () => {
    clearInterval(clock);
    kernel.stop();
    model.off("msg:custom", fault);
  };
}

export default { render };
