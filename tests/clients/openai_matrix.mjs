// The `openai` package for node, driven like openai_matrix.py: a line of JSON for each case.
// The server's address and key come from OPENAI_BASE_URL and OPENAI_API_KEY; files go to argv[2].
import fs from "node:fs";
import path from "node:path";
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ maxRetries: 0, timeout: 240_000 });
const folder = process.argv[2];
const finished = process.env.FINISHED_VIDEO;
const picture = fs.readFileSync(path.join(folder, "picture.png"));
const dataUrl = `data:image/png;base64,${picture.toString("base64")}`;

const save = async (response, name) => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return { file, type: response.headers.get("content-type") };
};
const begun = async (call) => {
  const video = await call;
  await client.videos.delete(video.id);
  const { id, status, seconds, size } = video;
  return { id, status, seconds, size };
};
const keep = (b64, name) => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, Buffer.from(b64, "base64"));
  return file;
};

const cases = {
  async videos_create_poll_download() {
    let video = await client.videos.create(
      { model: "sora-2", prompt: "A paper boat", seconds: "4" });
    while (["queued", "in_progress"].includes(video.status)) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      video = await client.videos.retrieve(video.id);
    }
    const found = await save(await client.videos.downloadContent(video.id), "boat.mp4");
    return { ...found, status: video.status };
  },
  async videos_create_multipart() {
    const input_reference = await toFile(picture, "first.png", { type: "image/png" });
    return begun(client.videos.create({ prompt: "A boat", seconds: "8", size: "1280x720", input_reference }));
  },
  async videos_create_brackets() {
    const input_reference = { image_url: dataUrl };
    return begun(client.videos.create({ prompt: "A boat", seconds: "8", size: "1280x720", input_reference }));
  },
  async videos_list() {
    const ids = [];
    for await (const video of client.videos.list({ limit: 2 })) ids.push(video.id);
    return { ids };
  },
  async videos_download_thumbnail() {
    return save(await client.videos.downloadContent(finished, { variant: "thumbnail" }), "thumbnail.webp");
  },
  async videos_remix() {
    return begun(client.videos.remix(finished, { prompt: "in the rain" }));
  },
  async videos_edit() {
    return begun(client.videos.edit({ prompt: "in the snow", video: { id: finished } }));
  },
  async videos_extend() {
    return begun(client.videos.extend({ prompt: "it sails on", seconds: "4", video: { id: finished } }));
  },
  async images_generate() {
    const made = await client.images.generate(
      { model: "gpt-image", prompt: "A lemon", response_format: "b64_json" });
    return { file: keep(made.data[0].b64_json, "lemon.png") };
  },
  async images_stream() {
    const events = [];
    for await (const event of await client.images.generate(
      { model: "gpt-image", prompt: "A pear", stream: true, partial_images: 1 })) events.push(event);
    return { types: events.map((event) => event.type), file: keep(events.at(-1).b64_json, "pear.png") };
  },
  async images_edit() {
    const image = await toFile(picture, "a.png", { type: "image/png" });
    const made = await client.images.edit({ model: "gpt-image", image, prompt: "At night" });
    return { file: keep(made.data[0].b64_json, "night.png") };
  },
  async chat_whole() {
    const said = await client.chat.completions.create(
      { model: "prompt-enhance-short-10s", messages: [{ role: "user", content: "a cat" }] });
    return { text: said.choices[0].message.content, reason: said.choices[0].finish_reason };
  },
  async chat_stream() {
    const stream = await client.chat.completions.create(
      { model: "gpt-image", messages: [{ role: "user", content: "a fig" }], stream: true });
    let text = "", thoughts = 0, reason = null;
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      text += choice?.delta?.content ?? "";
      thoughts += choice?.delta?.reasoning_content ? 1 : 0;
      reason = choice?.finish_reason ?? reason;
    }
    return { text, thoughts, reason };
  },
  async models_list() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    return { ids };
  },
  async key_refused() {
    try {
      await new OpenAI({ apiKey: "sk-wrong", maxRetries: 0 }).models.list();
    } catch (error) {
      return { kind: error.constructor.name, code: error.code, status: error.status };
    }
    return {};
  },
};

if (process.argv[2] === "--names") {
  console.log(JSON.stringify(Object.keys(cases)));
} else {
  for (const [name, run] of Object.entries(cases)) {
    try {
      console.log(JSON.stringify({ case: name, found: await run() }));
    } catch (error) {
      console.log(JSON.stringify({ case: name, failed: String(error.stack ?? error) }));
    }
  }
}
