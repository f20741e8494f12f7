import { given, mux, report } from "./session.mjs";

const tokens = {};
for (const [type, params] of Object.entries(given.params)) {
  tokens[type] = await mux.jwt.signPlaybackId(given.playback_id, {
    keyId: given.key_id,
    keySecret: given.private_key,
    expiration: given.expiration,
    type,
    params,
  });
}

report(tokens);
