// The style grid: ten small pictures and "none". The kernel writes the choice into the prompt's text and
// tells back which tag the text has, so grid and text cannot disagree.
import { el } from "./dom.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-styles");
  const hint = el("span.sk-faint");
  const grid = el("div.sk-looks", { role: "group", "aria-label": "Style" });
  const tiles = new Map();
  for (const { id, label, about } of model.get("looks")) {
    const picture = el("img", { alt: "", loading: "lazy", decoding: "async", draggable: "false" });
    const tile = el(
      "button.sk-look",
      { type: "button", title: about, onclick: () => model.send({ do: "choose", style: id }) },
      picture,
      el("span", {}, label),
    );
    tiles.set(id, { tile, picture });
    grid.append(tile);
  }
  const mark = () => {
    for (const [id, { tile }] of tiles) tile.setAttribute("aria-pressed", String(id === model.get("chosen")));
  };
  const draw = () => {
    const pictures = model.get("pictures");
    for (const [id, { picture }] of tiles) if (pictures[id] && picture.src !== pictures[id]) picture.src = pictures[id];
    hint.textContent = model.get("hint");
  };
  root.append(el("div.sk-row", {}, el("span.sk-label", {}, "Style"), hint), grid);
  model.on("change:chosen", mark);
  model.on("change:pictures change:hint", draw);
  model.on("msg:custom", ({ drawn }) => {
    for (const [id, src] of Object.entries(drawn ?? {})) tiles.get(id)?.picture.setAttribute("src", src);
  });
  mark();
  draw();
}

export default { render };
