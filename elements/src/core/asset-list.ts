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
  /** `first`: nothing has been read yet. `ready`: there is a list. `failed`: there is none, for it could not be read. */
  readonly status: "first" | "ready" | "failed";
  /** Whether an answer is under way, to a new query or for the next page. */
  readonly busy: boolean;
  /** What was asked last. */
  readonly query: Query;
  /** What `assets` answer; not `query` while its answer is under way or has failed. */
  readonly answered: Query | undefined;
  readonly assets: readonly Asset[];
  /** Whether there are more than these. */
  readonly more: boolean;
  /** Why the last reading failed. */
  readonly failure: Failure | undefined;
}

/** A page of tokens has at most 50 assets, so a page of the list has no more. */
export const PAGE = 48;
const FOLLOW_FIRST_MS = 1.5 * SECOND;
const FOLLOW_LONGEST_MS = 30 * SECOND;
const ASKED_SINGLY = 3;
const NOTHING: ListState = {
  status: "first",
  busy: false,
  query: {},
  answered: undefined,
  assets: [],
  more: false,
  failure: undefined,
};

export class AssetList extends EventTarget {
  #state = NOTHING;
  #cursor: string | null = null;
  #life = new AbortController();
  #reading = new AbortController();
  /** Whether what is read, or was read last, is a list from its beginning. */
  #anew = true;
  /** What was heard of assets while a page was under way; null for those that are gone. */
  readonly #news = new Map<string, Asset | null>();
  #following = new AbortController();
  #resting = false;
  #turn = 0;

  constructor(private readonly service: Service) {
    super();
    this.#life.abort();
    this.#following.abort();
  }

  get state(): ListState {
    return this.#state;
  }

