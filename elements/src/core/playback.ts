/** How a video is watched and pictured: by public addresses, or by tokens that are asked for many at a time. */
import { join } from "./address.js";
import type { Api } from "./api.js";
import { SECOND } from "./time.js";
import type { Asset, BatchTokens, PublishedAsset } from "./types.js";

/** Where Mux delivers from, without slashes at the end. */
export interface Hosts {
  stream: string;
  image: string;
}

export const MUX_HOSTS: Hosts = { stream: "https://stream.mux.com", image: "https://image.mux.com" };

/** Addresses of one video. Without an address there is no such thing, such as the picture of a sound. */
export interface Sources {
  playbackId: string;
  hls: string;
  thumbnail?: string;
  storyboard?: string;
  mp4?: string;
  /** Milliseconds since 1970 after which the addresses open nothing; Infinity for public ones. */
  expiresAt: number;
}

export type Playable = Asset | PublishedAsset;

const BATCH = 50;
/** Tokens are renewed this long before they end. */
const MARGIN_MS = 60 * SECOND;
const PICTURE_WIDTH = 640;

/** What a video is to the eye; `audio` has no picture. */
export function mediaOf(asset: Playable): "video" | "audio" {
  const types = ("tracks" in asset ? asset.tracks : undefined)?.map(({ type }) => type) ?? [];
  if (types.includes("video")) return "video";
  if (types.includes("audio")) return "audio";
  return !asset.aspect_ratio && asset.duration ? "audio" : "video";
}

/** Width divided by height; 16/9 while it is not known. */
export function shapeOf(asset: Playable): number {
  const [width, height] = (asset.aspect_ratio ?? "").split(":").map(Number);
  return width && height ? width / height : 16 / 9;
}

export const publicId = (asset: Playable): string | undefined =>
  asset.playback_ids?.find(({ policy }) => policy === "public")?.id;

const signedId = (asset: Playable): string | undefined => asset.playback_ids?.find(({ policy }) => policy !== "public")?.id;

export class Playback {
  readonly #known = new Map<string, BatchTokens>();
  readonly #asked = new Map<string, Promise<void>>();

  constructor(
    private readonly api: Api,
    readonly hosts: Hosts,
  ) {}

  /** Asks for the tokens of all these videos at once, so that each `sources` after it finds its own. */
  async prepare(assets: readonly Playable[]): Promise<void> {
    const wanted = assets.filter((asset) => !publicId(asset) && signedId(asset) && ready(asset) && !this.#good(asset.id));
    const fresh = wanted.filter(({ id }) => !this.#asked.has(id)).map(({ id }) => id);
    for (let start = 0; start < fresh.length; start += BATCH) this.#ask(fresh.slice(start, start + BATCH));
    await Promise.all(wanted.map(({ id }) => this.#asked.get(id)));
  }

  /** Addresses that open the video now; null when nobody can play it. Rejects with a Failure when they cannot be read. */
  async sources(asset: Playable): Promise<Sources | null> {
    const open = publicId(asset);
    if (open) return this.#public(open, asset);
    if (!signedId(asset)) return null;
    await this.prepare([asset]);
    const tokens = this.#good(asset.id);
    return tokens ? this.#signed(tokens, asset) : null;
  }

  /** Forget the tokens, for they were refused or another visitor is here. */
  forget(id?: string): void {
    if (id) this.#known.delete(id);
    else this.#known.clear();
  }

  #good(id: string): BatchTokens | undefined {
    const known = this.#known.get(id);
    return known && Date.parse(known.expires_at) - MARGIN_MS > Date.now() ? known : undefined;
  }

  #ask(ids: string[]): void {
    const body = { asset_ids: ids, kinds: ["video", "thumbnail", "storyboard"] };
    const answered = this.api
      .post<{ data: BatchTokens[] }>("/playback-tokens", body)
      .then(({ data }) => data.forEach((tokens) => this.#known.set(tokens.asset_id, tokens)))
      .finally(() => ids.forEach((id) => this.#asked.delete(id)));
    for (const id of ids) this.#asked.set(id, answered);
    // Whoever waits for one of these hears of the failure; here it must only not go unhandled.
    answered.catch(() => undefined);
  }

  #public(id: string, asset: Playable): Sources {
    const { stream, image } = this.hosts;
    const sources: Sources = { playbackId: id, hls: `${join(stream, id)}.m3u8`, expiresAt: Infinity };
    if (mediaOf(asset) === "audio") return sources;
    return {
      ...sources,
      thumbnail: `${join(image, id, "thumbnail.jpg")}?width=${PICTURE_WIDTH}`,
      storyboard: join(image, id, "storyboard.vtt"),
    };
  }

  #signed({ playback_id: playbackId, urls, expires_at: end }: BatchTokens, asset: Playable): Sources {
    const moved = (url: string) => {
      const { hostname, pathname, search } = new URL(url);
      return (hostname.startsWith("image.") ? this.hosts.image : this.hosts.stream) + pathname + search;
    };
    const sources: Sources = { playbackId, hls: moved(urls.hls ?? ""), expiresAt: Date.parse(end) };
    if (urls.mp4) sources.mp4 = moved(urls.mp4);
    if (mediaOf(asset) === "audio") return sources;
    if (urls.thumbnail) sources.thumbnail = moved(urls.thumbnail);
    if (urls.storyboard) sources.storyboard = moved(urls.storyboard);
    return sources;
  }
}

const ready = (asset: Playable): boolean => !("status" in asset) || asset.status === "ready";
