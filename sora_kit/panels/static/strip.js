// The strip: shots side by side, as wide as they are long, and the time that is missing or too much.
//
// An edge retimes, a shot drags to another place; both show at once and are told to the kernel when the
// pointer is let go. Keys: arrows choose, Alt with arrows moves, + and - retime, Delete removes.
import { el, say, settle } from "./dom.js";

const TENTH = (seconds) => Math.max(0.1, Math.round(seconds * 10) / 10);

/** One decimal, as people write lengths; more only where a length has more. */
export function lasting(seconds) {
  return Number.isInteger(Math.round(seconds * 1000) / 100) ? seconds.toFixed(1) : String(Math.round(seconds * 1000) / 1000);
}

/** Put a picture into its frame: `src` may be empty, and is dimmed while it is `stale`. */
export function hang(picture, { src, stale }) {
  picture.hidden = !src;
  picture.classList.toggle("sk-stale", stale);
  if (src && picture.getAttribute("src") !== src) picture.src = src;
}

/** strip({act, choose, live}): `act(name, extra)` tells the kernel, `choose(index)` selects a shot,
 *  `live(lengths or null)` hears the lengths while an edge is dragged. */
export function strip({ act, choose, live }) {
  const lane = el("div.sk-lane", { role: "listbox", "aria-label": "Timeline", "aria-orientation": "horizontal" });
  const rest = el("div.sk-rest", { hidden: true });
  const head = el("i.sk-head", { hidden: true, "aria-hidden": "true" });
  const mark = el("i.sk-insert", { hidden: true, "aria-hidden": "true" });
  const ruler = el("div.sk-ruler", { "aria-hidden": "true" });
  const blocks = [];
  let board = { shots: [], length: 0, total: 0 };
  let chosen = -1;
  let held = null; // lengths while an edge is dragged

  const lengths = () => held?.lengths ?? board.shots.map((shot) => shot.seconds);
  const span = () => held?.span ?? Math.max(board.total, board.length, 0.1);
  const percent = (seconds) => `${(100 * seconds) / span()}%`;

  const place = () => {
    let at = 0;
    lengths().forEach((seconds, i) => {
      const { node, tag } = blocks[i];
      node.style.left = percent(at);
      node.style.width = percent(seconds);
      say(tag, `${i + 1} · ${lasting(seconds)} s`);
      at += seconds;
    });
    const left = Math.round((board.length - at) * 1000) / 1000;
    rest.hidden = !board.length || left === 0;
    rest.classList.toggle("sk-excess", left < 0);
    rest.style.left = percent(left > 0 ? at : board.length);
    rest.style.width = percent(Math.min(Math.abs(left), span() - Math.min(at, board.length)));
    rest.title = left > 0 ? `${lasting(left)} s left over` : `${lasting(-left)} s too long`;
    say(rest.firstChild, board.shots.length ? "" : `${board.length} s to fill`);
  };
  rest.append(el("span"));

  const rule = () => {
    const whole = span();
    const step = [0.5, 1, 2, 5, 10, 30, 60, 300, 600].find((one) => whole / one <= 8) ?? 1800;
    const ticks = [];
    for (let at = 0; at < whole - step * 0.35; at += step) ticks.push(at);
    ruler.replaceChildren(
      ...[...ticks, whole].map((at) => {
        const text = at === 0 || at === whole ? `${Math.round(at * 10) / 10} s` : String(Math.round(at * 10) / 10);
        return el("span", { style: `left:${percent(at)}` }, text);
      }),
    );
  };

  const select = (index, focus = false) => {
    chosen = Math.min(index, blocks.length - 1);
    blocks.forEach(({ node }, i) => {
      node.setAttribute("aria-selected", String(i === chosen));
      node.tabIndex = i === Math.max(chosen, 0) ? 0 : -1;
    });
    if (focus) blocks[chosen]?.node.focus();
  };

  /** Follow a pointer from `event` until it is let go: `move(dx, x)`, then `end(finished)`. */
  const follow = (event, node, move, end) => {
    const start = event.clientX;
    const moved = (e) => e.pointerId === event.pointerId && move(e.clientX - start, e.clientX);
    const done = (e) => {
      if (e.type === "keydown" ? e.key !== "Escape" : e.pointerId !== event.pointerId) return;
      node.removeEventListener("pointermove", moved);
      node.removeEventListener("pointerup", done);
      node.removeEventListener("pointercancel", done);
      document.removeEventListener("keydown", done, true);
      end(e.type === "pointerup");
    };
    node.setPointerCapture(event.pointerId);
    node.addEventListener("pointermove", moved);
    node.addEventListener("pointerup", done);
    node.addEventListener("pointercancel", done);
    document.addEventListener("keydown", done, true);
  };

  const retime = (index, event) => {
    event.stopPropagation();
    event.preventDefault();
    choose(index);
    const before = lengths();
    held = { lengths: before, span: span() };
    const scale = held.span / lane.clientWidth;
    follow(
      event,
      event.currentTarget,
      (dx) => {
        held.lengths = before.with(index, TENTH(before[index] + dx * scale));
        place();
        live(held.lengths);
      },
      (finished) => {
        const seconds = held.lengths[index];
        const changed = finished && seconds !== before[index];
        if (!changed) held = null; // else it stays until the kernel has answered
        if (changed) act("resize", { index, seconds });
        else place();
        live(null);
      },
    );
  };

  const carry = (index, event) => {
    if (event.button) return;
    choose(index);
    const node = blocks[index].node;
    let to = index;
    let carried = false;
    follow(
      event,
      node,
      (dx, x) => {
        if (!carried && Math.abs(dx) < 6) return;
        carried = true;
        node.classList.add("sk-carried");
        node.style.translate = `${dx}px 0`;
        const at = x - lane.getBoundingClientRect().left;
        const others = blocks.map(({ node: n }) => n.offsetLeft + n.offsetWidth / 2).filter((_, i) => i !== index);
        to = others.filter((middle) => middle < at).length;
        const gap = to === index ? -1 : to < index ? blocks[to].node.offsetLeft : blocks[to].node.offsetLeft + blocks[to].node.offsetWidth;
        mark.hidden = gap < 0;
        mark.style.left = `${gap - 3}px`;
      },
      (finished) => {
        node.classList.remove("sk-carried");
        node.style.translate = "";
        mark.hidden = true;
        if (finished && carried && to !== index) act("move", { index, to }, { block: to });
      },
    );
  };

  const block = (index) => {
    const picture = el("img", { alt: "", draggable: "false", decoding: "async", hidden: true });
    const tag = el("span.sk-badge");
    const edge = el("i.sk-edge", { "aria-hidden": "true", onpointerdown: (event) => retime(index, event) });
    const node = el(
      "div.sk-shot",
      { role: "option", tabindex: -1, onpointerdown: (event) => carry(index, event), onfocus: () => choose(index) },
      el("div.sk-frame", {}, picture, tag),
      edge,
    );
    return { node, tag, picture };
  };

  // Keys repeat faster than the kernel answers, so a run of them is one edit, told when it pauses.
  let nudged = -1;
  const settled = settle(() => act("resize", { index: nudged, seconds: held.lengths[nudged] }), 200);
  const nudge = (index, change) => {
    if (nudged !== index) settled.flush();
    nudged = index;
    const before = lengths();
    held = { lengths: before.with(index, TENTH(before[index] + change)), span: span() };
    place();
    live(held.lengths);
    settled();
  };

  lane.addEventListener("keydown", (event) => {
    const index = blocks.findIndex(({ node }) => node === document.activeElement);
    if (index < 0) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const change = { "+": 0.1, "=": 0.1, "-": -0.1 }[event.key];
    if (step) {
      const to = Math.min(Math.max(index + step, 0), blocks.length - 1);
      if (to !== index && event.altKey) act("move", { index, to }, { block: to });
      else if (to !== index) select(to, true);
    } else if (change) nudge(index, change);
    else if (event.key === "Delete" || event.key === "Backspace") act("remove", { index }, { block: Math.max(0, Math.min(index, blocks.length - 2)) });
    else if (event.key === "Enter") act("edit", { index });
    else return;
    event.preventDefault();
  });

  const node = el("div.sk-strip", {}, el("div.sk-bed", {}, lane, rest, mark, head), ruler);
  return {
    node,
    select,
    flush: () => settled.flush(),
    /** Show a board; `pictures[i]` has an address `src` or none, and whether it is `stale`. */
    put(now, pictures) {
      board = now;
      if (!settled.waiting()) held = null;
      while (blocks.length < board.shots.length) {
        blocks.push(block(blocks.length));
        lane.append(blocks.at(-1).node);
      }
      while (blocks.length > board.shots.length) blocks.pop().node.remove();
      board.shots.forEach((shot, i) => blocks[i].node.setAttribute("aria-label", `Shot ${i + 1}, ${lasting(shot.seconds)} s: ${shot.text}`));
      this.draw(pictures);
      place();
      rule();
      select(chosen);
    },
    draw(pictures) {
      pictures.forEach((now, i) => blocks[i] && hang(blocks[i].picture, now));
    },
    /** Where the film is, in seconds; null takes the playhead away. */
    play(seconds) {
      head.hidden = seconds === null;
      if (seconds !== null) head.style.left = percent(Math.min(seconds, span()));
    },
  };
}
