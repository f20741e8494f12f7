import { eventually, given, mux, readyAsset, refusal, report } from "./session.mjs";

const { assets } = mux.video;

const asset = await readyAsset();
const english = {
  url: given.subtitles_url,
  type: "text",
  text_type: "subtitles",
  language_code: "en",
  name: "English",
};
const created = await assets.createTrack(asset.id, english);
const twice = await refusal(assets.createTrack(asset.id, english));
const audio = asset.tracks.find((track) => track.type === "audio");
const generated = await assets.generateSubtitles(asset.id, audio.id, {
  generated_subtitles: [
    { language_code: "de", name: "Deutsch" },
    { language_code: "fr", name: "Français", passthrough: "p" },
  ],
});
const texts = await eventually(async () => {
  const tracks = (await assets.retrieve(asset.id)).tracks.filter((track) => track.type === "text");
  return tracks.every((track) => track.status === "ready") && tracks;
});
const updated = await assets.updateTrack(asset.id, created.id, { name: "English (UK)", language_code: "en-GB" });
const deleted = await assets.deleteTrack(asset.id, created.id);
const left = (await assets.retrieve(asset.id)).tracks.map((track) => track.id);
const primary = await refusal(assets.deleteTrack(asset.id, audio.id));

report({ asset, created, twice, generated, texts, updated, deleted: deleted ?? null, left, primary });
