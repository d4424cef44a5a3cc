// A file on its way to the kernel: in parts, of which the next leaves when the last has been answered.
const PART_BYTES = 512 * 1024;

/** sender(model, moved): `.send(file)`; `moved(share)` tells how far it is (0 to 1), null that it failed. */
export function sender(model, moved) {
  let file = null;
  let part = 0;
  const next = async () => {
    const bytes = await file.slice(part * PART_BYTES, (part + 1) * PART_BYTES).arrayBuffer();
    model.send({ do: "part", part, total: file.size, name: file.name || "file" }, undefined, [bytes]);
  };
  const heard = (message) => {
    if (message.fault || message.refused) {
      file = null;
      moved(null);
    } else if (file && message.got === part) {
      part += 1;
      moved(Math.min(1, (part * PART_BYTES) / file.size));
      if (part * PART_BYTES < file.size) next();
      else file = null;
    }
  };
  model.on("msg:custom", heard);
  return {
    send(chosen) {
      [file, part] = [chosen, 0];
      moved(0);
      next();
    },
    stop: () => model.off("msg:custom", heard),
  };
}
