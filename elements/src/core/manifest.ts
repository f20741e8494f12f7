/** What a video's multivariant playlist says of it, for videos of which nothing else is known. */
import { ask } from "./api.js";
import { Failure } from "./failure.js";

export interface Manifest {
  /** `16:9` and the like; "" when the playlist does not say. */
  aspectRatio: string;
  audio: boolean;
}

/** Rejects with a Failure; `missing` says that this address opens nothing, or nothing any more. */
export async function readManifest(hls: string, signal?: AbortSignal): Promise<Manifest> {
  const response = await ask(hls, { credentials: "omit", cache: "no-store" }, signal);
  const { status } = response;
  if (status === 429 || status === 412 || status >= 500) throw new Failure("busy", { status });
  if (!response.ok) throw new Failure("missing", { status });
  try {
    return parseManifest(await response.text());
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure("unreachable", { status, detail: `the playlist is cut: ${String(error)}` });
  }
}

export function parseManifest(text: string): Manifest {
  const streams = text.split(/\r?\n/).filter((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  const sizes = streams.flatMap((line) => {
    const [, width, height] = /[:,]RESOLUTION=(\d+)x(\d+)/.exec(line) ?? [];
    return width && height ? [[Number(width), Number(height)] as const] : [];
  });
  // The largest rendition is the least rounded.
  const [width, height] = sizes.sort((one, other) => other[0] * other[1] - one[0] * one[1])[0] ?? [0, 0];
  return { aspectRatio: width && height ? `${width}:${height}` : "", audio: streams.length > 0 && sizes.length === 0 };
}
