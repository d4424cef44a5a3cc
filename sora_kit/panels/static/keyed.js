// A list of items by id that the kernel keeps up to date: one message per change, never the whole list.
//
// The model's `items` trait is the state at the moment when the page connected; after that come
// messages {put: [item, …]}, {drop: [id, …]}, {all: [item, …]} and {fault: error}. `hello` asks for
// `all` once, for what changed between the two. Views keep one node per id and never move or rebuild the others, so a
// video that plays is not disturbed.

export function keyed(model) {
  const items = new Map();
  const views = new Set();
  const put = (list) => {
    for (const item of list) items.set(item.id, item);
    for (const view of views) for (const item of list) view.put(item);
  };
  const drop = (ids) => {
    for (const id of ids) items.delete(id);
    for (const view of views) for (const id of ids) view.drop(id);
  };
  for (const item of model.get("items") ?? []) items.set(item.id, item);
  model.on("msg:custom", (message) => {
    if (message.all) {
      const fresh = new Set(message.all.map((item) => item.id));
      drop([...items.keys()].filter((id) => !fresh.has(id)));
      put(message.all);
    }
    if (message.put) put(message.put);
    if (message.drop) drop(message.drop);
    if (message.fault) for (const view of views) view.fault(message.fault);
    if (message.backdrop) for (const view of views) view.backdrop?.(...message.backdrop);
    for (const view of views) view.changed?.();
  });
  model.send({ do: "hello" });
  return {
    items,
    /** Attach a view {put(item), drop(id), fault(error), changed()}; returns the function that detaches it. */
    show(view) {
      views.add(view);
      for (const item of items.values()) view.put(item);
      view.changed?.();
      return () => views.delete(view);
    },
  };
}

/** Insert `node` so that the list stays sorted by `data-at`, newest first; others stay where they are. */
export function insertNewestFirst(list, node) {
  const at = Number(node.dataset.at);
  if (!(Number(list.lastElementChild?.dataset.at) < at)) return list.appendChild(node); // older ones come last
  for (const other of list.children) {
    if (Number(other.dataset.at) < at) return list.insertBefore(node, other);
  }
  return list.appendChild(node);
}
