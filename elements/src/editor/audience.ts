/** Who can really watch a video: what it is said to be, and what its playback ids allow, may differ. */
import type { Asset, Visibility } from "../core/types.js";

export type Audience = "gallery" | "link" | "owner" | "nobody" | "unknown";

export function audienceOf({ visibility, playable_by: by }: Asset): Audience {
  if (by === "everyone") return visibility === "public" ? "gallery" : "link";
  return by === "token" ? "owner" : by;
}

/** Whether a video is as somebody wanted it, all of it. */
export const agrees = (asset: Asset | undefined, wanted: Visibility): boolean =>
  Boolean(asset) && audienceOf(asset as Asset) === (wanted === "public" ? "gallery" : "owner");
