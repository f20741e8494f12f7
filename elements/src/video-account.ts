import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Failure } from "./core/failure.js";
import type { Service } from "./core/service.js";
import { cut } from "./core/format.js";
import { pause, SECOND } from "./core/time.js";
import { VideoElement } from "./parts/base.js";
import { icon } from "./parts/icons.js";
import { controls, tokens } from "./parts/styles.js";
import { DEFAULT_SCOPE, checked, type TokenUse } from "./session/settings.js";
import { sessionOf, type AccountState, type Session } from "./session/session.js";
import { nameOf } from "./session/tokens.js";

export type { AccountState } from "./session/session.js";

/** Detail of `video-account-change`. */
export interface AccountChange {
  state: AccountState;
  /** The visitor's `sub`, "" for nobody. */
  owner: string;
}

/** Detail of `video-signing-out`. */
export interface SigningOut {
  /** Holds the sign-out until the promise resolves; with false the visitor stays signed in. */
  waitUntil: (answer: Promise<boolean>) => void;
}

/** How long a page may take to set an issuer. */
const CONFIGURED_WITHIN = 10 * SECOND;
const LONGEST_NAME = 40;
/** Pixels between what opens and the edge of the window. */
const EDGE = 8;

/**
 * Signs visitors in and out with any OpenID Connect issuer, and gives tokens to all elements of the same service.
 * A page that has a sign-in of its own gives the other elements a `token` instead and needs no <video-account>.
 *
 * @fires video-account-change - `state` or the visitor has changed.
 * @fires video-signing-out - Cancelable: the visitor wants to sign out.
 * @csspart sign-in - The button that signs in.
 * @csspart account - The button with the visitor's name.
 * @csspart menu - What opens below it.
 * @csspart problem - Why nobody could be signed in.
 */
@customElement("video-account")
export class VideoAccount extends VideoElement {
  static override styles = [tokens, controls, accountStyles()];

  /** The issuer's address: output `SignInIssuer` of the stack, or your own issuer. */
  @property() issuer = "";

  /** The client ID of this site at the issuer. */
  @property({ attribute: "client-id" }) clientId = "";

  /** What is asked for; some issuers renew sessions only with `offline_access` in it. */
  @property() scope = DEFAULT_SCOPE;

  /** Which token the API gets. */
  @property({ attribute: "token-use" }) tokenUse: TokenUse = "id_token";

  /** Names the API to issuers that make access tokens for one, such as Auth0. */
  @property() audience = "";

  /** Where the issuer sends visitors back to, as it is registered there; without one, the folder of this page. */
  @property({ attribute: "redirect-uri" }) redirectUri = "";

  /** Where visitors are after signing out; without one, `redirectUri`. */
  @property({ attribute: "post-logout-redirect-uri" }) postLogoutRedirectUri = "";

  @state() private session: Session | undefined;
  @state() private wrong: Failure | undefined;
  @state() private open = false;
  @state() private asking = false;
  @query(".account") private accountButton!: HTMLButtonElement | null;

  #known = "";
  #follow = new AbortController();
  #ready!: (session: Session | undefined) => void;
  readonly #begun = new Promise<Session | undefined>((resolve) => (this.#ready = resolve));

  /** `ended`: the session has ended although nobody signed out. */
  get state(): AccountState {
    if (this.wrong) return "signed-out";
    return this.session?.state ?? "starting";
  }

  /** Leaves for the issuer's page; the visitor is back at the same place afterwards. */
  async signIn(): Promise<void> {
    await this.session?.signIn();
  }

