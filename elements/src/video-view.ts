import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { failureOf, isAbort, type Failure } from "./core/failure.js";
import { clock, day } from "./core/format.js";
import { readManifest, type Manifest } from "./core/manifest.js";
import type { AssetState, OneAsset } from "./core/one-asset.js";
import { mediaOf, publicId, ratioOf, type Sources } from "./core/playback.js";
import type { Service } from "./core/service.js";
import { addressOf, embedCode, fileName } from "./core/sharing.js";
import { pause, SECOND } from "./core/time.js";
import type { Asset, PublishedAsset } from "./core/types.js";
import { VideoElement } from "./parts/base.js";
import { icon } from "./parts/icons.js";
import { message, messageStyles, type Message } from "./parts/message.js";
import { Player, type PlayerTrouble } from "./parts/player.js";
import { stageStyles } from "./parts/stage.js";
import { controls, tokens } from "./parts/styles.js";
import type { Texts } from "./text/index.js";

export { configure } from "./core/service.js";

const COPIED_MS = 2.5 * SECOND;
const HEIGHTS = [6, 11, 18, 9, 14, 24, 30, 20, 12, 26, 34, 22, 15, 28, 19, 10, 16, 25, 32, 21, 13, 8, 17, 27, 20, 11, 15, 9, 6, 12];

/** What is there to watch. */
interface Shown {
  title: string;
  audio: boolean;
  aspectRatio: string;
  sources: Sources;
  duration?: number | undefined;
  day?: string | undefined;
}

/**
 * Shows one video: one of the visitor's own (`asset`), or a public one without sign-in (`playback-id`). Nothing heavy is
 * loaded before somebody wants to watch.
 *
 * @fires video-shown - There is something to watch; `detail` has `title`.
 * @csspart title - The title.
 * @csspart stage - The box of the picture.
 * @csspart player - Mux's player.
 * @cssprop --video-view-around - How much of the window's height is needed around the stage.
 */
@customElement("video-view")
export class VideoView extends VideoElement {
  static override styles = [tokens, controls, messageStyles, stageStyles];

  /** The id of one of the visitor's own videos. */
  @property() asset = "";
  /** The public playback id of a published or unlisted video. */
  @property({ attribute: "playback-id" }) playbackId = "";
  /** The title of a public video; without one it is looked up in the gallery. */
  @property({ attribute: "video-title" }) videoTitle = "";
  /** The shape of a public video, such as `9:16`; without one the video is asked. */
  @property({ attribute: "aspect-ratio" }) aspectRatio = "";
  /** Whether a public video has sound only; without it the video is asked. */
  @property({ type: Boolean }) audio = false;
  /** Plays as soon as there is something to play; without sound where the browser wants it so. */
  @property({ type: Boolean }) autoplay = false;
  /** Where to begin, in seconds. */
  @property({ type: Number }) start = 0;
  /** The stage fills the element, with nothing around it. */
  @property({ type: Boolean, reflect: true }) fill = false;
  /** The page's address for a public video, such as `#/gallery/{playback_id}`; with it the link can be copied. */
  @property() link = "";
  /** The address of a page that shows a public video in a frame, such as `embed.html?v={playback_id}`. */
  @property() embed = "";
  /** Leaves out the title and the day, for a page that shows them beside it, such as in a <video-editor>. */
  @property({ type: Boolean, attribute: "no-title", reflect: true }) noTitle = false;
  /** The level of the title among the page's headings. */
  @property({ type: Number, attribute: "heading-level" }) headingLevel = 2;

  @state() private one: OneAsset | undefined;
  @state() private own: Sources | null | undefined;
  @state() private manifest: Manifest | undefined;
  @state() private listed: PublishedAsset | undefined;
  /** Why there is nothing to watch, beside what `one` says. */
  @state() private failure: Failure | undefined;
  @state() private withdrawn = false;
  @state() private sessionEnded = false;
  @state() private player: Player | undefined;
  @state() private sharing: "link" | "embed" | undefined;
  @state() private copied: "link" | "embed" | undefined;
  @state() private copyFailed = false;
  @state() private downloading = false;
  @state() private downloadFailed = false;

  @query(".share input, .share textarea") private shareField: HTMLInputElement | HTMLTextAreaElement | undefined;

  #showing = new AbortController();
  /** What `#show` was called for last. */
  #shownNames = "";
  #ownKey = "";
  #told = "";
  #toFocus = false;

