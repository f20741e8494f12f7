/** How a video is watched and pictured: by public addresses, or by tokens that are asked for many at a time. */
import { join } from "./address.js";
import type { Api } from "./api.js";
import { MINUTE, SECOND } from "./time.js";
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
  /** The largest file that can be saved. */
  file?: string;
  /** Milliseconds since 1970 at which to ask for new addresses, shortly before these end; Infinity for public ones. */
  renewAt: number;
}

export type Playable = Asset | PublishedAsset;

interface Known extends BatchTokens {
  renewAt: number;
}

const BATCH = 50;
/** Tokens are renewed this long before they end, or when a tenth of their life is left. */
const MARGIN_MS = 60 * SECOND;
const MARGIN_SHARE = 0.1;
/** By a clock that is off, new tokens seem to have ended: then they are taken to live so long. */
const UNKNOWN_LIFE = 5 * MINUTE;
const RATIO = /^\s*(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)\s*$/;
const PICTURE_WIDTH = 640;
const POSTER_WIDTH = 1280;

/** What a video is to the eye; `audio` has no picture. */
export function mediaOf(asset: Playable): "video" | "audio" {
  const types = ("tracks" in asset ? asset.tracks : undefined)?.map(({ type }) => type) ?? [];
  if (types.includes("video")) return "video";
  if (types.includes("audio")) return "audio";
  return !asset.aspect_ratio && asset.duration ? "audio" : "video";
}

/** Width and height of a shape such as `9:16`; 16 and 9 for what is none. */
export function sidesOf(aspectRatio: string): [number, number] {
  const [width, height] = RATIO.exec(aspectRatio)?.slice(1).map(Number) ?? [];
  return width && height ? [width, height] : [16, 9];
}

/** Width divided by height. */
export function ratioOf(aspectRatio: string): number {
  const [width, height] = sidesOf(aspectRatio);
  return width / height;
}

/** Width divided by height; 16/9 while it is not known. */
export const shapeOf = (asset: Playable): number => ratioOf(asset.aspect_ratio ?? "");

export const publicId = (asset: Playable): string | undefined =>
  asset.playback_ids?.find(({ policy }) => policy === "public")?.id;

const signedId = (asset: Playable): string | undefined => asset.playback_ids?.find(({ policy }) => policy !== "public")?.id;

/** Tokens of one purpose by asset, asked for many at a time, each once. */
class Tokens {
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<void>>();
  /** Counts visitors: an answer to the one before is dropped. */
  #visitor = 0;

  constructor(
    private readonly api: Api,
    private readonly wish: { kinds: string[]; thumbnail: { width: number } },
  ) {}

  /** The latest that came, even if this device's clock calls them old. */
  latest(id: string): Known | undefined {
    return this.#known.get(id);
  }

