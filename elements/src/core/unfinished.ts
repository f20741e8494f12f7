import type { Asset } from "./types.js";

/** Whether Mux still works on the asset or one of its tracks, so that asking again is worth it. */
export const isUnfinished = (asset: Asset): boolean =>
  asset.status === "preparing" || asset.status === "deleting" || Boolean(asset.tracks?.some(({ status }) => status === "preparing"));
