/** How much room an owner has left, said before there is none. */
import type { Entry, Values } from "../text/entry.js";
import type { Texts } from "../text/index.js";
import type { Measure, Usage } from "../core/types.js";

const NEAR = 0.8;

export interface Hint {
  text: Entry;
  values: Values;
  /** Nothing more is taken. */
  full: boolean;
}

/** What is worth saying of the owner's limits: nothing while they are far away. */
export function hints(usage: Usage | undefined, t: Texts["library"]): Hint[] {
  if (!usage) return [];
  return [
    ...hint(usage.assets, t.roomVideos, t.fullVideos),
    ...hint(usage.uploads_last_24_hours, t.roomUploads, t.fullUploads),
  ];
}

function hint({ count, limit }: Measure, near: Entry, reached: Entry): Hint[] {
  if (limit === null || count < Math.min(limit, Math.ceil(limit * NEAR))) return [];
  const full = count >= limit;
  return [{ text: full ? reached : near, values: { n: limit - count, count, limit }, full }];
}
