/** The published videos of a service, read page by page once for all elements that show them. The only owner of that list. */
import type { Api } from "./api.js";
import { Failure, failureOf, isAbort } from "./failure.js";
import { publicId } from "./playback.js";
import { online, SECOND } from "./time.js";
import type { Page, PublishedAsset } from "./types.js";

export interface GalleryState {
  /** `first`: nothing has been read yet. `failed`: not even the first page could be read. */
  readonly status: "first" | "ready" | "failed";
  readonly busy: boolean;
  /** Newest first. */
  readonly videos: readonly PublishedAsset[];
  readonly more: boolean;
  readonly failure: Failure | undefined;
}

const PAGE = 24;
const LARGEST_PAGE = 100;
/** A list older than this is read anew when somebody comes back to it. */
const FRESH_MS = 30 * SECOND;
/** How far `find` reads on for a title. */
const FIND_PAGES = 10;

export class Gallery extends EventTarget {
  #state: GalleryState = { status: "first", busy: false, videos: [], more: false, failure: undefined };
  #cursor: string | null = null;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  /** What was read last, for when it failed. */
  #last = (): Promise<void> => this.#anew();
  /** What was taken out while an answer was under way. */
  #dropped: ((video: PublishedAsset) => boolean)[] = [];
  /** Whether something has changed since the answer was asked for. */
  #expired = false;

  constructor(private readonly api: Api) {
    super();
  }

  get state(): GalleryState {
    return this.#state;
  }

  /** Reads the first page, or reads anew what is shown when that is old. */
  async open(): Promise<void> {
    if (this.#reading) return this.#reading;
    if (this.#state.status === "ready" && Date.now() - this.#readAt < FRESH_MS) return;
    await this.#begin(() => this.#anew());
  }

  /** The next page, if there is one. */
  async more(): Promise<void> {
    if (this.#reading) return this.#reading;
    if (this.#state.status !== "ready") return this.open();
    if (this.#state.more) await this.#begin(() => this.#next(PAGE));
  }

  /** Again what failed: the whole list, or the next page. */
  async retry(): Promise<void> {
    await (this.#reading ?? this.#begin(this.#last));
  }

  /** What the gallery says of a playback id; reads on until it is there or the gallery ends. */
  async find(playbackId: string): Promise<PublishedAsset | undefined> {
    const known = () => this.#state.videos.find((video) => publicId(video) === playbackId);
    if (this.#state.status !== "ready") await this.open();
    for (let page = 0; page < FIND_PAGES && !known() && this.#state.more && !this.#state.failure; page += 1) {
      await (this.#reading ?? this.#begin(() => this.#next(LARGEST_PAGE)));
    }
    return known();
  }

  /** Takes a video out that is published no more. */
  drop(matches: (video: PublishedAsset) => boolean): void {
    if (this.#reading) this.#dropped.push(matches);
    const videos = this.#state.videos.filter((video) => !matches(video));
    if (videos.length < this.#state.videos.length) this.#set({ videos });
  }

  /** What is known is not what is there any more: whoever looks next has it read anew. */
  expire(): void {
    this.#readAt = -Infinity;
    this.#expired = true;
  }

  #begin(read: () => Promise<void>): Promise<void> {
    this.#last = read;
    this.#dropped = [];
    this.#expired = false;
    this.#set({ busy: true, failure: undefined });
    this.#reading = read()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#reading = undefined;
        this.#set({ busy: false });
      });
    return this.#reading;
  }

  #fail(error: unknown): void {
    if (isAbort(error)) return;
    const failure = failureOf(error);
    this.#set({ status: this.#state.status === "ready" ? "ready" : "failed", failure });
    if (failure.kind === "offline") void online().then(() => (this.#state.failure === failure ? this.retry() : undefined));
  }

  /** As many as were shown, from the beginning. */
  async #anew(): Promise<void> {
    const wanted = Math.max(PAGE, this.#state.videos.length);
    const videos: PublishedAsset[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.#page(cursor, Math.min(LARGEST_PAGE, wanted));
      videos.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null && videos.length < wanted);
    this.#cursor = cursor;
    this.#readAt = this.#expired ? -Infinity : Date.now();
    this.#set({ status: "ready", videos: this.#left(videos), more: cursor !== null });
  }

  /** A page may hold fewer than were asked for and still not be the last. */
  async #next(limit: number): Promise<void> {
    const found: PublishedAsset[] = [];
    let cursor = this.#cursor;
    do {
      const page = await this.#page(cursor, limit);
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < limit / 2);
    this.#cursor = cursor;
    this.#set({ videos: this.#left([...this.#state.videos, ...found]), more: cursor !== null });
  }

  /** Each video once, without those that are gone by now. */
  #left(videos: readonly PublishedAsset[]): PublishedAsset[] {
    return unique(videos).filter((video) => !this.#dropped.some((matches) => matches(video)));
  }

  #page(cursor: string | null, limit: number): Promise<Page<PublishedAsset>> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (cursor) query.set("cursor", cursor);
    return this.api.get(`/gallery?${query}`, { anonymous: true });
  }

  #set(change: Partial<GalleryState>): void {
    this.#state = { ...this.#state, ...change };
    this.dispatchEvent(new Event("change"));
  }
}

const unique = (videos: readonly PublishedAsset[]): PublishedAsset[] => [...new Map(videos.map((video) => [video.id, video])).values()];
