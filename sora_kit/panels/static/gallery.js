// The gallery: one tile per job, newest first, more of them as the page nears its end.
//
// New tiles are inserted beside the others, which stay untouched, so a video that plays never restarts.
// Tiles far from the screen are not laid out (`content-visibility`), so thousands scroll like dozens.
import { el, say, refreshTimes, faults, reachable, codeButton } from "./dom.js";
import { keyed, insertNewestFirst } from "./keyed.js";
import { makeTile } from "./tile.js";

const MOST_SIDES = 4;

/** Text, star and tag: what shall be shown. */
function filters(model, changed) {
  const search = el("input", { type: "search", placeholder: "Search prompts and tags", "aria-label": "Search prompts and tags" });
  const stars = el("button.sk-button", { type: "button", "aria-pressed": "false", title: "Only favourites" }, "★ Favourites");
  const tag = el("select.sk-button", { "aria-label": "Tag" });
  const on = () => stars.getAttribute("aria-pressed") === "true";
  const send = () => {
    model.send({ do: "filter", search: search.value, tag: tag.value, favourite: on() });
    changed();
  };
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, 250);
  });
  search.addEventListener("keydown", (event) => event.stopPropagation());
  stars.addEventListener("click", () => {
    stars.setAttribute("aria-pressed", String(!on()));
    send();
  });
  tag.addEventListener("change", send);
  const offer = () => {
    const tags = model.get("tags");
    const chosen = tag.value;
    const all = chosen && !tags.includes(chosen) ? [...tags, chosen] : tags;
    tag.hidden = !all.length;
    tag.replaceChildren(el("option", { value: "" }, "Tag: any"), ...all.map((name) => el("option", { value: name }, name)));
    tag.value = chosen;
  };
  model.on("change:tags", offer);
  offer();
  return { search, stars, tag, active: () => Boolean(search.value.trim() || tag.value || on()) };
}

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

/** The card that the script of `DataFrame.sora.compare` takes in hand: players, and controls for all. */
function sidesCard({ compare, seconds, shape }) {
  const one = (item) =>
    el(
      "figure.sk-side",
      {},
      el(
        "div.sk-frame",
        { style: `aspect-ratio: ${shape}` },
        item.video
          ? el("video", { src: reachable(item.video), poster: reachable(item.poster), preload: "none", playsinline: true, controls: true })
          : el("img", { src: reachable(item.picture), alt: item.prompt }),
      ),
      el(
        "figcaption",
        {},
        el("span", {}, item.caption),
        item.video ? el("button.sk-button", { type: "button", "data-do": "hear", "aria-pressed": "false", "aria-label": `Sound of ${item.prompt}`, hidden: true }, "Sound") : null,
      ),
    );
  const controls = el(
    "div.sk-transport",
    { hidden: true },
    el("button.sk-button", { type: "button", "data-do": "play" }, "Play"),
    el("input", { type: "range", min: 0, max: seconds, step: 0.1, value: 0, "aria-label": "Position" }),
    el("span", { "data-do": "time" }, `0.0 / ${seconds.toFixed(1)} s`),
    el("select", { "aria-label": "Speed", "data-do": "speed" }, ...SPEEDS.map((speed) => el("option", { value: speed, selected: speed === 1 }, `${speed}×`))),
  );
  return el(
    "div.sk-card.sk-compare",
    { "data-sync": "true" },
    el("div.sk-sides", { style: `--columns: ${compare.length}` }, ...compare.map(one)),
    seconds ? controls : null,
  );
}

/** Two to four results side by side, in step, as in a notebook. */
function sides(model, tiles, root) {
  const chosen = new Set();
  const place = el("section.sk-compared", { "aria-label": "Side by side", hidden: true });
  const button = el("button.sk-button", { type: "button", "aria-pressed": "false", title: "Two to four results side by side" });
  const cancel = el("button.sk-link", { type: "button", hidden: true, onclick: () => choosing(false) }, "Cancel");
  const hint = el("span.sk-faint", { role: "status" });
  let on = false;
  const tell = () => {
    say(button, on && chosen.size > 1 ? `Compare ${chosen.size}` : "Compare");
    button.classList.toggle("sk-primary", on && chosen.size > 1);
    say(hint, !on || chosen.size > 1 ? "" : `Choose ${chosen.size ? "one more" : "two to four"}`);
  };
  const choosing = (now) => {
    on = now;
    for (const id of chosen) tiles.get(id)?.chosen(false);
    chosen.clear();
    root.classList.toggle("sk-choosing", on);
    button.setAttribute("aria-pressed", String(on));
    cancel.hidden = !on;
    tell();
  };
  const choose = (id) => {
    if (chosen.has(id)) chosen.delete(id);
    else if (chosen.size < MOST_SIDES) chosen.add(id);
    tiles.get(id)?.chosen(chosen.has(id));
    tell();
  };
  button.addEventListener("click", () => {
    if (!on) return choosing(true);
    if (chosen.size < 2) return choosing(false);
    model.send({ do: "compare", ids: [...chosen] });
    choosing(false);
  });
  const close = () => {
    place.hidden = true;
    place.replaceChildren();
    button.focus();
  };
  const show = (message) => {
    if (!message.compare) return;
    const card = sidesCard(message);
    const script = el("script", {}, message.sync); // ours, from the package; it looks for such cards
    const shut = el("button.sk-button", { type: "button", onclick: close }, "Close");
    const buttons = el("span.sk-pair", {}, codeButton(() => message.code, "this comparison"), shut);
    place.replaceChildren(el("div.sk-row", {}, el("span.sk-label", {}, "Side by side"), buttons), card, script);
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
    (card.querySelector("[data-do=play]") ?? shut).focus({ preventScroll: true });
  };
  model.on("msg:custom", show);
  tell();
  return { place, button, cancel, hint, choose, drop: (id) => chosen.delete(id) && tell(), stop: () => model.off("msg:custom", show) };
}

