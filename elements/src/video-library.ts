import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { AssetList, type Query } from "./core/asset-list.js";
import { Failure } from "./core/failure.js";
import type { Service } from "./core/service.js";
import { pause } from "./core/time.js";
import type { Asset, Usage } from "./core/types.js";
import { Batch, type Deed } from "./library/batch.js";
import { card, skeleton } from "./library/card.js";
import { Pictures } from "./library/pictures.js";
import { hints } from "./library/room.js";
import { Selection } from "./library/selection.js";
import { libraryStyles } from "./library/styles.js";
import { VideoElement } from "./parts/base.js";
import { icon, type Icon } from "./parts/icons.js";
import { message, messageStyles } from "./parts/message.js";
import { asked, questionStyles, unask } from "./parts/question.js";
import { controls, tokens } from "./parts/styles.js";

const TYPING_MS = 250;
const USAGE_MS = 1500;
const SKELETONS = 8;
const LONGEST_SEARCH = 100;
/** How far below the page the next part of the list is asked for. */
const AHEAD = "800px";
const SHOWN: Readonly<Record<string, Query>> = {
  all: {},
  public: { visibility: "public" },
  private: { visibility: "private" },
  preparing: { status: "preparing" },
  errored: { status: "errored" },
};

/**
 * The videos of who is signed in: searched, filtered, opened, and many of them published or deleted at once.
 *
 * @fires video-open - Somebody opens a video; `detail` is the asset. Canceled, the link is not followed.
 * @csspart card - One video.
 * @csspart picture - The picture of a video.
 * @csspart tools - Search, filter and order.
 * @csspart bar - What is done to the selected videos.
 */
@customElement("video-library")
export class VideoLibrary extends VideoElement {
  static override styles = [tokens, controls, messageStyles, questionStyles, libraryStyles];

  /** Where a video opens: `{id}` is replaced by its id. Without a link, listen to `video-open`. */
  @property() link = "";

  /** `all` shows everybody's videos; the API allows it to administrators. */
  @property() scope: "all" | "" = "";

  /**
   * The stack's `AdminGroup`: visitors whose token names it choose between their videos and everybody's. The API decides
   * what they see.
   */
  @property({ attribute: "admin-group" }) adminGroup = "";

  @state() private words = "";
  @state() private show = "all";
  @state() private order: "newest" | "oldest" = "newest";
  @state() private selecting = false;
  @state() private batch: Batch | undefined;
  @state() private usage: Usage | undefined;

