// Tabs that switch without asking the kernel, which may be busy: number and name of the chosen view go to
// the surrounding `.sk-right` or `.sk-studio` as `data-tab` and `data-view`, and the stylesheet shows its
// pane. The kernel hears of it, because a view's widgets are made when it is first opened. Which view is
// open is kept for a reload of this very tab of the browser.
import { el } from "./dom.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-tabs");
  const list = el("div.sk-tablist", { role: "tablist", "aria-label": "Views" });
  root.append(list);
  let chosen = 0;
  const titles = () => model.get("titles");
  const home = () => root.closest(".sk-right, .sk-studio");
  const nameOf = (index) => (titles()[index] ?? "").toLowerCase();
  const paneOf = (index) => home()?.querySelector(`.sk-pane-${index}, .sk-pane-${nameOf(index)}`);
  const shelf = () => {
    try {
      return document.body.dataset.voila ? window.sessionStorage : null;
    } catch {
      return null;
    }
  };
  const place = `sora-kit view ${titles().join(" ")}`;

  const heights = new Map(); // view → how far it was scrolled, where the page scrolls as a whole
  const scrolled = (index) => {
    if (!document.body.dataset.voila || index === chosen) return;
    heights.set(chosen, scrollY);
    const top = (home()?.querySelector(".sk-bar-top")?.offsetHeight ?? 0) + scrollY + Math.min(0, home()?.getBoundingClientRect().top ?? 0);
    const to = heights.get(index) ?? Math.min(scrollY, top);
    requestAnimationFrame(() => scrollTo({ top: to, behavior: "instant" }));
  };

  const choose = (index, focus = false) => {
    scrolled(index);
    chosen = index;
    const around = home();
    if (around) [around.dataset.tab, around.dataset.view] = [String(index), nameOf(index)];
    [...list.children].forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === index));
      tab.tabIndex = i === index ? 0 : -1;
      if (i !== index) return;
      if (focus) tab.focus();
      tab.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    });
    titles().forEach((title, i) => {
      const pane = paneOf(i);
      pane?.setAttribute("role", "tabpanel");
      if (pane && (i === index || !pane.hasAttribute("aria-label"))) pane.setAttribute("aria-label", title);
    });
    try {
      model.send({ do: "open", title: titles()[index] });
    } catch {
      // The kernel is gone, as in Lab after a restart: what is open already can still be looked at.
    }
    shelf()?.setItem(place, nameOf(index));
  };
  const draw = () => {
    const counts = model.get("counts");
    if (list.children.length !== titles().length) {
      list.replaceChildren(
        ...titles().map((title, i) =>
          el("button", { type: "button", role: "tab", onclick: () => choose(i) }, title, " ", el("span.sk-count")),
        ),
      );
      choose(Math.min(chosen, titles().length - 1));
    }
    [...list.children].forEach((tab, i) => {
      tab.lastChild.textContent = counts[i] ? counts[i].toLocaleString("en") : "";
    });
  };
  list.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    const to = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    choose(to > last ? 0 : to < 0 ? last : to, true);
    event.preventDefault();
    event.stopPropagation();
  });
  const asked = () => {
    if (!["create", "storyboard"].includes(nameOf(chosen))) choose(0);
    const words = home()?.querySelector(".sk-prompt textarea");
    words?.focus({ preventScroll: true });
    words?.closest(".sk-prompt").scrollIntoView({ block: "nearest" });
  };
  model.on("change:counts change:titles", draw);
  model.on("change:asked", asked);
  const before = titles().map((title) => title.toLowerCase()).indexOf(shelf()?.getItem(place) ?? model.get("first").toLowerCase());
  if (before > 0) chosen = before;
  draw();
  // The panes are siblings that the page may attach after this view.
  requestAnimationFrame(() => choose(chosen));
}

export default { render };
