/**
 * The state of one list of videos, and the only place that changes it: what was asked last is what is shown, and answers
 * to anything older are dropped.
 */
import { Failure, failureOf, isAbort } from "./failure.js";
import type { Service } from "./service.js";
import { online, pause, SECOND, shown } from "./time.js";
import type { Asset, AssetStatus, Page, Visibility } from "./types.js";
import { isUnfinished } from "./unfinished.js";

export interface Query {
  /** Part of the title. */
  q?: string;
  status?: AssetStatus | "";
  visibility?: Visibility | "";
  order?: "newest" | "oldest";
  /** Everybody's assets; for administrators. */
  scope?: "all" | "";
}

export interface ListState {
  /** `first`: nothing has been read yet. `ready`: `assets` answers `query`. `failed`: it could not be read. */
  readonly status: "first" | "ready" | "failed";
  /** Whether an answer is under way, to a new query or for the next page. */
  readonly busy: boolean;
  readonly query: Query;
  readonly assets: readonly Asset[];
  /** Whether there are more than these. */
  readonly more: boolean;
  readonly failure: Failure | undefined;
}

/** A page of tokens has at most 50 assets, so a page of the list has no more. */
export const PAGE = 48;
const FOLLOW_FIRST_MS = 1.5 * SECOND;
const FOLLOW_LONGEST_MS = 30 * SECOND;
const ASKED_SINGLY = 3;

export class AssetList extends EventTarget {
  #state: ListState = { status: "first", busy: false, query: {}, assets: [], more: false, failure: undefined };
  #cursor: string | null = null;
  #life = new AbortController();
  #reading = new AbortController();
  #following = false;

  constructor(private readonly service: Service) {
    super();
  }

  get state(): ListState {
    return this.#state;
  }

