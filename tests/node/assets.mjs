import { collected, eventually, given, mux, refusal, report } from "./session.mjs";

const { assets } = mux.video;
const inputs = [{ url: "https://storage.example.com/film.mp4" }];

const created = await assets.create({
  inputs,
  playback_policies: ["public"],
  passthrough: "film_1",
  meta: { title: "Teaser" },
});
const early = await refusal(assets.delete(created.id));
const ready = await eventually(async () => {
  const asset = await assets.retrieve(created.id);
  return asset.status === "ready" && asset;
});
const info = await assets.retrieveInputInfo(created.id);
const updated = await assets.update(created.id, { passthrough: "film_2", meta: { title: "Trailer" } });
const deleted = await assets.delete(created.id);
const gone = await refusal(assets.retrieve(created.id));
const malformed = await refusal(assets.retrieve("not-an-id"));

const made = [];
for (let number = 0; number < given.count; number++) made.unshift((await assets.create({ inputs })).id);
const listed = await collected(assets.list({ limit: 2 }));
const second = (await assets.list({ limit: 2, page: 2 })).data.map((asset) => asset.id);

report({ created, early, ready, info, updated, deleted: deleted ?? null, gone, malformed, made, listed, second });