  /** Rejects with a Failure when they cannot be had. What nobody can open with a token has none afterwards. */
  async have(assets: readonly Playable[]): Promise<void> {
    const wanted = assets.filter((asset) => !publicId(asset) && signedId(asset) && ready(asset) && !this.#good(asset.id));
    const fresh = wanted.filter(({ id }) => !this.#asked.has(id)).map(({ id }) => id);
    for (let start = 0; start < fresh.length; start += BATCH) this.#ask(fresh.slice(start, start + BATCH));
    await Promise.all(wanted.map(({ id }) => this.#asked.get(id)));
  }

  forget(id?: string): void {
    if (id) return void this.#known.delete(id);
    this.#visitor += 1;
    this.#known.clear();
    this.#asked.clear();
  }

  #good(id: string): boolean {
    return (this.#known.get(id)?.renewAt ?? 0) > Date.now();
  }

  #keep(asked: readonly string[], found: readonly BatchTokens[]): void {
    for (const id of asked) this.#known.delete(id);
    for (const tokens of found) {
      const told = Date.parse(tokens.expires_at) - Date.now();
      const left = told > 0 ? told : UNKNOWN_LIFE;
      this.#known.set(tokens.asset_id, { ...tokens, renewAt: Date.now() + left - Math.min(MARGIN_MS, left * MARGIN_SHARE) });
    }
  }

  #ask(ids: string[]): void {
    const visitor = this.#visitor;
    const answered = this.api
      .post<{ data: BatchTokens[] }>("/playback-tokens", { asset_ids: ids, ...this.wish })
      .then(({ data }) => {
        if (visitor === this.#visitor) this.#keep(ids, data);
      })
      .finally(() => ids.forEach((id) => this.#asked.get(id) === answered && this.#asked.delete(id)));
    for (const id of ids) this.#asked.set(id, answered);
    // Whoever waits for one of these hears of the failure; here it must only not go unhandled.
    answered.catch(() => undefined);
  }
}

export class Playback {
  readonly #pictures: Tokens;
  readonly #players: Tokens;

  constructor(
    api: Api,
    readonly hosts: Hosts,
  ) {
    this.#pictures = new Tokens(api, { kinds: ["thumbnail"], thumbnail: { width: PICTURE_WIDTH } });
    this.#players = new Tokens(api, { kinds: ["video", "thumbnail", "storyboard"], thumbnail: { width: POSTER_WIDTH } });
  }

  /** Asks for the tokens of the pictures of all these videos at once, so that each `picture` after it is there. */
  preparePictures(assets: readonly Playable[]): Promise<void> {
    return this.#pictures.have(assets.filter((asset) => mediaOf(asset) === "video"));
  }

  /** The address of a video's small picture; undefined for a sound, and for one whose token is not prepared. */
  picture(asset: Playable): string | undefined {
    if (mediaOf(asset) === "audio" || !ready(asset)) return undefined;
    const open = publicId(asset);
    if (open) return this.#thumbnail(open, PICTURE_WIDTH);
    const url = this.#pictures.latest(asset.id)?.urls.thumbnail;
    return url && this.#moved(url);
  }

  /** Addresses that open the video now; null when nobody can play it. Rejects with a Failure when they cannot be read. */
  async sources(asset: Playable): Promise<Sources | null> {
    const open = publicId(asset);
    if (open) {
      const file = fileOf(asset);
      return { ...this.publicSources(open, mediaOf(asset)), ...(file && { file: join(this.hosts.stream, open, file) }) };
    }
    if (!signedId(asset)) return null;
    await this.#players.have([asset]);
    const tokens = this.#players.latest(asset.id);
    return tokens ? this.#signed(tokens, asset) : null;
  }

  /** Addresses of what everybody may play. */
  publicSources(playbackId: string, media: "video" | "audio"): Sources {
    const { stream, image } = this.hosts;
    const sources: Sources = { playbackId, hls: `${join(stream, playbackId)}.m3u8`, renewAt: Infinity };
    if (media === "audio") return sources;
    return { ...sources, thumbnail: this.#thumbnail(playbackId, POSTER_WIDTH), storyboard: join(image, playbackId, "storyboard.vtt") };
  }

  /** Forget the tokens, for they were refused or another visitor is here. */
  forget(id?: string): void {
    this.#pictures.forget(id);
    this.#players.forget(id);
  }

  #thumbnail(playbackId: string, width: number): string {
    return `${join(this.hosts.image, playbackId, "thumbnail.jpg")}?width=${width}`;
  }

  #signed({ playback_id: playbackId, urls, tokens, renewAt }: Known, asset: Playable): Sources {
    const query = `?token=${tokens.video ?? ""}`;
    const sources: Sources = { playbackId, hls: `${join(this.hosts.stream, playbackId)}.m3u8${query}`, renewAt };
    const file = fileOf(asset);
    if (file) sources.file = join(this.hosts.stream, playbackId, file) + query;
    if (mediaOf(asset) === "audio") return sources;
    if (urls.thumbnail) sources.thumbnail = this.#moved(urls.thumbnail);
    if (urls.storyboard) sources.storyboard = this.#moved(urls.storyboard);
    return sources;
  }

  /** The API's address on the hosts that this page takes things from. */
  #moved(url: string): string {
    const { hostname, pathname, search } = new URL(url);
    return (hostname.startsWith("image.") ? this.hosts.image : this.hosts.stream) + pathname + search;
  }
}

const ready = (asset: Playable): boolean => !("status" in asset) || asset.status === "ready";

/** The name of the largest film that can be saved, else of the sound; "" while there is none. */
function fileOf(asset: Playable): string {
  const files = ("static_renditions" in asset ? asset.static_renditions : undefined) ?? [];
  // The files of mp4_support have no status: they are there.
  const ready = files.filter(({ status = "ready", name = "" }) => status === "ready" && /^[\w-]+\.(mp4|m4a)$/.test(name));
  const size = ({ ext, width = 0, height = 0 }: (typeof ready)[number]): number => (ext === "m4a" ? -1 : width * height);
  return ready.sort((one, other) => size(other) - size(one))[0]?.name ?? "";
}

/** Whether this device's clock says that the addresses are about to end. */
export const isEnding = ({ renewAt }: Sources): boolean => renewAt <= Date.now();
