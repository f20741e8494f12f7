import { client, mux, refusal, report } from "./session.mjs";

const stranger = client({ tokenSecret: "wrong" });

report({
  list: await refusal(stranger.video.assets.list()),
  create: await refusal(stranger.video.uploads.create({ cors_origin: "*" })),
  uploads: (await mux.video.uploads.list()).data,
});