  /** Begins to listen to what happens to assets elsewhere on the page. */
  connect(): void {
    this.#life.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.service.on("asset", (asset) => this.#put(asset), signal);
    this.service.on("gone", (id) => this.#drop(id), signal);
    this.service.on("owner", () => this.#forget(), signal);
    this.#follow();
  }

  /** Ends everything that is under way. */
  disconnect(): void {
    this.#life.abort();
    this.#reading.abort();
    this.#following = false;
  }

  /** Shows what answers `query`. The list before stays until the answer is there. */
  show(query: Query): Promise<void> {
    this.#set({ query, failure: undefined });
    return this.#read(true);
  }

  /** The next page, if there is one and none is under way. */
  async more(): Promise<void> {
    if (this.#state.more && !this.#state.busy) await this.#read(false);
  }

  /** Again what failed: the whole list, or the next page. */
  retry(): Promise<void> {
    return this.#read(this.#state.status !== "ready");
  }

  /** Somebody else is here: what the one before saw goes, and what is theirs is read. */
  #forget(): void {
    this.#reading.abort();
    this.#cursor = null;
    this.#set({ status: "first", busy: false, assets: [], more: false, failure: undefined });
    if (this.service.owner) void this.#read(true);
  }

  async #read(anew: boolean): Promise<void> {
    this.#reading.abort();
    const reading = (this.#reading = new AbortController());
    const { query } = this.#state;
    this.#set({ busy: true, failure: undefined });
    try {
      const found: Asset[] = [];
      let cursor = anew ? null : this.#cursor;
      // A page of a search may be short although more follows.
      do {
        const page: Page<Asset> = await this.service.api.get(`/assets?${parameters(query, cursor)}`, { signal: reading.signal });
        found.push(...page.data);
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < PAGE / 2);
      if (reading !== this.#reading || reading.signal.aborted) return;
      this.#cursor = cursor;
      const before = anew ? [] : this.#state.assets;
      const had = new Set(before.map(({ id }) => id));
      const assets = [...before, ...found.filter(({ id }) => !had.has(id))];
      this.#set({ status: "ready", busy: false, assets, more: cursor !== null });
      this.#follow();
    } catch (error) {
      if (reading !== this.#reading || isAbort(error)) return;
      this.#fail(failureOf(error), anew, reading.signal);
    }
  }

  #fail(failure: Failure, anew: boolean, signal: AbortSignal): void {
    this.#set({ status: anew ? "failed" : this.#state.status, busy: false, failure, ...(anew && { assets: [], more: false }) });
    if (failure.kind !== "offline") return;
    void online(signal).then(() => {
      if (!signal.aborted && this.#state.failure === failure) return this.retry();
      return undefined;
    });
  }

  /** A change from elsewhere: a new asset is shown first unless the query asks for others. */
  #put(asset: Asset): void {
    const { assets, query } = this.#state;
    const at = assets.findIndex(({ id }) => id === asset.id);
    if (at >= 0) {
      this.#set({ assets: assets.with(at, asset) });
    } else if (this.#state.status === "ready" && isPlain(query) && isRecent(asset, assets)) {
      this.#set({ assets: [asset, ...assets] });
    } else {
      return;
    }
    this.#follow();
  }

  #drop(id: string): void {
    const assets = this.#state.assets.filter((asset) => asset.id !== id);
    if (assets.length < this.#state.assets.length) this.#set({ assets });
  }

  /** Asks about unfinished assets, ever less often, and not at all while nobody looks or nothing is unfinished. */
  #follow(): void {
    if (this.#following || this.#life.signal.aborted || !this.#state.assets.some(isUnfinished)) return;
    this.#following = true;
    const { signal } = this.#life;
    void this.#followed(signal).finally(() => {
      if (this.#life.signal === signal) this.#following = false;
    });
  }

  async #followed(signal: AbortSignal): Promise<void> {
    let wait = FOLLOW_FIRST_MS;
    while (!signal.aborted) {
      await pause(wait, signal);
      await shown(signal);
      await online(signal);
      const unfinished = this.#state.assets.filter(isUnfinished);
      if (signal.aborted || unfinished.length === 0) return;
      const changed = await this.#askedAbout(unfinished, signal);
      wait = changed ? FOLLOW_FIRST_MS : Math.min(wait * 1.5, FOLLOW_LONGEST_MS);
    }
  }

  /** Whether anything has changed. A failure here is no news: the next question comes. */
  async #askedAbout(unfinished: readonly Asset[], signal: AbortSignal): Promise<boolean> {
    const before = JSON.stringify(unfinished);
    const found = new Map<string, Asset>();
    try {
      if (unfinished.length > ASKED_SINGLY && !this.#state.query.scope) {
        const page: Page<Asset> = await this.service.api.get("/assets?limit=100", { signal, patience: 0 });
        for (const asset of page.data) found.set(asset.id, asset);
      }
      const rest = unfinished.filter(({ id }) => !found.has(id)).slice(0, ASKED_SINGLY);
      for (const { id } of rest) {
        try {
          const { data } = await this.service.api.get<{ data: Asset }>(`/assets/${id}`, { signal, patience: 0 });
          found.set(id, data);
        } catch (error) {
          if (!(error instanceof Failure) || error.kind !== "missing") throw error;
          this.service.tell("gone", id);
        }
      }
    } catch (error) {
      if (!isAbort(error) && !(error instanceof Failure)) throw error;
    }
    const after = unfinished.flatMap(({ id }) => found.get(id) ?? []);
    const differing = after.filter((asset) => !before.includes(JSON.stringify(asset)));
    for (const asset of differing) this.service.tell("asset", asset);
    return differing.length > 0;
  }

  #set(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change };
    this.dispatchEvent(new Event("change"));
  }
}

function parameters(query: Query, cursor: string | null): URLSearchParams {
  const all = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of Object.entries(query)) if (value) all.set(name, String(value));
  if (all.get("order") === "newest") all.delete("order");
  if (cursor) all.set("cursor", cursor);
  return all;
}

const isPlain = (query: Query): boolean =>
  !query.q && !query.status && !query.visibility && !query.scope && query.order !== "oldest";

/** Whether an asset belongs to the top of a list with the newest first. */
const isRecent = (asset: Asset, assets: readonly Asset[]): boolean =>
  assets.length === 0 || asset.created_at >= (assets[0]?.created_at ?? "");
