/** Looks at a file before anything is made for it. */
import { fileTypeFromBlob } from "file-type/core";

export type Refusal = "empty" | "unreadable" | "not-media" | "too-large" | "twice" | "other-file";

/** Enough for every signature that counts. */
const HEAD_BYTES = 128 * 1024;
/** Containers of video whose registered type begins otherwise. */
const VIDEO_TYPES = ["application/vnd.ms-asf", "application/mxf", "application/ogg", "application/vnd.rn-realmedia"];

/** Why a file cannot be uploaded; null when nothing speaks against it. `accept` is as for `<input type="file">`. */
export async function refusalOf(file: File, { maxBytes, accept }: { maxBytes: number; accept: string }): Promise<Refusal | null> {
  if (file.size === 0) return (await isReadable(file)) ? "empty" : "unreadable";
  if (maxBytes > 0 && file.size > maxBytes) return "too-large";
  let type: string;
  try {
    const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
    type = (await fileTypeFromBlob(new Blob([head])).catch(() => undefined))?.mime ?? "";
  } catch {
    return "unreadable";
  }
  const kind = VIDEO_TYPES.includes(type) ? "video/" : type;
  if (!/^(video|audio)\//.test(kind)) return "not-media";
  const wishes = accept.split(",").map((wish) => wish.trim().toLowerCase()).filter(Boolean);
  const name = file.name.toLowerCase();
  const fits = (wish: string) => (wish.startsWith(".") ? name.endsWith(wish) : wish.endsWith("/*") ? kind.startsWith(wish.slice(0, -1)) : type === wish);
  return wishes.length === 0 || wishes.some(fits) ? null : "not-media";
}

/** Folders sometimes come as files of no bytes, which cannot be read. */
async function isReadable(file: Blob): Promise<boolean> {
  try {
    await file.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export interface Known {
  name: string;
  size: number;
  lastModified: number;
  path: string;
}

/** Whether two are the same file. One chosen alone may be one of a folder. */
export const isSame = (one: Known, other: Known): boolean =>
  one.name === other.name &&
  one.size === other.size &&
  one.lastModified === other.lastModified &&
  (one.path === other.path || !one.path || !other.path);