export default () => {
  let list;
  return {
    initialize({ model }) {
      list = keyed(model);
    },
    render({ model, el: root }) {
      root.classList.add("sora-kit", "sk-results");
      const tiles = new Map();
      const filter = filters(model, () => say(none, "Nothing matches."));
      const compared = sides(model, tiles, root);
      const tools = el("div.sk-tools", {}, filter.search, filter.stars, filter.tag, el("span.sk-gap"), compared.hint, compared.cancel, codeButton(() => model.get("code"), "these results"), compared.button);
      const grid = el("div.sk-grid", { role: "feed", "aria-label": "Results" });
      const none = el("p.sk-none.sk-muted", { role: "status" }, "Nothing matches.");
      const more = el("button.sk-button.sk-more", { type: "button", onclick: () => next() }, "Load more");
      const foot = el("div.sk-foot", {}, more);
      const empty = el(
        "div.sk-empty",
        {},
        el("b", {}, "Nothing here yet"),
        el("span.sk-muted", {}, "Write a prompt, or start with one of these:"),
        ...model.get("examples").map((text) => el("button.sk-button", { type: "button", onclick: () => model.send({ do: "example", text }) }, text)),
      );
      const trouble = faults();
      root.append(trouble, tools, compared.place, empty, none, grid, foot);

      const calls = new WeakMap();
      const eye = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) {
            if (!entry.isIntersecting) continue;
            eye.unobserve(entry.target);
            calls.get(entry.target)?.();
          }
        },
        { rootMargin: "400px" },
      );
      const near = (node, call) => {
        calls.set(node, call);
        eye.observe(node);
      };
      let asked = false; // for the next window, once until it is here
      const next = () => {
        if (asked || !model.get("more")) return;
        asked = true;
        model.send({ do: "more" });
      };
      const end = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && next(), { rootMargin: "700px" });
      const look = () => {
        end.unobserve(foot);
        more.hidden = !model.get("more");
        if (!more.hidden) end.observe(foot); // tells at once if it is near already
      };

      let heir; // who gets the focus of a tile that went away: its neighbour, or null when it has none
      const focusHeir = () => {
        if (heir === undefined) return;
        const place = heir?.isConnected ? heir.querySelector(".sk-play, button") : tiles.size || filter.active() ? filter.search : empty.querySelector("button");
        heir = undefined;
        place?.focus();
      };
      const detach = list.show({
        put(item) {
          const tile = tiles.get(item.id);
          if (tile) return tile.put(item);
          const fresh = makeTile(item, model, { near, choose: compared.choose });
          tiles.set(item.id, fresh);
          insertNewestFirst(grid, fresh.node);
        },
        drop(id) {
          const node = tiles.get(id)?.node;
          if (node?.contains(document.activeElement)) heir = node.nextElementSibling ?? node.previousElementSibling;
          node?.remove();
          tiles.delete(id);
          compared.drop(id);
        },
        fault: trouble.tell,
        backdrop(id, picture) {
          tiles.get(id)?.backdrop(picture);
        },
        changed() {
          const bare = tiles.size === 0;
          empty.hidden = !bare || filter.active();
          none.hidden = !bare || !filter.active();
          tools.hidden = bare && !filter.active();
          asked = false;
          look();
          focusHeir();
        },
      });
      const sent = (message, buffers) => {
        if (message.media) tiles.get(message.media)?.take(buffers[0], message.type);
      };
      model.on("msg:custom", sent);
      model.on("change:more", look);
      look();
      const clock = setInterval(() => refreshTimes(root), 20_000);
      return () => {
        detach();
        compared.stop();
        model.off("msg:custom", sent);
        eye.disconnect();
        end.disconnect();
        clearInterval(clock);
      };
    },
  };
};
