import { collected, eventually, given, mux, refusal, report } from "./session.mjs";

const { uploads, assets } = mux.video;

const created = await uploads.create({
  cors_origin: "https://app.example.com",
  timeout: 600,
  new_asset_settings: { playback_policies: ["signed"], passthrough: "film_1" },
});
const sent = await fetch(created.url, { method: "PUT", body: Buffer.from(given.film, "base64") });
const done = await uploads.retrieve(created.id);
const asset = await eventually(async () => {
  const found = await assets.retrieve(done.asset_id);
  return found.status === "ready" && found;
});
const late = await refusal(uploads.cancel(created.id));

const waiting = await uploads.create({ cors_origin: "*" });
const cancelled = await uploads.cancel(waiting.id);
const refused = await fetch(waiting.url, { method: "PUT", body: "too late" });
const third = await uploads.create({ cors_origin: "*" });
const listed = await collected(uploads.list({ limit: 2 }));

report({
  created,
  sent: sent.status,
  done,
  asset,
  late,
  cancelled,
  refused: refused.status,
  made: [third.id, waiting.id, created.id],
  listed,
});
