import { eventually, mux, readyAsset, report } from "./session.mjs";

const { assets } = mux.video;

const asset = await readyAsset();
const asked = await assets.updateMasterAccess(asset.id, { master_access: "temporary" });
const open = await eventually(async () => {
  const { master } = await assets.retrieve(asset.id);
  return master.status === "ready" && master;
});
const closed = await assets.updateMasterAccess(asset.id, { master_access: "none" });

const supported = await assets.updateMP4Support(asset.id, { mp4_support: "capped-1080p" });
const files = await eventually(async () => {
  const { static_renditions: renditions } = await assets.retrieve(asset.id);
  return renditions?.status === "ready" && renditions.files;
});
const unsupported = await assets.updateMP4Support(asset.id, { mp4_support: "none" });

report({ asked, open, closed, supported, files, unsupported });