  #list: AssetList | undefined;
  #pictures: Pictures | undefined;
  readonly #selection = new Selection();
  #typing = new AbortController();
  #measuring = new AbortController();
  #asked = false;
  #owner = "";
  #measured = "";
  readonly #size = new ResizeObserver(([entry]) => this.#resized((entry?.contentRect.width ?? 0) > 0));
  readonly #end = new IntersectionObserver((entries) => this.#near(entries.some(({ isIntersecting }) => isIntersecting)), {
    rootMargin: `0px 0px ${AHEAD}`,
  });
  #observed: Element | undefined;

  /** Puts the focus on the card of a video, such as the one that a visitor comes back from; false if it is not here. */
  focusVideo(id: string): boolean {
    const link = this.renderRoot.querySelector<HTMLElement>(`.card[data-id="${CSS.escape(id)}"] .open`);
    link?.focus({ preventScroll: true });
    return Boolean(link);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#escape);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#size.disconnect();
    this.#end.disconnect();
    this.#observed = undefined;
    document.removeEventListener("keydown", this.#escape);
    this.#measuring.abort();
    this.#typing.abort();
    this.#list?.disconnect();
    this.#list = undefined;
    unask(this);
  }

  protected override begin(service: Service): void {
    const { signal } = this.life;
    this.#list?.disconnect();
    const list = (this.#list = new AssetList(service));
    this.#pictures = new Pictures(service, () => this.requestUpdate(), signal);
    this.#asked = false;
    this.#measured = "";
    this.#owner = service.owner;
    this.usage = undefined;
    list.addEventListener("change", () => this.#changed(), { signal });
    service.on("owner", (owner) => this.#forget(owner), signal);
    for (const type of ["asset", "gone"] as const) service.on(type, () => this.usage && void this.#measure(), signal);
    // A list that nobody sees is not read; who sees it is told anew, once the page's own script has run.
    this.#size.unobserve(this);
    this.#size.observe(this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has("scope") && this.hasUpdated) {
      this.words = "";
      this.show = "all";
      this.#leave();
      this.#ask();
    }
    if (changed.has("token") && this.#list?.state.failure?.kind === "signed-out") this.#ask();
  }

  protected override updated(): void {
    const further = this.renderRoot.querySelector(".further") ?? undefined;
    if (further === this.#observed) return;
    if (this.#observed) this.#end.unobserve(this.#observed);
    this.#observed = further;
    if (further) this.#end.observe(further);
  }

  protected override render(): TemplateResult {
    if (this.misconfigured) return message({ icon: "alert", title: this.sentence(this.misconfigured), failure: true });
    const list = this.#list?.state;
    if (!list) return html``;
    const { status, assets, failure, busy, answered } = list;
    if (status === "failed" && !busy && failure) return html`<div class="library">${this.#whose()}${this.#failed(failure)}</div>`;
    const plain = !this.words && this.show === "all";
    const empty = status === "ready" && assets.length === 0 && !busy && answered === list.query;
    return html`
      <div class="library">
        ${empty && plain ? this.#whose() : this.#tools(status === "ready")}
        ${status === "ready" && failure && !this.#furtherFailed ? this.#strip(failure) : nothing}
        ${this.#summary()}
        ${empty ? this.#nothing(plain) : this.#cards()}
        ${this.#further()} ${this.#bar()}
      </div>
    `;
  }

  // What stands around the list.

  #whose(): TemplateResult | typeof nothing {
    const administrator = Boolean(this.adminGroup && this.service?.isIn(this.adminGroup));
    if (!administrator && !this.scope) return nothing;
    const side = (scope: "" | "all", text: string) => html`
      <button type="button" aria-pressed=${this.scope === scope} @click=${() => (this.scope = scope)}>${text}</button>
    `;
    return html`<div class="tools"><div class="whose">${side("", this.say(this.t.library.mine))}${side("all", this.say(this.t.library.everybody))}</div></div>`;
  }

  #tools(ready: boolean): TemplateResult {
    const t = this.t.library;
    const option = (value: string, text: string, chosen: string) =>
      html`<option value=${value} .selected=${value === chosen}>${text}</option>`;
    // The API does not search or filter everybody's videos.
    const own = !this.scope;
    return html`
      ${this.#whose()}
      <div class="tools" part="tools" role="search">
        ${own
          ? html`
              <label class="search">
                <span class="visually-hidden">${this.say(t.search)}</span>${icon("search")}
                <input
                  type="search" placeholder=${this.say(t.search)} maxlength=${LONGEST_SEARCH} autocomplete="off" enterkeyhint="search"
                  .value=${this.words} @input=${this.#typed} @keydown=${this.#entered}
                />
              </label>
              <label class="choice">
                <span class="visually-hidden">${this.say(t.show)}</span>
                <select @change=${this.#filtered}>
                  ${option("all", this.say(t.all), this.show)} ${option("public", this.say(this.t.common.public), this.show)}
                  ${option("private", this.say(this.t.common.private), this.show)}
                  ${option("preparing", this.say(this.t.common.preparing), this.show)}
                  ${option("errored", this.say(this.t.common.errored), this.show)}
                </select>
                ${icon("chevron")}
              </label>
            `
          : nothing}
        <label class="choice">
          <span class="visually-hidden">${this.say(t.order)}</span>
          <select @change=${this.#ordered}>
            ${option("newest", this.say(t.newest), this.order)} ${option("oldest", this.say(t.oldest), this.order)}
          </select>
          ${icon("chevron")}
        </label>
        <button
          type="button" class="select" aria-pressed=${this.selecting} ?disabled=${!ready || this.batch?.running}
          @click=${() => (this.selecting ? this.#leave() : (this.selecting = true))}
        >${this.say(t.select)}</button>
      </div>
    `;
  }

  #summary(): TemplateResult {
    const { status, assets, more, query, answered, failure } = this.#list!.state;
    const t = this.t.library;
    const stale = answered !== query;
    const count = more ? t.countMore : t.count;
    const text =
      status === "first" ? this.say(this.t.common.loading)
      : stale ? (failure ? "" : this.say(t.reading))
      : assets.length ? this.say(count, { n: assets.length })
      : "";
    const room = this.scope ? [] : hints(this.usage, t);
    return html`
      <div class="summary">
        <p role="status" class="count">${text}</p>
        ${room.map(({ text: entry, values, full }) => html`<p class="room ${full ? "full" : ""}">${this.say(entry, values)}</p>`)}
      </div>
    `;
  }

  #strip(failure: Failure, anew = true): TemplateResult {
    const signIn = failure.kind === "signed-out" ? this.service?.signIn : undefined;
    const text = failure.kind === "signed-out" ? this.say(this.t.library.endedText) : this.sentence(failure);
    return html`
      <div class="strip" role="alert" data-anew=${anew}>
        ${icon("alert")}
        <p>${text}</p>
        ${failure.temporary && failure.kind !== "offline"
          ? html`<button type="button" @click=${this.#retry}>${this.say(this.t.common.tryAgain)}</button>`
          : nothing}
        ${signIn ? html`<button type="button" class="primary" @click=${signIn}>${this.say(this.t.common.signIn)}</button>` : nothing}
      </div>
    `;
  }

  #failed(failure: Failure): TemplateResult {
    const t = this.t.library;
    if (failure.kind === "signed-out") {
      const signIn = this.service?.signIn;
      const actions = signIn ? [{ label: this.say(this.t.common.signIn), run: signIn, primary: true }] : [];
      return message({ icon: "lock", title: this.say(t.signedOutTitle), actions });
    }
    const actions = failure.temporary && failure.kind !== "offline" ? [{ label: this.say(this.t.common.tryAgain), run: this.#retry }] : [];
    return message({ icon: "alert", title: this.say(t.failedTitle), text: this.sentence(failure), failure: true, actions });
  }

  #nothing(plain: boolean): TemplateResult {
    const t = this.t.library;
    if (plain) {
      return this.scope
        ? message({ icon: "film", title: this.say(t.emptyAll) })
        : message({ icon: "film", title: this.say(t.emptyTitle), text: this.say(t.emptyText) });
    }
    return message({
      icon: "search",
      title: this.say(t.nothingTitle),
      text: this.words ? this.say(t.nothingText, { words: this.words.trim() }) : this.say(t.nothingFiltered),
      actions: [{ label: this.say(t.showAll), run: () => this.#showAll() }],
    });
  }

  // The list.

  #cards(): TemplateResult {
    const { status, assets, answered, query } = this.#list!.state;
    const first = status !== "ready";
    const worked = new Set(this.batch?.running ? this.batch.assets.map(({ id }) => id) : []);
    const { language } = this;
    const cards = first
      ? Array.from({ length: SKELETONS }, skeleton)
      : repeat(assets, ({ id }) => id, (asset) => this.#card(asset, worked.has(asset.id), language));
    return html`
      <ul
        class="cards" aria-label=${this.say(this.t.library.videos)} aria-busy=${first} ?data-stale=${!first && answered !== query}
        ?data-selecting=${this.selecting} @click=${this.#clicked} @error=${this.#pictureLost}
      >${cards}</ul>
    `;
  }

  #card(asset: Asset, working: boolean, language: string): unknown {
    const picture = this.#pictures?.of(asset) ?? "";
    const selected = this.#selection.has(asset.id);
    const problem = this.#problem(asset);
    const { t } = this;
    const link = this.link ?? "";
    return guard([asset, picture, selected, working, problem, t, language, link], () =>
      card({ asset, href: link.replaceAll("{id}", encodeURIComponent(asset.id)), picture, selected, working, problem, t, language }),
    );
  }

  #problem(asset: Asset): string {
    const failure = this.batch?.failures.get(asset.id);
    if (!failure || !this.batch) return "";
    const t = this.t.library;
    const what = { delete: t.notDeleted, publish: t.notPublished, hide: t.notHidden }[this.batch.deed];
    let why = this.sentence(failure);
    if (failure.kind === "conflict" && asset.status === "preparing") why = this.say(t.stillProcessing);
    else if (failure.kind === "conflict" && asset.status === "errored") why = this.say(t.cannotPublish);
    return `${this.say(what)} ${why}`;
  }

  get #furtherFailed(): boolean {
    const { failure, more, answered, query } = this.#list!.state;
    return Boolean(failure && more && answered === query && failure.kind !== "signed-out");
  }

  #further(): TemplateResult | typeof nothing {
    const { more, busy, failure, answered, query } = this.#list!.state;
    if (!more || answered !== query) return nothing;
    return html`
      <div class="further">
        ${failure && this.#furtherFailed
          ? this.#strip(failure, false)
          : html`<button type="button" aria-busy=${busy} @click=${() => void this.#list?.more()}>
              ${this.say(busy ? this.t.common.loading : this.t.common.showMore)}
            </button>`}
      </div>
    `;
  }

  #bar(): TemplateResult | typeof nothing {
    const { batch } = this;
    const t = this.t.library;
    if (batch?.running) {
      const values = { n: batch.assets.length, done: batch.done };
      const text = { delete: t.deleting, publish: t.publishing, hide: t.hiding }[batch.deed];
      return html`
        <div class="bar" part="bar">
          <p role="status">${this.say(text, values)}</p>
          <progress max=${values.n} value=${values.done} aria-label=${this.say(text, values)}></progress>
        </div>
      `;
    }
    if (!this.selecting) return nothing;
    const n = this.#selection.size;
    const failed = batch?.failures.size ? batch.undone : 0;
    const text = { delete: t.deleteFailed, publish: t.publishFailed, hide: t.hideFailed };
    const button = (deed: Deed, glyph: Icon, label: string) => html`
      <button
        type="button" class="quiet deed ${deed === "delete" ? "danger" : ""}" ?disabled=${n === 0} title=${label}
        @click=${() => void this.#start(deed)}
      >${icon(glyph)}<span>${label}</span></button>
    `;
    return html`
      <div class="bar" part="bar" role="region" aria-label=${this.say(t.select)}>
        <p role="status">
          ${batch && failed ? html`<span class="bad">${this.say(text[batch.deed], { n: failed })}</span>` : this.say(t.selected, { n })}
        </p>
        <button type="button" class="quiet all" ?disabled=${n === this.#list!.state.assets.length} @click=${this.#selectAll}>
          ${this.say(t.selectAll)}
        </button>
        ${button("publish", "globe", this.say(t.publish))} ${button("hide", "lock", this.say(t.hide))}
        ${button("delete", "trash", this.say(t.delete))}
        <button type="button" class="quiet icon close" aria-label=${this.say(t.leave)} title=${this.say(t.leave)} @click=${() => this.#leave()}>
          ${icon("close")}
        </button>
      </div>
    `;
  }

  // What is asked.

  #ask(): void {
    const { words, show, order, scope } = this;
    const query: Query = scope ? { scope, order } : { q: words.trim(), ...SHOWN[show], order };
    this.#typing.abort();
    if (this.#asked) void this.#list?.show(query);
  }

  readonly #typed = async ({ target }: Event): Promise<void> => {
    const before = this.words.trim();
    this.words = (target as HTMLInputElement).value;
    if (this.words.trim() === before) return;
    this.#typing.abort();
    const { signal } = (this.#typing = new AbortController());
    // An empty field shows everything again at once.
    if (this.words.trim()) await pause(TYPING_MS, signal);
    if (!signal.aborted) this.#ask();
  };

  readonly #entered = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.isComposing) this.#ask();
  };

  readonly #filtered = ({ target }: Event): void => {
    this.show = (target as HTMLSelectElement).value;
    this.#ask();
  };

  readonly #ordered = ({ target }: Event): void => {
    this.order = (target as HTMLSelectElement).value === "oldest" ? "oldest" : "newest";
    this.#ask();
  };

  readonly #retry = (): void => void this.#list?.retry();

  #showAll(): void {
    this.words = "";
    this.show = "all";
    this.#ask();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".search input")?.focus());
  }

  #resized(visible: boolean): void {
    const list = this.#list;
    if (!list) return;
    if (!visible) return list.rest();
    if (this.#asked) return list.follow();
    this.#asked = true;
    list.connect();
    this.#ask();
  }

  #near(reached: boolean): void {
    if (reached) void this.#list?.more();
  }

  #changed(): void {
    const { assets, status, busy, failure } = this.#list!.state;
    this.#selection.keep(assets.map(({ id }) => id));
    this.requestUpdate();
    if (status !== "ready" || busy || failure) return;
    void this.#pictures?.want(assets);
    if (this.#measured !== this.#owner) void this.#measure(0);
    // The end of the page may still be near, and then no more is told of it.
    void this.updateComplete.then(() => this.#observeAgain());
  }

  #observeAgain(): void {
    if (!this.#observed) return;
    this.#end.unobserve(this.#observed);
    this.#end.observe(this.#observed);
  }

  /** Reads how much room is left, after a while in which more may happen. Without an answer nothing is said of it. */
  async #measure(wait = USAGE_MS): Promise<void> {
    const { service } = this;
    this.#measuring.abort();
    const { signal } = (this.#measuring = new AbortController());
    this.#measured = this.#owner;
    if (wait) await pause(wait, signal);
    if (signal.aborted || !service || service !== this.service) return;
    try {
      const { data } = await service.api.get<{ data: Usage }>("/usage", { signal, patience: 0 });
      if (!signal.aborted && service === this.service) this.usage = data;
    } catch {
      // It is an offer; the limits themselves are the API's to keep.
    }
  }

  /** Somebody else is here, or, when nobody was before, somebody. */
  #forget(owner: string): void {
    const before = this.#owner;
    this.#owner = owner;
    if (before) {
      unask(this);
      this.batch?.stop(new Failure("signed-out"));
      this.#measuring.abort();
      this.#pictures?.forget();
      this.usage = undefined;
      this.scope = "";
      this.words = "";
      this.show = "all";
      this.batch = undefined;
      this.#leave();
    }
    if (owner) this.#ask();
  }

  readonly #pictureLost = {
    capture: true,
    handleEvent: (event: Event): void => {
      const asset = this.#assetAt(event);
      if (asset) this.#pictures?.refuse(asset);
    },
  };

  // Opening and choosing.

  #assetAt(event: Event): Asset | undefined {
    const id = (event.target as Element).closest<HTMLElement>(".card")?.dataset["id"];
    return this.#list?.state.assets.find((asset) => asset.id === id);
  }

  readonly #clicked = (event: MouseEvent): void => {
    const asset = this.#assetAt(event);
    const target = event.target as Element;
    if (!asset) return;
    if (target.closest(".pick")) {
      if (this.batch?.running) return event.preventDefault();
      // The click on a label becomes one on its box.
      if (target instanceof HTMLInputElement) this.#choose(asset, event.shiftKey);
      return;
    }
    if (!target.closest(".open")) return;
    if (this.selecting) {
      event.preventDefault();
      return this.#choose(asset, event.shiftKey);
    }
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const opened = this.dispatchEvent(new CustomEvent("video-open", { detail: asset, bubbles: true, composed: true, cancelable: true }));
    if (!opened) event.preventDefault();
  };

  #choose(asset: Asset, range: boolean): void {
    this.selecting = true;
    if (this.batch?.running) return this.requestUpdate();
    this.#selection.toggle(asset.id, this.#order, range);
    this.batch = undefined;
    this.requestUpdate();
  }

  get #order(): string[] {
    return this.#list?.state.assets.map(({ id }) => id) ?? [];
  }

  readonly #selectAll = (): void => {
    this.#selection.all(this.#order);
    this.batch = undefined;
    this.requestUpdate();
  };

  #leave(): void {
    if (this.batch?.running) return;
    const inside = this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement?.closest(".bar");
    this.selecting = false;
    this.batch = undefined;
    this.#selection.clear();
    if (inside) this.renderRoot.querySelector<HTMLElement>(".select")?.focus({ preventScroll: true });
  }

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.selecting || event.defaultPrevented || event.isComposing) return;
    if (this.renderRoot.querySelector("dialog[open]") || !this.checkVisibility()) return;
    this.#leave();
  };

  // What is done to many.

  async #start(deed: Deed): Promise<void> {
    const { service } = this;
    const chosen = this.#list?.state.assets.filter(({ id }) => this.#selection.has(id)) ?? [];
    const assets = chosen.filter((asset) => !isDone(deed, asset));
    if (!service || this.batch?.running) return;
    if (deed === "delete" && assets.length && !(await this.#sure(assets))) return;
    for (const asset of chosen) if (!assets.includes(asset)) this.#selection.drop(asset.id);
    const batch = new Batch(deed, assets, () => this.requestUpdate());
    this.batch = batch;
    await batch.run(async (asset) => {
      await carriedOut(service, deed, asset);
      this.#selection.drop(asset.id);
    });
    if (batch !== this.batch) return this.requestUpdate();
    if (!batch.failures.size && !this.#selection.size) {
      this.batch = undefined;
      this.#leave();
    }
    this.requestUpdate();
    await this.updateComplete;
    // The button that began it has gone meanwhile.
    if (document.activeElement === document.body) this.renderRoot.querySelector<HTMLElement>(this.selecting ? ".bar .close" : ".select")?.focus({ preventScroll: true });
  }

  #sure(assets: readonly Asset[]): Promise<boolean> {
    const t = this.t.library;
    const n = assets.length;
    const title = assets[0]?.title?.trim() || this.say(this.t.common.untitled);
    return asked(this, {
      title: this.say(t.deleteTitle, { n }),
      text: n === 1 ? this.say(t.deleteOne, { title }) : this.say(t.deleteMany),
      confirm: this.say(t.delete),
      cancel: this.say(this.t.common.cancel),
      danger: true,
    });
  }
}

/** Whether there is nothing left to do. */
function isDone(deed: Deed, asset: Asset): boolean {
  if (deed === "delete") return asset.status === "deleting";
  return deed === "publish" ? asset.visibility === "public" : asset.visibility === "private" && asset.playable_by !== "everyone";
}

async function carriedOut(service: Service, deed: Deed, asset: Asset): Promise<void> {
  const path = `/assets/${encodeURIComponent(asset.id)}`;
  try {
    if (deed === "delete") {
      const answer = await service.api.delete<{ data: Asset } | undefined>(path, { keepalive: true });
      return answer ? service.tell("asset", answer.data) : service.tell("gone", asset.id);
    }
    const visibility = deed === "publish" ? "public" : "private";
    const { data } = await service.api.patch<{ data: Asset }>(path, { visibility });
    service.tell("asset", data);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "missing") throw error;
    // It has been deleted elsewhere.
    service.tell("gone", asset.id);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "video-library": VideoLibrary;
  }
}
