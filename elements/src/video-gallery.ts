import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { clock, day } from "./core/format.js";
import { mediaOf, publicId, shapeOf } from "./core/playback.js";
import type { Service } from "./core/service.js";
import { addressOf } from "./core/sharing.js";
import { join } from "./core/address.js";
import type { PublishedAsset } from "./core/types.js";
import { VideoElement } from "./parts/base.js";
import { icon } from "./parts/icons.js";
import { message, messageStyles } from "./parts/message.js";
import { controls, tokens } from "./parts/styles.js";
import "./video-view.js";

export { configure } from "./core/service.js";

const PICTURE_WIDTH = 640;
const PREVIEW_WIDTH = 320;
/** Somebody who rests on a card wants to see more of it. */
const PREVIEW_MS = 500;

export interface VideoOpen {
  playbackId: string;
  video: PublishedAsset;
}

/**
 * The published videos, without sign-in. With `link` a card leads to a page of yours; without it the video plays here, in
 * a dialog.
 *
 * @fires video-open - Somebody opens a video; `detail` has `playbackId` and `video`. Prevent its default to do it yourself.
 * @csspart grid - The list of cards.
 * @csspart card - One video.
 * @csspart dialog - Where a video plays without `link`.
 */
@customElement("video-gallery")
export class VideoGallery extends VideoElement {
  static override styles = [tokens, controls, messageStyles, styles()];

  /** Address of a video's page, such as `#/gallery/{playback_id}`; `{id}` is the asset's. */
  @property() link = "";
  /** Show at most so many, without a way to more; 0 for all. */
  @property({ type: Number }) limit = 0;

  @state() private watched: PublishedAsset | undefined;
  @state() private previewed = "";
  /** Pictures that cannot be had. */
  @state() private blank: ReadonlySet<string> = new Set();

  @query("dialog") private dialog: HTMLDialogElement | undefined;

  #previewing: ReturnType<typeof setTimeout> | undefined;
  #opener: HTMLElement | undefined;

