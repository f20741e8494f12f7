/**
 * Mux's player as one thing with a state: it is loaded when somebody wants to watch, gets new addresses at the same place
 * before the old ones end, and says in one way why it does not play.
 */
import type MuxPlayerElement from "@mux/mux-player";
import { Failure, failureOf } from "../core/failure.js";
import { readManifest } from "../core/manifest.js";
import { isEnding, type Sources } from "../core/playback.js";
import { online, pause, SECOND } from "../core/time.js";

export interface Film {
  sources: Sources;
  /** New addresses in the place of these, null when there are none any more. */
  renew: () => Promise<Sources | null>;
  audio: boolean;
  /** Shown inside the player, "" for nothing. */
  title: string;
  /** What views are counted under, with a data key. */
  name: string;
  /** Where to begin, in seconds. */
  start: number;
  dataKey: string;
  /** What screen readers call the player's box that says why it does not play. */
  errorLabel: string;
}

export type PlayerTrouble =
  /** The player itself could not be loaded. */
  | "module"
  /** No network; it goes on by itself. */
  | "waiting"
  /** These addresses open nothing any more, and there are no others. */
  | "closed"
  /** This browser cannot play it, or the film is broken. */
  | "unplayable"
  /** What a Failure says. */
  | Failure;

const MODULE_MS = 12 * SECOND;
const METADATA_MS = 20 * SECOND;
/** How soon a renewal that failed is tried again. */
const RENEW_AGAIN_MS = 5 * SECOND;
/** A film that stops this often without playing on in between does not play. */
const TRIES = 3;
const PROGRESS_SECONDS = 2;
const LOOK_MS = SECOND;
/** How long a film may stand still, for want of data, until it is said; without a network sooner. */
const STILL_MS = 15 * SECOND;
const STILL_OFFLINE_MS = 2 * SECOND;
/** How long the player may take to go on by itself, and after a time without a network. */
const STUCK_MS = 40 * SECOND;
const STUCK_AGAIN_MS = 5 * SECOND;
const NETWORK_OFFLINE = 2000002;
const NETWORK_RECONNECTING = 2000003;

export class Player extends EventTarget {
  /** In the page while there is something to see, else undefined. */
  element: MuxPlayerElement | undefined;
  /** A still picture of the film, to cover the time in which the player changes addresses. */
  still: HTMLCanvasElement | undefined;
  trouble: PlayerTrouble | undefined;
  #life = new AbortController();
  #changing = false;
  /** Ends the present change of addresses when the player cannot open them. */
  #change = new AbortController();
  #tries = 0;
  #stoppedAt = 0;
  #renewNext = 0;
  #film: Film;

  constructor(film: Film) {
    super();
    this.#film = film;
    void this.#start();
  }

  /** Begins again where it stopped. */
  retry(): void {
    this.#tries = 0;
    this.#set(undefined);
    if (this.element) void this.#recover();
    else void this.#start();
  }

  end(): void {
    this.#life.abort();
    this.element?.pause();
    this.element?.remove();
    this.element = undefined;
    this.still = undefined;
  }

