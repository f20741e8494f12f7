/** Who is signed in in this tab: the only place that changes it. */
import { Failure } from "../core/failure.js";
import { pause, SECOND } from "../core/time.js";
import { answerIn, refusalIn, withoutAnswer } from "./answer.js";
import { Keep } from "./keep.js";
import { described, Problem, problemOf } from "./problem.js";
import type { SessionSettings } from "./settings.js";
import { Tabs } from "./tabs.js";
import { begun, isDue, isForeign, isNewer, renewed, type Person, type Tokens } from "./tokens.js";

export type AccountState = "starting" | "signed-out" | "signed-in" | "ended";

/** After a renewal that failed for a passing reason, the next early one waits this long. */
const REST = 15 * SECOND;
/** A token that is refused this soon after it came is not renewed again. */
const FRESH = 10 * SECOND;
/** How long another tab may take to say that it has used a refresh token that was refused here. */
const LATE_WORD = 1.5 * SECOND;
/** Nobody waits longer for the issuer in order to sign out. */
const FAREWELL = 3 * SECOND;
/** Leaving the page may take this long; who is still here then has stayed. */
const LEAVING = 30 * SECOND;
const LONGEST_TIMER = 2 ** 31 - 1;

export class Session extends EventTarget {
  #state: AccountState = "starting";
  #tokens: Tokens | undefined;
  #person: Person | undefined;
  #problem: Problem | undefined;
  #busy = false;
  #started: Promise<void> | undefined;
  #renewal: Promise<void> | undefined;
  #restUntil = 0;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #leaving: AbortController | undefined;
  readonly #keep: Keep;
  readonly #tabs: Tabs;

