import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { clock, cut, day } from "./core/format.js";
import type { OneAsset } from "./core/one-asset.js";
import type { Service } from "./core/service.js";
import type { Asset } from "./core/types.js";
import { AudiencePart } from "./editor/audience-part.js";
import { CaptionsPart } from "./editor/captions-part.js";
import { Action, trouble, type Desk } from "./editor/desk.js";
import { editorStyles } from "./editor/styles.js";
import { TitlePart } from "./editor/title-part.js";
import { VideoElement } from "./parts/base.js";
import { icon } from "./parts/icons.js";
import { message, messageStyles } from "./parts/message.js";
import { asked, questionStyles, unask } from "./parts/question.js";
import { controls, tokens } from "./parts/styles.js";

const TITLE_IN_QUESTION = 80;

/** One video on this element, with all that somebody has begun to do to it. */
interface Bench {
  readonly desk: Desk;
  readonly title: TitlePart;
  readonly audience: AudiencePart;
  readonly captions: CaptionsPart;
  readonly deleting: Action;
  readonly reading: Action;
}

/**
 * Edits one of the visitor's videos: title, who can watch, captions; and deletes it.
 *
 * @fires {CustomEvent<{id: string}>} video-deleted - The visitor has deleted the video.
 * @attr {boolean} without-video - Set by the element when there is no video to edit, for a page that says so elsewhere.
 * @csspart title - The title.
 * @csspart visibility - Who can watch.
 * @csspart switch - The switch that lets everybody watch.
 * @csspart captions - The captions.
 * @csspart chapters - The chapters.
 * @csspart message - What stands in the place of the editor.
 */
@customElement("video-editor")
export class VideoEditor extends VideoElement {
  static override styles = [tokens, controls, messageStyles, questionStyles, editorStyles];

  /** Id of the video. */
  @property() asset = "";

  /** Address of the page where everybody can watch, with `{playback_id}` in it; without one, links lead to Mux's player. */
  @property({ attribute: "public-link" }) publicLink = "";

  /** Level of the heading that the title is. */
  @property({ attribute: "heading-level", type: Number }) headingLevel = 2;

  @state() private news = "";

  #bench: Bench | undefined;
  #watching = new AbortController();

  protected override begin(service: Service): void {
    this.#take();
    service.on("owner", () => this.#take(), this.life.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watching.abort();
    unask(this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has("asset") && (this.asset?.trim() ?? "") !== (this.#bench?.desk.one.id ?? "")) this.#take();
  }

  /** Begins with the video that `asset` names. */
  #take(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    this.#bench = undefined;
    this.news = "";
    if (this.hasUpdated) unask(this);
    const id = this.asset?.trim();
    if (!this.service || !id) return this.requestUpdate();
    const one = this.service.asset(id);
    const desk = this.#desk(this.service, one);
    const update = desk.update;
    const bench = {
      desk,
      title: new TitlePart(desk),
      audience: new AudiencePart(desk),
      captions: new CaptionsPart(desk),
      deleting: new Action(update),
      reading: new Action(update),
    };
    this.#bench = bench;
    one.watch(() => this.#changed(bench), AbortSignal.any([this.life.signal, this.#watching.signal]));
    this.requestUpdate();
  }

  #changed({ desk, captions }: Bench): void {
    const { status, asset } = desk.one.state;
    if (status === "ready" && asset) captions.notice(asset);
    if (status === "gone") unask(this);
    this.requestUpdate();
  }

  #desk(service: Service, one: OneAsset): Desk {
    const element = this;
    return {
      host: this,
      service,
      one,
      path: `/assets/${encodeURIComponent(one.id)}`,
      get t() {
        return element.t;
      },
      get language() {
        return element.language;
      },
      get level() {
        return element.headingLevel + 1;
      },
      say: (entry, values) => this.say(entry, values),
      sentence: (failure) => this.sentence(failure),
      update: () => this.requestUpdate(),
      announce: (text) => (this.news = text),
    };
  }

  protected override updated(): void {
    const { status } = this.#bench?.desk.one.state ?? {};
    this.toggleAttribute("without-video", status === "missing" || status === "gone" || status === "failed");
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.misconfigured) return message({ icon: "alert", title: this.sentence(this.misconfigured), failure: true });
    const bench = this.#bench;
    if (!bench) return nothing;
    const { status, asset } = bench.desk.one.state;
    return html`
      ${status === "ready" && asset ? this.#editor(bench, asset) : this.#instead(bench)}
      <p class="visually-hidden" role="status">${this.news}</p>
    `;
  }