  /** Signs out after asking the page; resolves when that is done, or the visitor has stayed. */
  async signOut(): Promise<void> {
    if (this.asking || !this.session) return;
    this.asking = true;
    try {
      if (await this.#mayLeave()) await this.session.signOut();
    } finally {
      this.asking = false;
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#configure();
    void this.#missing();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#follow.abort();
    this.#known = "";
  }

  protected override begin(service: Service): void {
    service.tokens = this.#token;
    service.signIn = () => void this.signIn();
    this.#tell(service);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const names = ["issuer", "clientId", "scope", "tokenUse", "audience", "redirectUri", "postLogoutRedirectUri"] as const;
    if (names.some((name) => changed.has(name))) this.#configure();
  }

  #token = async (refused?: boolean): Promise<string> => {
    const session = this.session ?? (await this.#begun);
    return session?.token(refused) ?? "";
  };

  #configure(): void {
    // Properties are set one after the other: nothing is wrong before these two are there.
    if (!this.issuer?.trim() || !this.clientId?.trim()) return;
    const given = {
      issuer: this.issuer,
      clientId: this.clientId,
      scope: this.scope,
      tokenUse: this.tokenUse,
      audience: this.audience,
      redirectUri: this.redirectUri,
      postLogoutRedirectUri: this.postLogoutRedirectUri,
    };
    const known = JSON.stringify(given);
    if (known === this.#known) return;
    this.#known = known;
    this.#follow.abort();
    this.#follow = new AbortController();
    try {
      const session = sessionOf(checked(given, location.href));
      this.wrong = undefined;
      this.session = session;
      session.addEventListener("change", () => this.#changed(), { signal: this.#follow.signal });
      void session.start();
      this.#ready(session);
      this.#changed();
    } catch (error) {
      this.#misconfigure(error instanceof Failure ? error : new Failure("misconfigured", { detail: String(error) }));
    }
  }

  /** A page that sets no issuer at all, or half of it, is told so. */
  async #missing(): Promise<void> {
    await pause(CONFIGURED_WITHIN, this.life.signal);
    if (!this.isConnected || this.session || this.wrong) return;
    const name = this.issuer?.trim() ? "clientId" : "issuer";
    this.#misconfigure(new Failure("misconfigured", { detail: `${name} is not set` }));
  }

  #misconfigure(failure: Failure): void {
    console.error(`<video-account>: ${failure.detail}`);
    this.session = undefined;
    this.wrong = failure;
    this.#ready(undefined);
    this.#changed();
  }

  #last = "starting ";

  #changed(): void {
    this.requestUpdate();
    const { state } = this;
    const owner = this.session?.owner ?? "";
    const now = `${state} ${owner}`;
    if (now === this.#last) return;
    this.#last = now;
    if (state !== "signed-in") this.open = false;
    if (this.service) this.#tell(this.service);
    const detail: AccountChange = { state, owner };
    this.dispatchEvent(new CustomEvent("video-account-change", { detail, bubbles: true, composed: true }));
  }

  #tell(service: Service): void {
    const { state } = this;
    if (state === "signed-in") service.owner = this.session?.owner ?? "";
    if (state === "signed-out") service.owner = "";
    if (state === "ended") service.tell("ended", undefined);
  }

  async #mayLeave(): Promise<boolean> {
    const answers: Promise<boolean>[] = [];
    const detail: SigningOut = { waitUntil: (answer) => void answers.push(answer) };
    const event = new CustomEvent("video-signing-out", { detail, bubbles: true, composed: true, cancelable: true });
    if (!this.dispatchEvent(event)) return false;
    return (await Promise.all(answers)).every(Boolean);
  }

  protected override render(): TemplateResult {
    if (this.wrong) return this.#misconfigured();
    const { session } = this;
    if (!session || session.state === "starting") return html`<span class="place" aria-hidden="true"></span>`;
    if (session.state === "signed-in") return this.#signedIn(session);
    const ended = session.state === "ended";
    return html`
      <div class="out">
        ${ended ? html`<span class="ended" role="status">${this.t.account.ended}</span>` : nothing}
        <button type="button" class="primary" part="sign-in" aria-busy=${session.busy} ?disabled=${session.busy} @click=${this.signIn}>
          ${session.busy ? this.t.account.signingIn : ended ? this.t.account.signInAgain : this.t.common.signIn}
        </button>
      </div>
      ${this.#problem(session)}
    `;
  }

  #misconfigured(): TemplateResult {
    return html`
      <div class="out"><button type="button" class="primary" part="sign-in" disabled>${this.t.common.signIn}</button></div>
      <div class="panel" part="problem" role="alert"><p>${this.t.account.misconfigured}</p></div>
    `;
  }

  #problem(session: Session): TemplateResult | typeof nothing {
    const { problem } = session;
    if (!problem) return nothing;
    return html`
      <div class="panel" part="problem" role="alert">
        <p>${this.t.account[problem.kind]}</p>
        <p class="panel-actions">
          <button type="button" @click=${() => session.dismiss()}>${this.t.common.close}</button>
          ${problem.temporary
            ? html`<button type="button" class="primary" @click=${this.signIn}>${this.t.common.tryAgain}</button>`
            : nothing}
        </p>
      </div>
    `;
  }

  #signedIn(session: Session): TemplateResult {
    const { person } = session;
    const name = person ? cut(nameOf(person), LONGEST_NAME) : "";
    const email = person && person.email !== name ? person.email : "";
    const busy = this.asking || session.busy;
    return html`
      <div class="in" @keydown=${this.#key} @focusout=${this.#left}>
        <button
          type="button"
          class="quiet account"
          part="account"
          aria-expanded=${this.open}
          aria-controls="menu"
          @click=${() => (this.open = !this.open)}
        >
          <span class="initial" aria-hidden="true">${initialOf(name)}</span>
          <bdi class="name" aria-hidden="true">${name}</bdi>
          <span class="visually-hidden">${this.say(this.t.account.account, { name })}</span>
          ${icon("chevron")}
        </button>
        <div class="panel menu" part="menu" id="menu" ?hidden=${!this.open}>
          <p class="who"><bdi>${name}</bdi>${email ? html`<bdi class="muted">${email}</bdi>` : nothing}</p>
          <button type="button" aria-busy=${busy} ?disabled=${busy} @click=${this.signOut}>
            ${busy ? this.t.account.signingOut : this.t.account.signOut}
          </button>
        </div>
      </div>
    `;
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.open) return;
    event.stopPropagation();
    this.open = false;
    this.accountButton?.focus();
  };

  #left = ({ relatedTarget }: FocusEvent): void => {
    // Safari does not focus buttons that are pressed: then the focus goes nowhere.
    if (relatedTarget instanceof Node && !this.renderRoot.contains(relatedTarget)) this.open = false;
  };

  #pressedElsewhere = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.open = false;
  };

  /** Keeps what opens inside the window, wherever in its page the element stands. */
  #place(): void {
    const panel = this.renderRoot.querySelector<HTMLElement>(".panel:not([hidden])");
    if (!panel) return;
    panel.style.translate = "";
    const { left, right } = panel.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const by = left < EDGE ? EDGE - left : right > width - EDGE ? Math.max(width - EDGE - right, EDGE - left) : 0;
    if (by) panel.style.translate = `${by}px 0`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#place();
    if (!changed.has("open")) return;
    if (this.open) document.addEventListener("pointerdown", this.#pressedElsewhere);
    else document.removeEventListener("pointerdown", this.#pressedElsewhere);
  }
}