  constructor(readonly settings: SessionSettings) {
    super();
    const name = `video-session ${settings.issuer} ${settings.clientId}`;
    this.#keep = new Keep(name);
    this.#tabs = new Tabs(name, {
      shown: () => (this.#state === "signed-in" && !this.#leaving ? this.#tokens : undefined),
      offered: (tokens) => this.#offered(tokens),
      signedOut: (at) => this.#signedOutElsewhere(at),
    });
    addEventListener("storage", (event) => {
      if (this.#keep.isSignOut(event)) this.#signedOutElsewhere(this.#keep.signedOutAt);
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      this.#set({ busy: false });
      this.#signedOutElsewhere(this.#keep.signedOutAt);
      this.#checkEnd();
    });
    document.addEventListener("visibilitychange", () => this.#checkEnd());
  }

  get state(): AccountState {
    return this.#state;
  }

  /** Who is signed in, or was until the session ended. */
  get person(): Person | undefined {
    return this.#person;
  }

  /** The `sub` that the API knows the visitor by; "" when nobody is signed in. */
  get owner(): string {
    return this.#tokens?.owner ?? "";
  }

  /** Why the last attempt to sign in failed. */
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Whether the page is about to leave for the issuer. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Finds out who is signed in: from the issuer's answer in the address, from this tab, or from another one. */
  start(): Promise<void> {
    return (this.#started ??= this.#start().catch((error: unknown) => this.#fail(problemOf(error))));
  }

  /** A token for the API; "" when nobody is signed in. Rejects with a Failure when the issuer cannot be asked for it. */
  async token(refused = false): Promise<string> {
    await this.start();
    const known = this.#tokens;
    if (!known || this.#state !== "signed-in") return "";
    const now = Date.now();
    const doubted = refused && now - known.from > FRESH;
    if (known.until > now && !doubted) {
      if (isDue(known, now) && known.refresh && now > this.#restUntil) void this.#renew().catch(() => undefined);
      return known.token;
    }
    try {
      await this.#renew();
    } catch (error) {
      if (!(error instanceof Problem) || !error.temporary) console.error(`<video-account>: ${described(error)}`);
      const offline = error instanceof Problem && error.kind === "offline";
      throw new Failure(offline ? "offline" : "unreachable", { detail: described(error) });
    }
    const after = this.#tokens;
    if (after && after.token !== known.token) return after.token;
    if (after && this.#state === "signed-in") this.#end();
    return "";
  }

  /** Leaves for the issuer's page; the visitor is back at the same place afterwards. */
  async signIn(): Promise<void> {
    if (this.#busy) return;
    this.#set({ problem: undefined });
    if (!isSecureContext || !crypto.subtle) {
      return this.#fail(new Problem("insecure", `${location.origin} is no secure context: use https, or localhost`));
    }
    this.#set({ busy: true });
    try {
      const { begin } = await issuerPart();
      const { attempt, address } = await begin(this.settings, withoutAnswer(location.href), this.#keep.asksAgain);
      if (!this.#keep.begin(attempt)) throw new Problem("storage", "sessionStorage cannot be written");
      location.assign(address);
      // Whoever is still here does not want to leave, or has to be able to try again.
      await pause(LEAVING / 3);
    } catch (error) {
      this.#fail(problemOf(error));
    }
    this.#set({ busy: false });
  }

  dismiss(): void {
    this.#set({ problem: undefined });
  }

  /**
   * Signs out, here, in the other tabs and at the issuer. Where the issuer ends its session on a page of its own,
   * nothing is forgotten before this page is really left: the browser may ask, and who stays is signed in.
   */
  async signOut(): Promise<void> {
    if (this.#busy) return;
    this.#set({ busy: true });
    const known = this.#tokens;
    const issuer = await Promise.race([issuerPart().catch(() => undefined), pause(FAREWELL)]);
    const server = issuer && (await Promise.race([issuer.discovered(this.settings).catch(() => undefined), pause(FAREWELL)]));
    const address = server && issuer.farewell(server, this.settings, known?.idToken);
    const finish = () => {
      const { refresh } = this.#tokens ?? {};
      this.#forget();
      if (refresh && server?.revocation_endpoint) issuer?.revoke(server.revocation_endpoint, this.settings, refresh);
    };
    if (address) {
      await this.#leave(address, finish);
    } else {
      this.#keep.asksAgain = true;
      finish();
    }
    this.#set({ busy: false });
  }

  /** Goes to `address`, and calls `left` when the page is left for it. Resolves when the visitor has stayed. */
  async #leave(address: string, left: () => void): Promise<void> {
    const leaving = (this.#leaving = new AbortController());
    const { signal } = leaving;
    addEventListener("pagehide", left, { signal });
    // The visitor has answered the browser's question with "stay".
    const { navigation } = globalThis as { navigation?: EventTarget };
    navigation?.addEventListener("navigateerror", () => leaving.abort(), { signal });
    location.assign(address);
    await pause(LEAVING, signal);
    leaving.abort();
    this.#leaving = undefined;
  }

  async #start(): Promise<void> {
    const kept = this.#keep.tokens;
    if (kept && kept.since > this.#keep.signedOutAt) this.#take(kept);
    else this.#keep.tokens = undefined;
    const answer = answerIn(location.href, this.settings.redirectUri);
    if (answer) return this.#complete(answer);
    if (this.#tokens && (this.#tokens.refresh || this.#tokens.until > Date.now())) return;
    await this.#tabs.ask(() => Boolean(this.#tokens && this.#tokens !== kept));
    if (this.#state === "starting") this.#set({ state: "signed-out" });
    this.#checkEnd();
  }

  async #complete(answer: URLSearchParams): Promise<void> {
    const attempt = this.#keep.take(answer.get("state"));
    const page = attempt && isHere(attempt.page) ? attempt.page : withoutAnswer(location.href);
    history.replaceState(history.state, "", page);
    try {
      const refused = refusalIn(answer);
      if (!attempt) throw refused && !answer.has("state") ? refused : new Problem("foreign", "this tab has begun no such sign-in");
      const { complete } = await issuerPart();
      if (refused) throw await this.#trusted(answer, refused);
      const tokens = begun(await complete(this.settings, attempt, answer), this.settings.tokenUse, Date.now());
      if (!tokens) throw new Problem("refused", `the issuer gave no ${this.settings.tokenUse}`);
      this.#keep.asksAgain = false;
      this.#take(tokens);
      this.#tabs.tell({ type: "tokens", tokens });
      if (!isHere(attempt.page)) location.replace(attempt.page);
    } catch (error) {
      this.#fail(problemOf(error));
    }
  }

  /** The problem in an answer, unless another issuer says so. */
  async #trusted(answer: URLSearchParams, refused: Problem): Promise<Problem> {
    const named = answer.get("iss");
    if (named === null || named.replace(/\/+$/, "") === this.settings.issuer) return refused;
    return new Problem("other-issuer", `the answer is from ${JSON.stringify(named)}, but this page trusts ${this.settings.issuer} only`);
  }

  #renew(): Promise<void> {
    return (this.#renewal ??= this.#renewedOnce().finally(() => (this.#renewal = undefined)));
  }

  /** Renews the tokens or takes those that another tab has renewed. Leaves them as they are when the issuer gives none. */
  async #renewedOnce(): Promise<void> {
    const before = this.#tokens;
    const used = before?.refresh;
    if (!before || !used) return;
    const done = () => this.#tokens?.refresh !== used || this.#tokens.token !== before.token;
    try {
      await this.#tabs.alone(used, done, () => this.#renewWith(used, done));
    } catch (error) {
      this.#restUntil = Date.now() + REST;
      throw problemOf(error);
    }
  }

  async #renewWith(used: string, done: () => boolean): Promise<void> {
    const issuer = await issuerPart();
    try {
      const answer = await issuer.refresh(this.settings, used);
      const before = this.#tokens;
      if (done() || !before) return await this.#nobodys(answer.refresh_token);
      if (isForeign(before, answer, this.settings.tokenUse)) throw new issuer.Refusal("the new tokens are somebody else's");
      const tokens = renewed(before, answer, this.settings.tokenUse, Date.now());
      // Without the token that is needed there is no use in asking again before the old one has ended.
      if (tokens.token === before.token) this.#restUntil = before.until;
      this.#take(tokens);
      this.#tabs.tell({ type: "tokens", tokens });
    } catch (error) {
      if (!(error instanceof issuer.Refusal)) throw error;
      // A tab that holds the same refresh token may have been faster.
      await this.#tabs.answered(done, LATE_WORD);
      if (done() || !this.#tokens) return;
      console.warn(`<video-account>: the session is not renewed: ${error.message}`);
      this.#take({ ...this.#tokens, refresh: undefined });
    }
  }

  /** Tokens that come after signing out are kept by nobody. */
  async #nobodys(refresh: string | undefined): Promise<void> {
    if (!refresh || this.#tokens) return;
    const issuer = await issuerPart();
    const { revocation_endpoint: endpoint } = await issuer.discovered(this.settings);
    if (endpoint) issuer.revoke(endpoint, this.settings, refresh);
  }

  #offered(tokens: Tokens): void {
    if (tokens.since <= this.#keep.signedOutAt) return;
    if (this.#tokens && !isNewer(tokens, this.#tokens)) return;
    this.#take(tokens);
  }

  #signedOutElsewhere(at: number): void {
    const since = this.#tokens?.since ?? this.#keep.tokens?.since;
    if (since === undefined || since > at) return;
    this.#drop("signed-out");
  }

  #take(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#person = tokens.person;
    this.#keep.tokens = tokens;
    this.#tabs.present(true);
    this.#set({ state: "signed-in", problem: undefined });
    this.#checkEnd();
  }

  /** Forgets everything, in all tabs. */
  #forget(): void {
    const at = Date.now();
    this.#keep.signedOutAt = at;
    this.#tabs.tell({ type: "signed-out", at });
    this.#drop("signed-out");
  }

  #end(): void {
    this.#drop("ended");
  }

  #drop(state: "signed-out" | "ended"): void {
    clearTimeout(this.#endTimer);
    this.#tokens = undefined;
    this.#keep.tokens = undefined;
    this.#tabs.present(false);
    if (state === "signed-out") this.#person = undefined;
    this.#set({ state });
  }

  /** A session that nothing can renew ends with its token, whether anything is asked for or not. */
  #checkEnd(): void {
    clearTimeout(this.#endTimer);
    if (this.#state !== "signed-in" || !this.#tokens || this.#tokens.refresh) return;
    const left = this.#tokens.until - Date.now();
    if (left <= 0) return this.#end();
    this.#endTimer = setTimeout(() => this.#checkEnd(), Math.min(left, LONGEST_TIMER));
  }

  #fail(problem: Problem): void {
    console.error(`<video-account>: ${problem.message}`);
    this.#set({ problem, ...(this.#state === "starting" && { state: "signed-out" as const }) });
  }

  #set(change: { state?: AccountState; problem?: Problem | undefined; busy?: boolean }): void {
    if (change.state) this.#state = change.state;
    if ("problem" in change) this.#problem = change.problem;
    if (change.busy !== undefined) this.#busy = change.busy;
    this.dispatchEvent(new Event("change"));
  }
}

const sessions = new Map<string, Session>();

/** The session at an issuer: all elements of a page with the same settings share one. */
export function sessionOf(settings: SessionSettings): Session {
  const key = JSON.stringify(settings);
  const session = sessions.get(key) ?? new Session(settings);
  sessions.set(key, session);
  return session;
}

const isHere = (page: string): boolean => {
  const { origin, pathname } = new URL(page, location.href);
  return origin === location.origin && pathname === location.pathname;
};

type IssuerPart = typeof import("./issuer.js");

async function issuerPart(): Promise<IssuerPart> {
  try {
    return await import("./issuer.js");
  } catch (error) {
    throw new Problem(navigator.onLine ? "unreachable" : "offline", `the script that signs in cannot be loaded: ${String(error)}`);
  }
}
