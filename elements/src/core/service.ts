/** One video service as a page sees it: its API, its playback, and word of every change. Elements with one address share it. */
import { address } from "./address.js";
import { Api, type TokenSource } from "./api.js";
import { Gallery } from "./gallery.js";
import { OneAsset } from "./one-asset.js";
import { failureOf, type Failure } from "./failure.js";
import { claimsHold, claimsOf, subjectOf } from "./jwt.js";
import { MUX_HOSTS, Playback, type Hosts } from "./playback.js";
import { Tabs } from "./tabs.js";
import type { Asset } from "./types.js";

/** What the page configures once, with `configure`, for all elements on it. Attributes of an element win over it. */
export interface Settings {
  /** Output `ApiUrl` of the stack. */
  api: string;
  /** Where Mux streams from, if not from its own host. */
  stream?: string;
  /** Where Mux sends pictures from, if not from its own host. */
  image?: string;
  /** A Mux Data environment key; without one, views are reported to nobody. */
  dataKey?: string;
}

export interface ServiceEvents {
  /** An asset is new or has changed. */
  asset: Asset;
  /** The id of an asset that is gone. */
  gone: string;
  /** Somebody else, or nobody, is signed in now. The text is their `sub`, "" for nobody. */
  owner: string;
  /** The session has ended although nobody signed out. */
  ended: undefined;
  /** Who was signed in before the session ended is so again. */
  resumed: undefined;
}

export class Service {
  readonly api: Api;
  readonly playback: Playback;
  readonly gallery: Gallery;
  /** Begins a sign-in; undefined where no <video-account> does that. */
  signIn: (() => void) | undefined;
  #source: TokenSource = () => "";
  #owner = "";
  #ended = false;
  #claims: Record<string, unknown> = {};
  readonly #target = new EventTarget();
  readonly #tabs: Tabs;
  readonly #assets = new Map<string, OneAsset>();

  constructor(
    readonly base: string,
    hosts: Hosts,
    readonly dataKey = "",
  ) {
    this.api = new Api(base, (renew) => this.#token(renew));
    this.playback = new Playback(this.api, hosts);
    this.gallery = new Gallery(this.api);
    // What an owner does on this page shows in the gallery when somebody comes back to it.
    this.on("asset", () => this.gallery.expire());
    this.on("gone", (id) => this.gallery.drop((video) => video.id === id));
    this.#tabs = new Tabs(base, ({ type, detail }) => this.#dispatch(type, detail));
  }

  /** The `sub` of who is signed in, as far as a token has been seen; "" for nobody. */
  get owner(): string {
    return this.#owner;
  }

  /** Whether the visitor's token names this group, whichever claim it is in: a hint at what to offer, no permission. */
  isIn(group: string): boolean {
    return this.#owner !== "" && claimsHold(this.#claims, group);
  }

  /** Where tokens come from: a sign-in element, or the page itself. Elements that were there before hear of the owner. */
  set tokens(source: TokenSource) {
    if (source === this.#source) return;
    this.#source = source;
    // Whoever asks for something next hears of the failure.
    this.#token().catch(() => undefined);
  }

  /** Who is signed in has changed: nothing of the one before may stay. */
  set owner(sub: string) {
    const resumed = this.#ended && sub === this.#owner;
    this.#ended = false;
    if (resumed) this.tell("resumed", undefined);
    if (sub === this.#owner) return;
    this.#owner = sub;
    this.playback.forget();
    this.#assets.clear();
    this.#tabs.open(sub);
    this.tell("owner", sub);
  }

  /** The state of one asset, shared by all elements that show it. */
  asset(id: string): OneAsset {
    const known = this.#assets.get(id);
    if (known) return known;
    const asset = new OneAsset(this, id);
    this.#assets.set(id, asset);
    return asset;
  }

  on<K extends keyof ServiceEvents>(type: K, listener: (detail: ServiceEvents[K]) => void, signal?: AbortSignal): void {
    const options = signal ? { signal } : {};
    this.#target.addEventListener(type, (event) => listener((event as CustomEvent<ServiceEvents[K]>).detail), options);
  }

  /** Says what has changed to all elements with this service; what has changed of assets, to those in other tabs too. */
  tell<K extends keyof ServiceEvents>(type: K, detail: ServiceEvents[K]): void {
    if (type === "ended") this.#ended = true;
    this.#dispatch(type, detail);
    if (type === "asset") this.#tabs.tell({ type, detail: detail as Asset });
    if (type === "gone") this.#tabs.tell({ type, detail: detail as string });
  }

  #dispatch(type: string, detail: unknown): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async #token(renew?: boolean): Promise<string> {
    const source = this.#source;
    const jwt = await source(renew);
    if (source !== this.#source) return this.#token(renew);
    if (jwt) {
      this.#claims = claimsOf(jwt) ?? {};
      this.owner = subjectOf(jwt) || this.#owner;
    }
    return jwt;
  }
}

const services = new Map<string, Service>();
let settled: Settings | undefined;
const waiting = new EventTarget();

/** Sets the service that elements without an `api` attribute use. Elements that were there before begin to work now. */
export function configure(settings: Settings): void {
  settled = settings;
  waiting.dispatchEvent(new Event("configured"));
}

/** Calls back when `configure` is called. */
export function whenConfigured(listener: () => void, signal: AbortSignal): void {
  waiting.addEventListener("configured", listener, { signal });
}

/**
 * The service at `api`, or the configured one; undefined while nothing is configured; a Failure `misconfigured` names
 * what is wrong.
 */
export function serviceAt(api: string | undefined): Service | Failure | undefined {
  const wanted = api?.trim() || settled?.api;
  if (wanted === undefined) return undefined;
  try {
    const base = address(wanted, api?.trim() ? "the attribute api" : "api");
    const known = services.get(base);
    if (known) return known;
    const hosts = {
      stream: settled?.stream?.trim() ? address(settled.stream, "stream") : MUX_HOSTS.stream,
      image: settled?.image?.trim() ? address(settled.image, "image") : MUX_HOSTS.image,
    };
    const service = new Service(base, hosts, settled?.dataKey?.trim() ?? "");
    services.set(base, service);
    return service;
  } catch (error) {
    return failureOf(error);
  }
}