function initialOf(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name);
  return (first?.segment ?? "").toUpperCase();
}

function accountStyles() {
  return css`
    :host {
      position: relative;
      width: max-content;
      max-width: 100%;
      margin-inline-start: auto;
    }

    .place {
      display: block;
      width: 5.5rem;
      height: 2.5rem;
    }

    .out {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: flex-end;
      gap: 0.35rem 0.75rem;
    }

    .out > button {
      white-space: nowrap;
    }

    .ended {
      color: var(--_muted);
      font-size: 0.925rem;
    }

    .account {
      max-width: 100%;
      padding-inline: 0.4rem 0.5rem;
      font-weight: 500;
    }

    .account > svg.glyph {
      width: 1rem;
      height: 1rem;
      color: var(--_muted);
    }

    .initial {
      display: grid;
      flex: none;
      place-items: center;
      width: 1.75rem;
      height: 1.75rem;
      border: 1px solid transparent;
      border-radius: 50%;
      background: color-mix(in oklab, var(--_accent) 16%, var(--_back));
      color: var(--_text);
      font-size: 0.875rem;
      font-weight: 600;
    }

    .name {
      overflow: hidden;
      max-width: 12rem;
      text-overflow: ellipsis;
      white-space: nowrap;
    }

    .panel {
      position: absolute;
      inset-block-start: calc(100% + 0.5rem);
      inset-inline-end: 0;
      z-index: 20;
      width: max-content;
      max-width: min(22rem, calc(100vw - 2rem));
      padding: 1rem;
      border: 1px solid var(--_line);
      border-radius: var(--_radius);
      background: var(--_back);
      box-shadow: 0 12px 32px -12px #0005;
      overflow-wrap: anywhere;
    }

    .panel p {
      margin: 0;
    }

    .panel-actions {
      display: flex;
      flex-wrap: wrap;
      justify-content: flex-end;
      gap: 0.5rem;
      padding-top: 0.85rem;
    }

    .menu {
      min-width: 13rem;
    }

    .menu > button {
      width: 100%;
    }

    .who {
      display: grid;
      padding-bottom: 0.85rem;
      font-weight: 600;
    }

    .who > .muted {
      font-size: 0.9rem;
      font-weight: 400;
    }

    @media (max-width: 34rem) {
      .account > .name {
        display: none;
      }

      /* The button says as much; the sentence is for those who hear it. */
      .ended {
        position: absolute;
        width: 1px;
        height: 1px;
        overflow: hidden;
        clip-path: inset(50%);
        white-space: nowrap;
      }
    }
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    "video-account": VideoAccount;
  }

  interface HTMLElementEventMap {
    "video-account-change": CustomEvent<AccountChange>;
    "video-signing-out": CustomEvent<SigningOut>;
  }
}