  protected override begin(service: Service): void {
    const { signal } = this.life;
    service.on("owner", () => this.asset && this.#show(), signal);
    service.on("ended", () => (this.sessionEnded = true), signal);
    service.on("resumed", () => this.#resume(), signal);
    signal.addEventListener("abort", () => this.#leave());
    this.#show();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if ((changed.has("asset") || changed.has("playbackId")) && this.#names() !== this.#shownNames) this.#show();
  }

  protected override updated(): void {
    const shown = this.#shown();
    this.style.setProperty("--_shape", String(Math.min(4, Math.max(0.3, ratioOf(shown?.aspectRatio || this.aspectRatio)))));
    if (shown && this.#told !== shown.sources.playbackId + shown.title) {
      this.#told = shown.sources.playbackId + shown.title;
      this.dispatchEvent(new CustomEvent("video-shown", { detail: { title: shown.title }, bubbles: true, composed: true }));
      if (this.autoplay && !this.player) this.#play(false);
    }
    const element = this.player?.element;
    if (this.#toFocus && element?.isConnected) {
      this.#toFocus = false;
      element.mediaController?.focus({ preventScroll: true });
    }
  }

  #text(name: keyof Texts["view"]): string {
    return this.say(this.t.view[name]);
  }

  #names(): string {
    return `${this.asset} ${this.playbackId}`;
  }

  /** Ends what is shown. */
  #leave(): void {
    this.#showing.abort();
    this.#endPlayer();
    this.one = undefined;
    this.own = undefined;
    this.manifest = undefined;
    this.listed = undefined;
    this.failure = undefined;
    this.withdrawn = false;
    this.sharing = undefined;
    this.copied = undefined;
    this.downloadFailed = false;
    this.#ownKey = "";
    this.#told = "";
  }