  protected override begin(service: Service): void {
    const { signal } = this.life;
    service.gallery.addEventListener("change", () => this.requestUpdate(), { signal });
    // A gallery that nobody sees asks for nothing; one that is seen again may be old.
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void service.gallery.open();
    });
    seen.observe(this);
    signal.addEventListener("abort", () => {
      seen.disconnect();
      clearTimeout(this.#previewing);
      this.watched = undefined;
    });
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("watched") && this.watched && this.dialog && !this.dialog.open) this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    return html`${this.#content()} ${this.watched ? this.#theatre(this.watched) : nothing}`;
  }

  #content(): TemplateResult {
    const { gallery } = this.t;
    if (this.misconfigured) {
      return message({ icon: "alert", title: this.say(gallery.failed), text: this.sentence(this.misconfigured), failure: true });
    }
    const state = this.service?.gallery.state;
    if (!state || state.status === "first") return this.#skeleton();
    const { failure } = state;
    if (state.status === "failed" && failure) {
      const again = { label: this.say(this.t.common.tryAgain), run: () => void this.service?.gallery.retry(), primary: true };
      const actions = failure.temporary ? [again] : [];
      return state.busy ? this.#skeleton() : message({ icon: "alert", title: this.say(gallery.failed), text: this.sentence(failure), failure: true, actions });
    }
    const videos = this.limit > 0 ? state.videos.slice(0, this.limit) : state.videos;
    if (!videos.length && !state.busy) return message({ icon: "film", title: this.say(gallery.empty), text: this.say(gallery.emptyText) });
    if (!videos.length) return this.#skeleton();
    return html`
      <ul class="grid" part="grid" role="list" aria-label=${this.say(gallery.videos)} aria-busy=${state.busy ? "true" : "false"}>
        ${repeat(videos, ({ id }) => id, (video) => this.#card(video))}
      </ul>
      ${this.limit > 0 ? nothing : this.#foot(state.more, state.busy)}
    `;
  }

  #foot(more: boolean, busy: boolean): TemplateResult | typeof nothing {
    const failure = this.service?.gallery.state.failure;
    const label = this.say(failure ? this.t.common.tryAgain : busy ? this.t.common.loading : this.t.common.showMore);
    if (!more && !failure) return nothing;
    return html`
      <div class="foot">
        ${failure ? html`<p class="muted" role="alert">${this.sentence(failure)}</p>` : nothing}
        <button type="button" aria-busy=${busy ? "true" : "false"} @click=${() => void this.#more()}>${label}</button>
      </div>
    `;
  }

  #skeleton(): TemplateResult {
    const count = this.limit > 0 ? Math.min(this.limit, 6) : 6;
    return html`
      <div class="grid" role="status">
        <span class="visually-hidden">${this.say(this.t.common.loading)}</span>
        ${Array.from({ length: count }, () => html`<div class="card empty"><div class="picture"></div><div class="line"></div></div>`)}
      </div>
    `;
  }

  #card(video: PublishedAsset): TemplateResult {
    const playbackId = publicId(video) ?? "";
    const title = video.title?.trim() || this.say(this.t.common.untitled);
    const length = video.duration ? clock(video.duration) : "";
    const inside = html`
      ${this.#picture(video, playbackId, length)}
      <span class="title" dir="auto">${title}</span>
      ${length ? html`<span class="visually-hidden">${length}</span>` : nothing}
    `;
    const control = this.link
      ? html`<a class="open" href=${addressOf(this.link, { playback_id: playbackId, id: video.id })} @click=${(event: MouseEvent) => this.#open(event, video)}>${inside}</a>`
      : html`<button class="open" type="button" @click=${(event: MouseEvent) => this.#open(event, video)}>${inside}</button>`;
    return html`
      <li class="card" part="card" @pointerenter=${(event: PointerEvent) => this.#rest(event, video)} @pointerleave=${() => this.#leave()}>
        ${control}
        <span class="day muted">${day(video.created_at, this.language)}</span>
      </li>
    `;
  }

  #picture(video: PublishedAsset, playbackId: string, length: string): TemplateResult {
    const audio = mediaOf(video) === "audio";
    const pictured = !audio && !this.blank.has(playbackId);
    return html`
      <span aria-hidden="true" class="picture ${pictured && shapeOf(video) < 1.25 ? "narrow" : ""}">
        ${pictured
          ? html`<img src=${this.#image(playbackId, `thumbnail.jpg?width=${PICTURE_WIDTH}`)} alt="" loading="lazy" decoding="async" @error=${() => this.#notPictured(playbackId)} />`
          : icon(audio ? "sound" : "film")}
        ${pictured && this.previewed === playbackId
          ? html`<img class="preview" src=${this.#image(playbackId, `animated.webp?width=${PREVIEW_WIDTH}`)} alt="" @load=${appear} @error=${vanish} />`
          : nothing}
        ${length ? html`<span class="length">${length}</span>` : nothing}
      </span>
    `;
  }

  #image(playbackId: string, file: string): string {
    const [name = "", parameters] = file.split("?");
    return `${join(this.service?.playback.hosts.image ?? "", playbackId, name)}?${parameters}`;
  }

  #notPictured(playbackId: string): void {
    this.blank = new Set([...this.blank, playbackId]);
  }

  /** A moving preview costs data: only for a mouse that rests, and for nobody who wants less motion or less data. */
  #rest({ pointerType }: PointerEvent, video: PublishedAsset): void {
    clearTimeout(this.#previewing);
    const saves = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
    if (pointerType !== "mouse" || saves || !matchMedia("(prefers-reduced-motion: no-preference)").matches) return;
    this.#previewing = setTimeout(() => (this.previewed = publicId(video) ?? ""), PREVIEW_MS);
  }

  #leave(): void {
    clearTimeout(this.#previewing);
    this.previewed = "";
  }

  #open(event: MouseEvent, video: PublishedAsset): void {
    // Another tab or window is the browser's.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const playbackId = publicId(video) ?? "";
    const open = new CustomEvent<VideoOpen>("video-open", { detail: { playbackId, video }, bubbles: true, composed: true, cancelable: true });
    this.#leave();
    if (!this.dispatchEvent(open)) return event.preventDefault();
    if (this.link) return;
    this.#opener = event.currentTarget as HTMLElement;
    this.watched = video;
  }

  async #more(): Promise<void> {
    const before = this.renderRoot.querySelectorAll(".open").length;
    const hadFocus = this.shadowRoot?.activeElement?.closest(".foot");
    const { gallery } = this.service ?? {};
    await (gallery?.state.failure ? gallery.retry() : gallery?.more());
    await this.updateComplete;
    // Whoever goes through the list by keyboard goes on at the first new video.
    if (hadFocus) this.renderRoot.querySelectorAll<HTMLElement>(".open")[before]?.focus();
  }

  #theatre(video: PublishedAsset): TemplateResult {
    const title = video.title?.trim() || this.say(this.t.common.untitled);
    return html`
      <dialog part="dialog" aria-label=${title} @close=${() => this.#closed()} @click=${(event: MouseEvent) => this.#clicked(event)}>
        <div class="theatre">
          <button class="quiet icon close" type="button" aria-label=${this.say(this.t.common.close)} @click=${() => this.dialog?.close()}>${icon("close")}</button>
          <video-view
            .api=${this.api}
            .locale=${this.language}
            .texts=${this.texts}
            playback-id=${publicId(video) ?? ""}
            video-title=${title}
            aspect-ratio=${video.aspect_ratio ?? ""}
            ?audio=${mediaOf(video) === "audio"}
            autoplay
          ></video-view>
        </div>
      </dialog>
    `;
  }

  /** A click beside the dialog closes it. */
  #clicked({ target }: MouseEvent): void {
    if (target === this.dialog) this.dialog?.close();
  }

  #closed(): void {
    this.watched = undefined;
    this.#opener?.focus({ preventScroll: true });
  }
}

function appear({ target }: Event): void {
  if (target instanceof HTMLElement) target.classList.add("there");
}

function vanish({ target }: Event): void {
  if (target instanceof HTMLElement) target.hidden = true;
}

function styles() {
  return css`
    .grid {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr));
      gap: 1.75rem var(--_gap);
      margin: 0;
      padding: 0;
      list-style: none;
    }

    .card {
      position: relative;
      min-width: 0;
      content-visibility: auto;
      contain-intrinsic-size: auto 16rem;
    }

    .open {
      display: block;
      width: 100%;
      min-height: 0;
      padding: 0;
      border: 0;
      border-radius: var(--_radius);
      background: none;
      color: inherit;
      font-weight: inherit;
      text-align: start;
      text-decoration: none;
    }

    button.open:hover {
      background: none;
    }

    .open:hover .title {
      text-decoration: underline;
      text-underline-offset: 0.15em;
    }

    /* The browser cuts off what lies outside of a card. */
    .open:focus-visible {
      outline: none;
    }

    .open:focus-visible .picture {
      outline: 3px solid var(--_accent);
      outline-offset: -3px;
    }

    .picture {
      position: relative;
      display: grid;
      overflow: hidden;
      aspect-ratio: 16 / 9;
      place-items: center;
      border-radius: var(--_radius);
      background: var(--_soft);
      color: var(--_muted);
    }

    .picture > svg.glyph {
      width: 2.25rem;
      height: 2.25rem;
      stroke-width: 1.25;
    }

    .picture img {
      position: absolute;
      inset: 0;
      width: 100%;
      height: 100%;
      object-fit: cover;
    }

    .picture.narrow {
      background: light-dark(#e6e7ea, #0c0d0f);
    }

    .picture.narrow img {
      object-fit: contain;
    }

    .preview {
      opacity: 0;
    }

    .preview.there {
      opacity: 1;
    }

    .length {
      position: absolute;
      inset-block-end: 0.5rem;
      inset-inline-end: 0.5rem;
      padding: 0 0.4rem;
      border-radius: 0.35rem;
      background: #000c;
      color: #fff;
      font-size: 0.8rem;
      font-variant-numeric: tabular-nums;
    }

    .title {
      display: -webkit-box;
      overflow: hidden;
      margin-block-start: 0.6rem;
      font-weight: 600;
      line-height: 1.35;
      overflow-wrap: anywhere;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 2;
    }

    .day {
      display: block;
      font-size: 0.9rem;
    }

    .empty .picture,
    .line {
      background: var(--_soft);
      animation: breathe 1.8s ease-in-out infinite;
    }

    .line {
      width: 60%;
      height: 1rem;
      margin-block: 0.75rem 1.75rem;
      border-radius: 0.4rem;
    }

    @keyframes breathe {
      50% {
        opacity: 0.5;
      }
    }

    .foot {
      display: grid;
      justify-items: center;
      gap: 0.75rem;
      margin-block-start: 2rem;
    }

    .foot p {
      margin: 0;
    }

    dialog {
      --video-view-around: 9.5rem;
      width: min(70rem, 100vw - 1.5rem);
      max-width: none;
      max-height: calc(100dvh - 1.5rem);
      padding: 0;
      overflow: auto;
      border: 1px solid var(--_line);
      border-radius: calc(var(--_radius) * 1.4);
      background: var(--_back);
      color: var(--_text);
    }

    dialog::backdrop {
      background: #000b;
    }

    .theatre {
      position: relative;
      padding: clamp(0.75rem, 2.5vw, 1.5rem);
    }

    .theatre video-view::part(title) {
      padding-inline-end: 3rem;
      -webkit-line-clamp: 2;
    }

    .close {
      position: absolute;
      z-index: 1;
      inset-block-start: 0.75rem;
      inset-inline-end: 0.75rem;
    }
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    "video-gallery": VideoGallery;
  }
  interface HTMLElementEventMap {
    "video-open": CustomEvent<VideoOpen>;
  }
}
