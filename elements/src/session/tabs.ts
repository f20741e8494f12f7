/** What the tabs of one session tell each other, and how only one of them renews. */
import { pause, SECOND } from "../core/time.js";
import { isTokens, type Tokens } from "./tokens.js";

type Word =
  /** A tab begins, or is about to renew: whoever has tokens shows them. */
  | { type: "ask" }
  | { type: "tokens"; tokens: Tokens }
  | { type: "signed-out"; at: number }
  /** A tab is about to use a refresh token. The lowest `turn` may. */
  | { type: "claim"; used: string; turn: number };

export interface Listener {
  /** What this tab would show another one. */
  shown: () => Tokens | undefined;
  offered: (tokens: Tokens) => void;
  signedOut: (at: number) => void;
}

/** How long another tab may take to answer, when one is known to be there and when nobody knows. */
const KNOWN_THERE = 3 * SECOND;
const PERHAPS_THERE = 0.4 * SECOND;
const CLAIM = 0.25 * SECOND;
const LONGEST_RENEWAL = 25 * SECOND;

export class Tabs {
  readonly #channel: BroadcastChannel | undefined;
  readonly #heard = new EventTarget();
  #turn: { used: string; turn: number } | undefined;
  #release: (() => void) | undefined;

  constructor(
    private readonly name: string,
    private readonly listener: Listener,
  ) {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Word);
  }

  tell(word: Word): void {
    this.#channel?.postMessage(word);
  }

  /** Asks the other tabs for tokens; resolves when some came or nobody seems to have any. */
  async ask(enough: () => boolean): Promise<void> {
    const wait = await this.#longestAnswer();
    if (!this.#channel || wait === 0) return;
    this.tell({ type: "ask" });
    await this.#until(enough, wait);
  }

  /** Says that this tab is signed in, for as long as it is, so that a new one knows whether to wait for an answer. */
  present(signedIn: boolean): void {
    if (!navigator.locks || signedIn === Boolean(this.#release)) return;
    this.#release?.();
    this.#release = undefined;
    if (!signedIn) return;
    const left = new Promise<void>((resolve) => (this.#release = resolve));
    void navigator.locks.request(`${this.name}:signed-in`, { mode: "shared" }, () => left).catch(() => undefined);
  }

  /**
   * Runs `renew` in one tab at a time. `done` says whether another tab has renewed meanwhile, then nothing is run.
   */
  async alone(used: string, done: () => boolean, renew: () => Promise<void>): Promise<void> {
    if (!navigator.locks) return this.#inTurn(used, done, renew);
    const options = { signal: AbortSignal.timeout(LONGEST_RENEWAL) };
    await navigator.locks.request(`${this.name}:renewal`, options, async () => {
      // The word of a tab that has just renewed may still be on its way.
      if (!done()) await this.answered(done);
      if (!done()) await renew();
    });
  }

  /** Asks whether another tab has newer tokens, for a moment. */
  async answered(done: () => boolean, moment = CLAIM): Promise<void> {
    this.tell({ type: "ask" });
    await this.#until(done, moment);
  }

  /** Without Web Locks: who has drawn the lowest number goes, the others wait for what it brings. */
  async #inTurn(used: string, done: () => boolean, renew: () => Promise<void>): Promise<void> {
    const mine = (this.#turn = { used, turn: Math.random() });
    let first = true;
    const other = (event: Event) => {
      const claim = (event as CustomEvent<Word>).detail;
      if (claim.type === "claim" && claim.used === used && claim.turn < mine.turn) first = false;
    };
    this.#heard.addEventListener("word", other);
    try {
      this.tell({ type: "ask" });
      this.tell({ type: "claim", ...mine });
      await this.#until(() => done() || !first, CLAIM);
      if (!first) await this.#until(done, LONGEST_RENEWAL);
      // Whoever claims from now on waits.
      mine.turn = -1;
      if (!done()) await renew();
    } finally {
      this.#heard.removeEventListener("word", other);
      if (this.#turn === mine) this.#turn = undefined;
    }
  }

  #hear(word: Word): void {
    if (word.type === "ask") {
      const tokens = this.listener.shown();
      if (tokens) this.tell({ type: "tokens", tokens });
    } else if (word.type === "tokens" && isTokens(word.tokens)) {
      this.listener.offered(word.tokens);
    } else if (word.type === "signed-out") {
      this.listener.signedOut(word.at);
    } else if (word.type === "claim" && this.#turn?.used === word.used && this.#turn.turn < word.turn) {
      // The other tab began later: it has not heard of this one.
      this.tell({ type: "claim", ...this.#turn });
    }
    this.#heard.dispatchEvent(new CustomEvent("word", { detail: word }));
  }

  async #until(holds: () => boolean, limit: number): Promise<void> {
    if (holds()) return;
    const end = new AbortController();
    const check = () => {
      if (holds()) end.abort();
    };
    this.#heard.addEventListener("word", check, { signal: end.signal });
    await pause(limit, end.signal);
    end.abort();
  }

  /** How long a signed-in tab may take to answer; 0 when there is none. */
  async #longestAnswer(): Promise<number> {
    if (!navigator.locks?.query) return PERHAPS_THERE;
    try {
      const { held = [] } = await navigator.locks.query();
      return held.some(({ name }) => name === `${this.name}:signed-in`) ? KNOWN_THERE : 0;
    } catch {
      return PERHAPS_THERE;
    }
  }
}
