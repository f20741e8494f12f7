/** Who can watch: what is true now, one switch that changes it, and the link for everybody. */
import { html, nothing, type TemplateResult } from "lit";
import { publicId } from "../core/playback.js";
import type { Asset, Visibility } from "../core/types.js";
import { icon, type Icon } from "../parts/icons.js";
import type { Entry } from "../text/entry.js";
import { agrees, audienceOf, type Audience } from "./audience.js";
import { Action, heading, trouble, type Desk } from "./desk.js";

const GLYPHS: Readonly<Record<Audience, Icon>> = { gallery: "globe", link: "link", owner: "lock", nobody: "alert", unknown: "alert" };

export class AudiencePart {
  #wanted: Visibility | undefined;
  /** A change failed, and what is true since could not be read either. */
  #doubt = false;
  #copied: "yes" | "by hand" | undefined;
  readonly #changing: Action;
  readonly #reading: Action;

  constructor(private readonly desk: Desk) {
    this.#changing = new Action(() => desk.update());
    this.#reading = new Action(() => desk.update());
  }

  /** `pattern` is the address of the page of what everybody can watch, with `{playback_id}` in it. */
  render(asset: Asset, pattern: string): TemplateResult {
    const { t, say, level } = this.desk;
    return html`<section aria-labelledby="audience" part="visibility">
      ${heading(level, say(t.editor.audience), "audience")}
      ${asset.status === "ready" ? this.#choice(asset, pattern) : html`<p class="muted">${say(this.#soon(asset))}</p>`}
    </section>`;
  }

  #soon(asset: Asset): Entry {
    const { editor } = this.desk.t;
    return audienceOf(asset) === "gallery" || audienceOf(asset) === "link" ? editor.soonByLink : editor.soonOnlyYou;
  }

  #choice(asset: Asset, pattern: string): TemplateResult {
    const { t, say, sentence, one } = this.desk;
    if (!one.state.failure) this.#doubt = false;
    const audience = this.#doubt ? "unknown" : audienceOf(asset);
    const open = audience === "gallery" || audience === "link";
    const { busy, failure } = this.#changing;
    const wanted = this.#wanted;
    const again = failure?.temporary && wanted ? { label: say(t.common.tryAgain), run: () => void this.#change(wanted) } : undefined;
    return html`
      <div class="audience">
        ${icon(GLYPHS[audience])}
        <div class="said">
          ${audience === "unknown" ? nothing : html`<span id="everybody">${say(t.editor.everybody)}</span>`}
          <p role="status" id="audience-now">${say(this.#sentence(audience))}</p>
        </div>
        ${audience === "unknown" ? nothing : this.#switch(open, busy)}
      </div>
      <p class="note" role="status">${busy ? say(t.editor.changing) : nothing}</p>
      ${this.#repairs(audience, busy)} ${trouble(failure && sentence(failure), again)} ${open ? this.#link(asset, pattern) : nothing}
    `;
  }

  #sentence(audience: Audience): Entry {
    const { editor } = this.desk.t;
    return { gallery: editor.inGallery, link: editor.byLink, owner: editor.onlyYou, nobody: editor.nobody, unknown: editor.unknown }[audience];
  }

  #switch(on: boolean, busy: boolean): TemplateResult {
    return html`<button
      type="button"
      class="switch"
      part="switch"
      role="switch"
      aria-checked=${on}
      aria-busy=${busy}
      aria-disabled=${busy}
      aria-describedby="audience-now"
      aria-labelledby="everybody"
      @click=${() => void this.#change(on ? "private" : "public")}
    >
      <span></span>
    </button>`;
  }

  /** What the switch cannot say. */
  #repairs(audience: Audience, busy: boolean): TemplateResult | typeof nothing {
    const { t, say, one } = this.desk;
    const button = (text: Entry, visibility: Visibility) => html`<button
      type="button"
      aria-disabled=${busy}
      @click=${() => void this.#change(visibility)}
    >
      ${say(text)}
    </button>`;
    const check = html`<button type="button" aria-busy=${this.#reading.busy} @click=${() => void this.#reading.run(() => one.read())}>
      ${say(t.editor.checkAgain)}
    </button>`;
    const { makePrivate, makePublic } = t.editor;
    if (audience === "link") return html`<div class="row">${button(makePublic, "public")}</div>`;
    if (audience === "nobody") return html`<div class="row">${button(makePrivate, "private")}</div>`;
    if (audience !== "unknown") return nothing;
    return html`<div class="row">${check}${button(makePublic, "public")}${button(makePrivate, "private")}</div>`;
  }

  async #change(visibility: Visibility): Promise<void> {
    if (this.#changing.busy) return;
    this.#wanted = visibility;
    const { one, service, path } = this.desk;
    const work = () => service.api.patch<{ data: Asset }>(path, { visibility });
    const done = await this.#changing.run(() => one.change(work, ({ data }) => data));
    if (done) return;
    this.#doubt = Boolean(one.state.failure);
    // The answer may have been lost after all of it was done.
    if (!this.#doubt && agrees(one.state.asset, visibility)) this.#changing.failure = undefined;
    this.desk.update();
  }

  #link(asset: Asset, pattern: string): TemplateResult | typeof nothing {
    const { t, say } = this.desk;
    const url = linkOf(asset, pattern);
    if (!url) return nothing;
    const said = { yes: t.common.copied, "by hand": t.editor.copyByHand };
    return html`
      <div class="field">
        <label for="link">${say(t.editor.link)}</label>
        <div class="row">
          <input id="link" readonly dir="ltr" .value=${url} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
          <button type="button" @click=${() => void this.#copy(url)}>${icon("copy")}${say(t.common.copy)}</button>
        </div>
        <p class="note" role="status">${this.#copied ? say(said[this.#copied]) : nothing}</p>
      </div>
    `;
  }

  async #copy(url: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      this.#copied = "yes";
    } catch {
      this.desk.host.renderRoot.querySelector<HTMLInputElement>("#link")?.focus();
      this.#copied = "by hand";
    }
    this.desk.update();
  }
}

/** The address at which everybody can watch; without a page of the site, Mux's own. */
function linkOf(asset: Asset, pattern: string): string | undefined {
  const id = publicId(asset);
  if (!id) return undefined;
  const page = pattern.trim().replaceAll("{playback_id}", encodeURIComponent(id));
  if (page && URL.canParse(page, document.baseURI)) return new URL(page, document.baseURI).href;
  return asset.playback_ids?.flatMap((entry) => (entry.policy === "public" ? [entry.urls.player] : []))[0];
}
