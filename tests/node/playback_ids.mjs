import { mux, readyAsset, refusal, report } from "./session.mjs";

const { assets, playbackIds } = mux.video;

const asset = await readyAsset();
const created = await assets.createPlaybackId(asset.id, { policy: "signed" });
const found = await assets.retrievePlaybackId(asset.id, created.id);
const lookedUp = await playbackIds.retrieve(created.id);
const both = (await assets.retrieve(asset.id)).playback_ids;
const deleted = await assets.deletePlaybackId(asset.id, created.id);
const gone = await refusal(assets.retrievePlaybackId(asset.id, created.id));
const unknown = await refusal(playbackIds.retrieve(created.id));

report({ asset, created, found, looked_up: lookedUp, both, deleted: deleted ?? null, gone, unknown });