  /** Begins to listen to what happens to assets elsewhere, and to ask about unfinished ones. */
  connect(): void {
    this.#life.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.service.on("asset", (asset) => this.#put(asset), signal);
    this.service.on("gone", (id) => this.#drop(id), signal);
    this.service.on("owner", () => this.#forget(), signal);
    this.service.on("ended", () => this.#end(), signal);
    this.service.on("resumed", () => this.#state.failure?.kind === "signed-out" && void this.retry(), signal);
    this.follow();
  }

  /** Ends everything that is under way. */
  disconnect(): void {
    this.#life.abort();
    this.#reading.abort();
    this.#following.abort();
  }

  /** Shows what answers `query`. The list before stays until the answer is there. */
  show(query: Query): Promise<void> {
    this.#set({ query });
    return this.#read(true);
  }

  /** The next page, if there is one and nothing is under way or has failed. */
  async more(): Promise<void> {
    if (this.#state.more && !this.#state.busy && !this.#state.failure) await this.#read(false);
  }

  /** Again what failed: the whole list, or the next page. */
  retry(): Promise<void> {
    return this.#read(this.#anew);
  }

  /** Asks about unfinished assets, ever less often, and not at all while nobody looks or nothing is unfinished. */
  follow(): void {
    this.#resting = false;
    this.#follow();
  }

  #follow(): void {
    if (this.#resting || !this.#following.signal.aborted || this.#life.signal.aborted || !this.#state.assets.some(isUnfinished)) return;
    const following = (this.#following = new AbortController());
    void this.#followed(following.signal).finally(() => following.abort());
  }

  /** Asks about nothing until `follow` is called. */
  rest(): void {
    this.#resting = true;
    this.#following.abort();
  }

  /** Somebody else is here: what the one before saw goes, and what is theirs is read. */
  #forget(): void {
    this.#reading.abort();
    this.#following.abort();
    this.#cursor = null;
    this.#set({ ...NOTHING, query: this.#state.query });
    if (this.service.owner) void this.#read(true);
    else this.#set({ status: "failed", failure: new Failure("signed-out") });
  }

  /** The session has ended: what is shown stays, and it is said why nothing more comes. */
  #end(): void {
    if (this.#state.status === "first" && !this.#state.busy) return;
    this.#reading.abort();
    this.#fail(new Failure("signed-out"));
  }

  async #read(anew: boolean): Promise<void> {
    this.#reading.abort();
    const reading = (this.#reading = new AbortController());
    const { signal } = reading;
    const { query } = this.#state;
    this.#anew = anew;
    this.#news.clear();
    // What is typed without a network must not become a request for each key.
    if (!navigator.onLine) return this.#fail(new Failure("offline"), signal);
    this.#set({ busy: true, failure: undefined });
    try {
      const { found, cursor } = await this.#found(query, anew ? null : this.#cursor, signal);
      if (signal.aborted) return;
      this.#cursor = cursor;
      const before = anew ? [] : this.#state.assets;
      const had = new Set(before.map(({ id }) => id));
      const assets = [...before, ...found.filter(({ id }) => !had.has(id))];
      const news = [...this.#news];
      this.#set({ status: "ready", busy: false, assets, answered: query, more: cursor !== null });
      for (const [id, asset] of news) if (asset) this.#put(asset);
      else this.#drop(id);
      this.#follow();
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.#fail(failureOf(error), signal);
    }
  }

  /** A page's worth of assets: a page of a search may be short, or empty, although more follows. */
  async #found(query: Query, start: string | null, signal: AbortSignal): Promise<{ found: Asset[]; cursor: string | null }> {
    const found: Asset[] = [];
    let cursor = start;
    do {
      const page: Page<Asset> = await this.service.api.get(`/assets?${parameters(query, cursor)}`, { signal });
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < PAGE / 2);
    return { found, cursor };
  }

  /** What is shown stays where it is as good as before: not when it is of another scope. */
  #fail(failure: Failure, signal?: AbortSignal): void {
    const { status, answered, query } = this.#state;
    const kept = status === "ready" && (answered?.scope ?? "") === (query.scope ?? "");
    this.#set({ status: kept ? "ready" : "failed", busy: false, failure, ...(!kept && { assets: [], answered: undefined, more: false }) });
    if (failure.kind !== "offline" || !signal) return;
    void online(signal).then(() => (signal.aborted || this.#state.failure !== failure ? undefined : this.retry()));
  }

  /** A change from elsewhere. One that the list does not have comes in where it belongs, unless that is on a page not read yet. */
  #put(asset: Asset): void {
    if (this.#state.busy) this.#news.set(asset.id, asset);
    const { assets, answered, status, more } = this.#state;
    if (status !== "ready" || !answered) return;
    const at = assets.findIndex(({ id }) => id === asset.id);
    if (at >= 0) {
      const fits = suits(asset, answered);
      this.#set({ assets: fits ? assets.with(at, asset) : assets.toSpliced(at, 1) });
    } else {
      if (answered.q || answered.scope || !suits(asset, answered)) return;
      const before = assets.findIndex((other) => (answered.order === "oldest" ? isNewer(other, asset) : isNewer(asset, other)));
      if (before < 0 && more) return;
      this.#set({ assets: assets.toSpliced(before < 0 ? assets.length : before, 0, asset) });
    }
    this.#follow();
  }

  #drop(id: string): void {
    if (this.#state.busy) this.#news.set(id, null);
    const assets = this.#state.assets.filter((asset) => asset.id !== id);
    if (assets.length < this.#state.assets.length) this.#set({ assets });
  }

  async #followed(signal: AbortSignal): Promise<void> {
    let wait = FOLLOW_FIRST_MS;
    while (!signal.aborted) {
      await pause(wait, signal);
      await shown(signal);
      await online(signal);
      const unfinished = this.#state.assets.filter(isUnfinished);
      // Without a session there is no answer, and reading the list again starts this again.
      if (signal.aborted || unfinished.length === 0 || this.#state.failure?.kind === "signed-out") return;
      const changed = await this.#askedAbout(unfinished, signal);
      wait = changed ? FOLLOW_FIRST_MS : Math.min(wait * 1.5, FOLLOW_LONGEST_MS);
    }
  }

  /** Whether anything has changed. A failure here is no news: the next question comes. */
  async #askedAbout(unfinished: readonly Asset[], signal: AbortSignal): Promise<boolean> {
    const found = new Map<string, Asset>();
    try {
      if (unfinished.length > ASKED_SINGLY && !this.#state.query.scope) {
        const page: Page<Asset> = await this.service.api.get("/assets?limit=100", { signal, patience: 0 });
        for (const asset of page.data) found.set(asset.id, asset);
      }
      for (const { id } of this.#nextOf(unfinished.filter(({ id }) => !found.has(id)))) await this.#askedFor(id, found, signal);
    } catch (error) {
      if (!isAbort(error) && !(error instanceof Failure)) throw error;
    }
    if (signal.aborted) return false;
    // What has changed since was asked for before that.
    const asked = unfinished.filter((asset) => this.#state.assets.includes(asset));
    const news = asked.flatMap((before) => {
      const asset = found.get(before.id);
      return asset && JSON.stringify(asset) !== JSON.stringify(before) ? [asset] : [];
    });
    for (const asset of news) this.service.tell("asset", asset);
    return news.length > 0;
  }

  /** A few of these, and others at the next call. */
  #nextOf(assets: readonly Asset[]): Asset[] {
    const start = assets.length > ASKED_SINGLY ? (this.#turn += ASKED_SINGLY) % assets.length : 0;
    return [...assets.slice(start), ...assets.slice(0, start)].slice(0, ASKED_SINGLY);
  }

  async #askedFor(id: string, found: Map<string, Asset>, signal: AbortSignal): Promise<void> {
    try {
      const { data } = await this.service.api.get<{ data: Asset }>(`/assets/${id}`, { signal, patience: 0 });
      found.set(id, data);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "missing") throw error;
      this.service.tell("gone", id);
    }
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

/** Whether an asset still is what the list was asked for. Titles are the service's to compare. */
const suits = (asset: Asset, { status, visibility }: Query): boolean =>
  (!status || asset.status === status) && (!visibility || asset.visibility === visibility);

const isNewer = (asset: Asset, other: Asset): boolean => Date.parse(asset.created_at) > Date.parse(other.created_at);
