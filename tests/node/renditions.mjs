import { eventually, mux, readyAsset, refusal, report } from "./session.mjs";

const { assets } = mux.video;

const asset = await readyAsset();
const created = await assets.createStaticRendition(asset.id, { resolution: "720p", passthrough: "small" });
const audio = await assets.createStaticRendition(asset.id, { resolution: "audio-only" });
const mixed = await refusal(assets.createStaticRendition(asset.id, { resolution: "highest" }));
const files = await eventually(async () => {
  const { files } = (await assets.retrieve(asset.id)).static_renditions;
  return files.every((file) => file.status !== "preparing") && files;
});
const deleted = await assets.deleteStaticRendition(asset.id, created.id);
const left = (await assets.retrieve(asset.id)).static_renditions.files.map((file) => file.id);

report({ created, audio, mixed, files, deleted: deleted ?? null, left });
