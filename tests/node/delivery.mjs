// The client takes all addresses below one base, so each host of Mux is a client of its own.
import { client, given, mux, readyAsset, refusal, report } from "./session.mjs";

const stream = client({ baseURL: `${given.url}/stream` }).video.playback;
const image = client({ baseURL: `${given.url}/image` }).video.playback;

const asset = await readyAsset({ playback_policies: ["signed"] });
const [{ id }] = asset.playback_ids;
const key = await mux.system.signingKeys.create();
const token = async (type) =>
  mux.jwt.signPlaybackId(id, { keyId: key.id, keySecret: key.private_key, expiration: "1h", type });
const kind = async (answer) => (await answer.asResponse()).headers.get("content-type");

report({
  types: {
    hls: await kind(stream.hls(id, { token: await token("video") })),
    thumbnail: await kind(image.thumbnail(id, "jpg", { token: await token("thumbnail") })),
    animated: await kind(image.animated(id, "gif", { token: await token("gif") })),
    storyboard: await kind(image.storyboardVtt(id, { token: await token("storyboard") })),
  },
  closed: await refusal(stream.hls(id)),
  wrong: await refusal(image.thumbnail(id, "jpg", { token: await token("video") })),
  unsigned: await refusal(image.thumbnail(id, "jpg", { token: await token("thumbnail"), width: 640 })),
});