  /** What stands in the place of the editor. */
  #instead({ desk: { one }, reading }: Bench): TemplateResult {
    const { status, failure } = one.state;
    if (status === "gone") return message({ icon: "trash", title: this.say(this.t.editor.gone) });
    if (status === "missing") return message({ icon: "film", title: this.say(this.t.failure.missing) });
    if (status !== "failed" || !failure) return html`<p class="muted" role="status">${this.say(this.t.common.loading)}</p>`;
    if (failure.kind === "signed-out") return message({ icon: "user", title: this.sentence(failure) });
    const again = { label: this.say(this.t.common.tryAgain), run: () => void reading.run(() => one.read()), primary: true };
    return message({ icon: "alert", title: this.sentence(failure), failure: true, actions: failure.temporary ? [again] : [] });
  }

  #editor(bench: Bench, asset: Asset): TemplateResult {
    const { title, audience, captions } = bench;
    const leaving = asset.status === "deleting";
    const rejected = asset.errors?.type === "too_long";
    const usable = asset.status === "ready" || asset.status === "preparing";
    return html`<div class="editor">
      ${this.#failure(bench)}
      <div>
        ${title.render(asset, !leaving && !rejected, this.headingLevel)} ${this.#facts(asset)}
      </div>
      ${this.#status(asset)} ${usable ? html`${audience.render(asset, this.publicLink ?? "")} ${captions.render(asset)}` : nothing}
      ${leaving ? nothing : this.#delete(bench, asset)}
    </div>`;
  }

  /** That what is shown could not be read anew. */
  #failure({ desk: { one }, reading }: Bench): TemplateResult | typeof nothing {
    const { failure } = one.state;
    if (!failure) return nothing;
    return html`<div class="banner" role="alert">
      ${icon("alert")}<span>${this.say(this.t.editor.stale)} ${this.sentence(failure)}</span>
      ${failure.temporary
        ? html`<button type="button" aria-busy=${reading.busy} @click=${() => void reading.run(() => one.read())}>
            ${this.say(this.t.common.tryAgain)}
          </button>`
        : nothing}
    </div>`;
  }

  #facts({ created_at: created, duration, resolution_tier: quality }: Asset): TemplateResult {
    const { uploaded, length, quality: qualityName } = this.t.editor;
    const facts = [
      [uploaded, day(created, this.language)],
      [length, duration ? clock(duration) : ""],
      [qualityName, quality && quality !== "audio-only" ? quality : ""],
    ] as const;
    const known = facts.filter(([, value]) => value);
    return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${this.say(name)}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  #status(asset: Asset): TemplateResult {
    const { editor } = this.t;
    const errored = asset.errors?.type === "too_long" ? editor.tooLong : editor.errored;
    const text = { preparing: editor.preparing, errored, deleting: editor.deleting, ready: undefined }[asset.status];
    const glyph = asset.status === "errored" ? "alert" : asset.status === "deleting" ? "trash" : "film";
    return html`<div role="status" ?hidden=${!text}>
      ${text ? html`<div class="banner">${icon(glyph)}<span>${this.say(text)}</span></div>` : nothing}
    </div>`;
  }

  #delete(bench: Bench, asset: Asset): TemplateResult {
    const { busy, failure } = bench.deleting;
    const run = () => void this.#remove(bench, asset);
    const again = failure?.temporary ? { label: this.say(this.t.common.tryAgain), run } : undefined;
    return html`<div class="delete">
      <div class="row">
        <button type="button" class="danger" aria-busy=${busy} @click=${run}>${icon("trash")}${this.say(this.t.editor.delete)}</button>
      </div>
      ${trouble(failure && this.sentence(failure), again)}
    </div>`;
  }

  async #remove({ desk: { one, service, path }, deleting }: Bench, asset: Asset): Promise<void> {
    if (deleting.busy) return;
    const { editor, common } = this.t;
    const whole = asset.title?.trim() || this.say(common.untitled);
    const title = cut(whole, TITLE_IN_QUESTION);
    const yes = await asked(this, {
      title: this.say(editor.deleteTitle, { title: title === whole ? title : `${title}…` }),
      text: this.say(editor.deleteText),
      confirm: this.say(editor.deleteConfirm),
      cancel: this.say(common.cancel),
      danger: true,
    });
    if (!yes) return;
    const done = await deleting.run(async () => {
      const answer = await service.api.delete<{ data: Asset } | undefined>(path);
      if (answer) service.tell("asset", answer.data);
      else service.tell("gone", asset.id);
    });
    // An answer may be lost after the video is deleted: who asks again hears that there is none.
    if (!done && deleting.failure?.kind === "missing") service.tell("gone", asset.id);
    else if (!done) await one.read();
    const left = one.state.status === "gone" || one.state.asset?.status === "deleting";
    if (left) this.dispatchEvent(new CustomEvent("video-deleted", { detail: { id: asset.id }, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "video-editor": VideoEditor;
  }
}