  get #ended(): boolean {
    return this.#life.signal.aborted;
  }

  #set(trouble: PlayerTrouble | undefined): void {
    this.trouble = trouble;
    this.dispatchEvent(new Event("change"));
  }

  async #start(): Promise<void> {
    try {
      await inTime(import("@mux/mux-player"), MODULE_MS);
    } catch (error) {
      console.error("The player could not be loaded:", error);
      if (!this.#ended) this.#set("module");
      return;
    }
    if (this.#ended) return;
    const film = this.#film;
    try {
      if (isEnding(film.sources)) film.sources = (await film.renew()) ?? film.sources;
    } catch (error) {
      if (!this.#ended) this.#set(failureOf(error));
      return;
    }
    if (this.#ended) return;
    this.element = this.#made(film);
    this.dispatchEvent(new Event("change"));
  }

  #made({ sources, audio, title, name, start, dataKey, errorLabel }: Film): MuxPlayerElement {
    const player = document.createElement("mux-player") as MuxPlayerElement;
    const attributes: Record<string, string | undefined> = {
      part: "player",
      "stream-type": "on-demand",
      "disable-cookies": "",
      playsinline: "",
      // With sound if the browser lets it, else without.
      autoplay: "any",
      "video-title": title || undefined,
      "metadata-video-title": name || undefined,
      "metadata-video-id": sources.playbackId,
      "start-time": start ? String(start) : undefined,
      poster: sources.thumbnail,
      "storyboard-src": sources.storyboard,
      audio: audio ? "" : undefined,
      ...(dataKey ? { "env-key": dataKey } : { "disable-tracking": "" }),
    };
    for (const [attribute, value] of Object.entries(attributes)) if (value !== undefined) player.setAttribute(attribute, value);
    player.src = sources.hls;
    // Casting would load a script of Google's.
    if (player.media) player.media.disableRemotePlayback = true;
    const { signal } = this.#life;
    // Before the player hears of it: one message says what is wrong, and not a second one over it.
    player.shadowRoot?.addEventListener("error", (event) => this.#failed(event), { capture: true, signal });
    for (const event of ["timeupdate", "play", "seeking"]) player.addEventListener(event, () => this.#moved(), { signal });
    for (const event of ["playing", "seeked"]) player.addEventListener(event, () => this.#plays(), { signal });
    nameDialog(player, errorLabel, signal);
    void this.#watch(player, signal);
    return player;
  }

  /** Notices when nothing arrives any more: the player itself would turn its wheel without an end. */
  async #watch(player: MuxPlayerElement, signal: AbortSignal): Promise<void> {
    let moved = Date.now();
    let onlineSince = 0;
    let before = "";
    while (!signal.aborted) {
      await pause(LOOK_MS, signal);
      const now = Date.now();
      const state = `${player.currentTime} ${bufferedSeconds(player)}`;
      if (state !== before || !wantsData(player) || this.#changing) moved = now;
      before = state;
      if (!navigator.onLine) onlineSince = now;
      const still = now - moved;
      if (this.trouble === "waiting" && still === 0) this.#set(undefined);
      if (!this.trouble && still > (navigator.onLine ? STILL_MS : STILL_OFFLINE_MS)) this.#set("waiting");
      if (this.trouble !== "waiting" || !navigator.onLine) continue;
      if (still > STUCK_MS || (onlineSince > moved && now - onlineSince > STUCK_AGAIN_MS)) {
        moved = now;
        void this.#recover();
      }
    }
  }

  #plays(): void {
    if (this.#changing) return;
    this.still = undefined;
    if (this.trouble === "waiting") this.#set(undefined);
  }

  /** Renews addresses that are about to end, if something is still to come. */
  #moved(): void {
    const player = this.element;
    if (!player || this.#changing || this.#ended) return;
    if (Math.abs(player.currentTime - this.#stoppedAt) > PROGRESS_SECONDS) this.#tries = 0;
    if (!isEnding(this.#film.sources) || Date.now() < this.#renewNext || isBuffered(player)) return;
    this.#renewNext = Date.now() + RENEW_AGAIN_MS;
    void this.#renewed().catch((error: unknown) => console.warn("The addresses of the video could not be renewed:", error));
  }

  /** True when there are new addresses and the player has them. */
  async #renewed(): Promise<boolean> {
    const sources = await this.#film.renew();
    if (!sources || this.#ended) return false;
    this.#film.sources = sources;
    await this.#moveOver();
    return true;
  }

  #failed(event: Event): void {
    if (!isOfMedia(event)) return;
    event.stopImmediatePropagation();
    const { detail: error } = event as CustomEvent<{ muxCode?: number } | null>;
    if (error?.muxCode === NETWORK_OFFLINE || error?.muxCode === NETWORK_RECONNECTING) return this.#set("waiting");
    console.warn("The player stopped:", error);
    if (this.#changing) this.#change.abort();
    else void this.#recover();
  }

  /** Finds out why the film stopped, and goes on if that is possible. */
  async #recover(): Promise<void> {
    if (this.#changing || this.#ended) return;
    this.#changing = true;
    this.#freeze();
    try {
      if (this.#tries >= TRIES) return this.#set("unplayable");
      this.#tries += 1;
      this.#stoppedAt = this.element?.currentTime ?? 0;
      if (!(await this.#opens())) {
        const sources = await this.#film.renew();
        if (!sources) return this.#set("closed");
        this.#film.sources = sources;
      }
      this.#changing = false;
      await this.#moveOver();
    } catch (error) {
      const failure = failureOf(error);
      if (this.#ended) return;
      this.#set(failure.kind === "missing" ? "closed" : failure);
      if (failure.kind === "offline") void online(this.#life.signal).then(() => (this.trouble === failure && !this.#ended ? this.retry() : undefined));
    } finally {
      this.#changing = false;
    }
  }

  async #opens(): Promise<boolean> {
    try {
      await readManifest(this.#film.sources.hls, this.#life.signal);
      return true;
    } catch (error) {
      if (error instanceof Failure && error.kind === "missing") return false;
      throw error;
    }
  }

  /** Gives the player the present addresses; everything else stays as it is. */
  async #moveOver(): Promise<void> {
    const player = this.element;
    if (!player || this.#changing || this.#ended) return;
    this.#changing = true;
    this.#change = new AbortController();
    const signal = AbortSignal.any([this.#change.signal, this.#life.signal]);
    this.#freeze();
    const { currentTime, paused, playbackRate, volume, muted } = player;
    const shownText = textTracks(player).find(({ mode }) => mode === "showing");
    player.autoplay = false;
    player.poster = "";
    player.startTime = currentTime;
    player.defaultPlaybackRate = playbackRate;
    player.src = this.#film.sources.hls;
    const { storyboard } = this.#film.sources;
    if (storyboard) player.setAttribute("storyboard-src", storyboard);
    const loaded = await happened(player, "loadedmetadata", METADATA_MS, signal);
    if (loaded) {
      if (Math.abs(player.currentTime - currentTime) > 0.3) player.currentTime = currentTime;
      Object.assign(player, { playbackRate, volume, muted });
      if (shownText) void this.#showText(player, shownText);
      if (paused) await happened(player, "canplay", METADATA_MS, signal);
      else await Promise.race([player.play().catch(() => undefined), pause(METADATA_MS, signal)]);
      player.playbackRate = playbackRate;
    }
    this.#changing = false;
    if (this.#ended) return;
    if (!loaded || this.#change.signal.aborted) return this.#recover();
    this.still = undefined;
    this.#set(undefined);
  }

  /** Tracks come with the new playlist, some time after it. */
  async #showText(player: MuxPlayerElement, { kind, language, label }: TextTrack): Promise<void> {
    for (let tries = 0; tries < 40 && !this.#ended; tries += 1) {
      const same = textTracks(player).find((track) => track.kind === kind && track.language === language && track.label === label);
      if (same) {
        same.mode = "showing";
        return;
      }
      await pause(250, this.#life.signal);
    }
  }

  #freeze(): void {
    const video = this.element?.media?.nativeEl;
    if (this.still || !(video instanceof HTMLVideoElement) || !video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.setAttribute("aria-hidden", "true");
    canvas.className = "still";
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    this.still = canvas;
    this.dispatchEvent(new Event("change"));
  }
}

/** Errors of the film, and not of a picture beside it. */
const isOfMedia = ({ target }: Event): boolean => target instanceof Element && target.localName === "mux-video";

const textTracks = (player: MuxPlayerElement): TextTrack[] =>
  [...(player.media?.textTracks ?? [])].filter(({ kind }) => kind === "subtitles" || kind === "captions");

/** Whether all that is still to be played is here already. */
function isBuffered({ buffered, currentTime, duration }: MuxPlayerElement): boolean {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) >= duration - 0.5) return true;
  }
  return false;
}

/** Whether the player stands still for want of data. */
const wantsData = ({ paused, ended, readyState, media }: MuxPlayerElement): boolean =>
  !ended && readyState < HTMLMediaElement.HAVE_FUTURE_DATA && (!paused || media?.seeking === true || readyState === HTMLMediaElement.HAVE_NOTHING);

function bufferedSeconds({ buffered }: MuxPlayerElement): number {
  let sum = 0;
  for (let index = 0; index < buffered.length; index += 1) sum += buffered.end(index) - buffered.start(index);
  return sum;
}

/** Whether the event comes before the time is over. */
function happened(target: EventTarget, event: string, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (value: boolean) => {
      over.abort();
      resolve(value);
    };
    target.addEventListener(event, () => end(true), { signal: over.signal });
    void pause(milliseconds, AbortSignal.any([over.signal, signal])).then(() => end(false));
  });
}

async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  const over = new AbortController();
  const late = pause(milliseconds, over.signal).then(() => {
    throw new Error("it takes too long");
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

/** Mux names this dialog when it opens; before that, while it fades, it would be one without a name. */
function nameDialog(player: MuxPlayerElement, label: string, signal: AbortSignal): void {
  const theme = player.mediaTheme?.shadowRoot;
  if (!theme) return;
  const name = () => theme.querySelector("media-error-dialog")?.setAttribute("aria-label", label);
  const observer = new MutationObserver(name);
  observer.observe(theme, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  name();
}