  #endPlayer(): void {
    this.player?.end();
    this.player = undefined;
    this.#toFocus = false;
  }

  #resume(): void {
    this.sessionEnded = false;
    if (this.failure?.kind === "signed-out") this.#show();
  }

  /** Begins with what the properties name now. */
  #show(): void {
    this.#leave();
    const { service } = this;
    this.#shownNames = service ? this.#names() : "";
    if (!service) return;
    this.#showing = new AbortController();
    const { signal } = this.#showing;
    if (this.asset) {
      const one = (this.one = service.asset(this.asset));
      one.watch(() => this.#ownChanged(), signal);
      this.#ownChanged();
    } else if (this.playbackId) {
      void this.#readOpen(service, this.playbackId, signal);
      if (!this.videoTitle && !this.fill) void this.#readTitle(service, this.playbackId, signal);
    }
  }

  #ownChanged(): void {
    this.requestUpdate();
    const { status, asset } = this.one?.state ?? {};
    if (asset) this.sessionEnded = false;
    if (status !== "ready" || asset?.status !== "ready") {
      if (this.player && (status === "gone" || asset?.status === "deleting")) this.#endPlayer();
      return;
    }
    const key = JSON.stringify([asset.id, asset.playback_ids?.map(({ id }) => id), mediaOf(asset)]);
    if (key === this.#ownKey) return;
    this.#ownKey = key;
    void this.#readOwn(asset);
  }

  async #readOwn(asset: Asset): Promise<void> {
    const { signal } = this.#showing;
    const key = this.#ownKey;
    this.failure = undefined;
    try {
      const sources = (await this.service?.playback.sources(asset)) ?? null;
      if (!signal.aborted && key === this.#ownKey) this.own = sources;
    } catch (error) {
      if (!signal.aborted && key === this.#ownKey && !isAbort(error)) this.failure = failureOf(error);
    }
  }

  async #readOpen(service: Service, playbackId: string, signal: AbortSignal): Promise<void> {
    this.failure = undefined;
    try {
      const manifest = await readManifest(service.playback.publicSources(playbackId, "audio").hls, signal);
      if (!signal.aborted) this.manifest = manifest;
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) this.failure = failureOf(error);
    }
  }

  async #readTitle(service: Service, playbackId: string, signal: AbortSignal): Promise<void> {
    const found = await service.gallery.find(playbackId);
    if (!signal.aborted) this.listed = found;
  }

  #shown(): Shown | undefined {
    if (this.asset) {
      const { status, asset } = this.one?.state ?? {};
      if (status !== "ready" || !asset || !this.own) return undefined;
      return {
        title: asset.title?.trim() || this.say(this.t.common.untitled),
        audio: mediaOf(asset) === "audio",
        aspectRatio: asset.aspect_ratio ?? "",
        sources: this.own,
        duration: asset.duration,
        day: day(asset.created_at, this.language),
      };
    }
    if (!this.playbackId || !this.service || !this.manifest || this.withdrawn) return undefined;
    const audio = this.audio || this.manifest.audio;
    const { listed } = this;
    return {
      title: this.videoTitle || (listed && (listed.title?.trim() || this.say(this.t.common.untitled))) || "",
      audio,
      aspectRatio: this.aspectRatio || listed?.aspect_ratio || this.manifest.aspectRatio,
      sources: this.service.playback.publicSources(this.playbackId, audio ? "audio" : "video"),
      duration: listed?.duration,
      day: listed && day(listed.created_at, this.language),
    };
  }

  #play(byVisitor: boolean): void {
    const shown = this.#shown();
    if (!shown || this.player) return;
    this.#toFocus = byVisitor;
    const player = new Player({
      sources: shown.sources,
      renew: () => this.#renewed(),
      audio: shown.audio,
      title: this.fill ? shown.title : "",
      name: shown.title,
      start: Math.max(0, this.start || 0),
      dataKey: this.service?.dataKey ?? "",
      errorLabel: this.#text("errorDialog"),
    });
    this.player = player;
    player.addEventListener("change", () => this.#playerChanged(player));
  }

  async #renewed(): Promise<Sources | null> {
    const asset = this.one?.state.asset;
    if (!asset || !this.service) return null;
    this.service.playback.forget(asset.id);
    return this.service.playback.sources(asset);
  }

  #playerChanged(player: Player): void {
    if (player !== this.player) return;
    this.requestUpdate();
    if (player.trouble !== "closed") return;
    if (this.one) return void this.one.read();
    this.withdrawn = true;
    this.service?.gallery.drop((video) => publicId(video) === this.playbackId);
    this.#endPlayer();
  }

  protected override render(): TemplateResult | typeof nothing {
    const shown = this.#shown();
    if (!this.asset && !this.playbackId) return nothing;
    const said = this.#said(shown);
    const known = this.one?.state.status === "ready" ? this.one.state.asset : undefined;
    const title = shown?.title ?? (known && (known.title?.trim() || this.say(this.t.common.untitled)));
    const tall = Boolean(shown && !shown.audio && ratioOf(shown.aspectRatio) < 1);
    return html`
      <div class="view ${tall && !said ? "tall" : ""}">
        ${this.fill || this.noTitle || (!title && said) ? nothing : this.#head(title, shown)}
        ${said ? html`<div class="stage blank said" part="stage">${message(said)}</div>` : this.#stage(shown)}
        ${this.fill || said ? nothing : this.#side(shown)}
      </div>
    `;
  }

  #head(title: string | undefined, shown: Shown | undefined): TemplateResult {
    const facts = [shown?.day, shown?.duration ? clock(shown.duration) : ""].filter(Boolean);
    return html`
      <div class="head">
        <h2 part="title" aria-level=${this.headingLevel}>${title ? html`<bdi>${title}</bdi>` : html`&nbsp;`}</h2>
        <p class="facts muted">${facts.length ? facts.join(" · ") : html`&nbsp;`}</p>
      </div>
    `;
  }

  #stage(shown: Shown | undefined): TemplateResult {
    if (!shown) {
      return html`<div class="stage blank ${this.audio ? "audio" : ""}" part="stage" role="status">
        <div class="breathing"></div>
        <span class="visually-hidden">${this.say(this.t.common.loading)}</span>
      </div>`;
    }
    const { player } = this;
    return html`
      <div class="stage ${shown.audio ? "audio" : ""}" part="stage" role="group" aria-label=${shown.title || this.#text("video")}>
        ${player?.element ?? this.#poster(shown)} ${player?.still ?? nothing} ${player?.trouble ? this.#cover(player, player.trouble) : nothing}
      </div>
    `;
  }

  #poster(shown: Shown): TemplateResult {
    const busy = Boolean(this.player && !this.player.trouble);
    const label = this.say(this.t.view.play, { title: shown.title || this.#text("video") });
    return html`
      <button class="poster" type="button" aria-label=${label} data-length=${shown.duration ? clock(shown.duration) : nothing} aria-busy=${busy ? "true" : "false"} ?inert=${Boolean(this.player?.trouble)} @click=${() => this.#play(true)}>
        ${shown.sources.thumbnail ? html`<img src=${shown.sources.thumbnail} alt="" decoding="async" @error=${hide} />` : nothing}
        <span class="disc">${busy ? html`<span class="spinner"></span>` : icon("play")}</span>
        ${shown.audio ? wave : nothing} 
      </button>
      <span class="visually-hidden" role="status">${busy ? this.#text("loadingPlayer") : ""}</span>
    `;
  }

  #cover(player: Player, trouble: PlayerTrouble): TemplateResult {
    return html`<div class="cover">${message(this.#troubleSaid(player, trouble))}</div>`;
  }

  #troubleSaid(player: Player, trouble: PlayerTrouble): Message {
    const { common } = this.t;
    const actions = [{ label: this.say(common.tryAgain), run: () => this.#again(player), primary: true }];
    if (trouble === "module") return { icon: "alert", title: this.#text("playerFailed"), text: this.#text("playerFailedText"), failure: true, actions };
    if (trouble === "waiting") return { icon: "retry", title: this.#text("connectionLost"), text: this.#text("connectionLostText") };
    if (trouble === "closed") return { icon: "alert", title: this.#text("closed"), failure: true, actions };
    if (trouble === "unplayable") return { icon: "alert", title: this.#text("stopped"), text: this.#text("stoppedText"), failure: true, actions };
    if (trouble.kind === "signed-out") return { icon: "user", title: this.#text("ended"), text: this.#text("endedText"), failure: true, actions };
    return { icon: "alert", title: this.#text("stopped"), text: this.sentence(trouble), failure: true, ...(trouble.temporary && { actions }) };
  }

  #again(player: Player): void {
    this.#toFocus = true;
    player.retry();
  }

  /** What is said in the place of the video, if there is nothing to watch. */
  #said(shown: Shown | undefined): Message | undefined {
    if (this.misconfigured) return { icon: "alert", title: this.#text("failed"), text: this.sentence(this.misconfigured), failure: true };
    if (this.withdrawn) return { icon: "film", title: this.#text("withdrawn"), failure: true };
    if (this.asset) {
      const own = this.one && this.#ownSaid(this.one.state, shown);
      if (own) return own;
    } else if (this.failure?.kind === "missing") {
      return { icon: "film", title: this.#text("notPublished"), text: this.#text("notPublishedText") };
    }
    return this.failure && this.#failed(this.failure, () => this.#show());
  }

  #ownSaid({ status, asset, failure }: AssetState, shown: Shown | undefined): Message | undefined {
    if (status === "missing") return { icon: "film", title: this.#text("missing"), text: this.#text("missingText") };
    if (status === "gone") return { icon: "trash", title: this.#text("gone") };
    if (status === "failed" && failure) return this.#failed(failure, () => void this.one?.read());
    if (status !== "ready" || !asset) return undefined;
    if (asset.status === "preparing") return { icon: "film", title: this.#text("processing"), text: this.#text("processingText") };
    if (asset.status === "deleting") return { icon: "trash", title: this.#text("deleting") };
    if (asset.status === "errored") return { icon: "alert", title: this.#text("errored"), text: this.#whyErrored(asset) };
    if (this.own === null && !shown) return { icon: "lock", title: this.#text("unplayable"), text: this.#text("unplayableText") };
    return undefined;
  }

  #failed(failure: Failure, again: () => void): Message {
    const { view } = this.t;
    if (failure.kind === "signed-out") {
      const [title, text] = this.sessionEnded ? [view.ended, view.endedText] : [view.signedOut, undefined];
      return { icon: "user", title: this.say(title), ...(text && { text: this.say(text) }) };
    }
    const actions = [{ label: this.say(this.t.common.tryAgain), run: again, primary: true }];
    return { icon: "alert", title: this.#text("failed"), text: this.sentence(failure), failure: true, ...(failure.temporary && { actions }) };
  }

  #whyErrored(asset: Asset): string {
    const type = asset.errors?.type ?? "";
    if (type === "too_long") return this.#text("erroredLong");
    return this.#text(type === "invalid_input" || type === "input_error" ? "erroredInput" : "erroredOther");
  }

  #side(shown: Shown | undefined): TemplateResult | typeof nothing {
    if (!shown) return nothing;
    const open = this.#openId();
    const can = { link: Boolean(open && this.link), embed: Boolean(open && this.embed), download: Boolean(this.asset && shown.sources.file) };
    if (!can.link && !can.embed && !can.download) return nothing;
    return html`
      <div class="side">
        <p class="actions">
          ${can.link
            ? html`<button type="button" @click=${() => void this.#copy("link")}>
                ${icon(this.copied === "link" ? "check" : "link")}${this.copied === "link" ? this.say(this.t.common.copied) : this.#text("copyLink")}
              </button>`
            : nothing}
          ${can.embed
            ? html`<button type="button" aria-expanded=${this.sharing === "embed" ? "true" : "false"} @click=${() => this.#toggleEmbed()}>
                ${icon("code")}${this.#text("embedCode")}
              </button>`
            : nothing}
          ${can.download
            ? html`<button type="button" aria-busy=${this.downloading ? "true" : "false"} @click=${() => void this.#download()}>
                ${icon("download")}${this.downloading ? this.#text("preparingDownload") : this.#text("download")}
              </button>`
            : nothing}
        </p>
        ${this.downloadFailed ? html`<p class="muted" role="alert">${this.#text("downloadFailed")}</p>` : nothing}
        ${this.sharing ? this.#shareBox(this.sharing) : nothing}
        <span class="visually-hidden" role="status">${this.copied ? this.say(this.t.common.copied) : ""}</span>
      </div>
    `;
  }

  #shareBox(what: "link" | "embed"): TemplateResult {
    const { common } = this.t;
    const text = this.#textToCopy(what);
    return html`
      <div class="share">
        <label for="share">${what === "link" ? this.#text("link") : this.#text("embedText")}</label>
        ${what === "link" ? html`<input id="share" readonly .value=${text} />` : html`<textarea id="share" readonly rows="4" .value=${text}></textarea>`}
        ${this.copyFailed ? html`<p class="muted" role="status">${this.#text("copyFailed")}</p>` : nothing}
        ${what === "embed"
          ? html`<p><button type="button" @click=${() => void this.#copy("embed")}>${icon(this.copied === "embed" ? "check" : "copy")}${this.copied === "embed" ? this.say(common.copied) : this.say(common.copy)}</button></p>`
          : nothing}
      </div>
    `;
  }

  /** The playback id that everybody may use; undefined for a private video. */
  #openId(): string | undefined {
    if (!this.asset) return this.playbackId || undefined;
    const asset = this.one?.state.asset;
    return asset && publicId(asset);
  }

  #textToCopy(what: "link" | "embed"): string {
    const shown = this.#shown();
    const playbackId = this.#openId() ?? "";
    const values = { playback_id: playbackId, id: this.asset };
    if (what === "link") return addressOf(this.link, values);
    const address = addressOf(this.embed, values, shown?.audio ? { audio: "" } : {});
    const title = shown?.title || this.#text("video");
    return embedCode(address, title, { aspectRatio: shown?.aspectRatio ?? "", audio: shown?.audio ?? false });
  }

  #toggleEmbed(): void {
    this.sharing = this.sharing === "embed" ? undefined : "embed";
    this.copyFailed = false;
  }

  async #copy(what: "link" | "embed"): Promise<void> {
    const text = this.#textToCopy(what);
    this.copyFailed = false;
    try {
      await navigator.clipboard.writeText(text);
      this.copied = what;
      await pause(COPIED_MS, this.#showing.signal);
      this.copied = undefined;
    } catch {
      // Without the right to the clipboard the visitor copies the text themself.
      this.sharing = what;
      this.copyFailed = true;
      await this.updateComplete;
      this.shareField?.focus();
      this.shareField?.select();
    }
  }

  async #download(): Promise<void> {
    const asset = this.one?.state.asset;
    if (!asset || !this.service || this.downloading) return;
    this.downloading = true;
    this.downloadFailed = false;
    try {
      const sources = await this.service.playback.sources(asset);
      if (!sources?.file) throw new Error("there is no file");
      const url = new URL(sources.file);
      url.searchParams.set("download", fileName(asset.title ?? "", "video"));
      const link = document.createElement("a");
      link.href = url.href;
      link.download = "";
      link.click();
    } catch (error) {
      if (!isAbort(error)) this.downloadFailed = true;
    } finally {
      this.downloading = false;
    }
  }
}

function hide({ target }: Event): void {
  if (target instanceof HTMLElement) target.hidden = true;
}

const wave = html`<svg class="wave" viewBox="0 0 180 36" preserveAspectRatio="xMinYMid slice" aria-hidden="true">${HEIGHTS.map(
  (height, index) => svg`<rect x=${index * 6} y=${18 - height / 2} width="3" height=${height} rx="1.5" fill="currentColor" />`,
)}</svg>`;

declare global {
  interface HTMLElementTagNameMap {
    "video-view": VideoView;
  }
}
