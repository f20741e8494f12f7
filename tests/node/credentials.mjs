import { client, mux, refusal, report } from "./session.mjs";

const stranger = client({ tokenSecret: "wrong" });

report({
  who: await mux.system.utilities.whoami(),
  nobody: await refusal(stranger.system.utilities.whoami()),
  list: await refusal(stranger.video.assets.list()),
  create: await refusal(stranger.video.uploads.create({ cors_origin: "*" })),
  uploads: (await mux.video.uploads.list()).data,
});
