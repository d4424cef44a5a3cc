// The draft, kept in the visitor's own browser for a page that is loaded again. This tab's own comes
// first, then the last one that was written in this browser: two visitors never share one, and two tabs
// only where one of them is new. The kernel believes nothing of what comes back.

function shelves() {
  try {
    return [window.sessionStorage, window.localStorage];
  } catch {
    return []; // a page in a frame may have none
  }
}

/** remember(model): hand back what was kept, and keep every change from now on. Returns how to stop. */
export function remember(model) {
  const name = model.get("keep");
  if (!name) return () => {};
  const found = shelves().map((shelf) => shelf.getItem(name)).find(Boolean);
  if (found && !model.get("text")) {
    try {
      model.send({ do: "restore", kept: JSON.parse(found) });
    } catch {
      // somebody else's words under our name
    }
  }
  const keep = () => {
    for (const shelf of shelves()) {
      try {
        shelf.setItem(name, JSON.stringify(model.get("kept")));
      } catch {
        // full, or not allowed: nothing is kept
      }
    }
  };
  model.on("change:kept", keep);
  return () => model.off("change:kept", keep);
}
