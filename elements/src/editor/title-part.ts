/** The title, edited where it stands. What somebody types is theirs: no answer changes it. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { pause, SECOND } from "../core/time.js";
import type { Asset } from "../core/types.js";
import { icon } from "../parts/icons.js";
import { Action, focusOn, hasFocus, trouble, type Desk } from "./desk.js";
import { excess, tidyTitle } from "./title-text.js";

const SAVED_MS = 4 * SECOND;

export class TitlePart {
  #draft: string | undefined;
  #problem = "";
  #saved = new AbortController();
  readonly #saving: Action;

  constructor(private readonly desk: Desk) {
    this.#saving = new Action(() => desk.update());
    this.#saved.abort();
  }

  render(asset: Asset, editable: boolean, level: number): TemplateResult {
    const { t } = this.desk;
    const note = this.#saving.busy ? t.editor.saving : this.#saved.signal.aborted ? "" : t.editor.saved;
    return html`<div class="title-part">
      ${this.#draft === undefined ? this.#heading(asset, editable, level) : this.#form(asset)}
      <p class="note" role="status">${note ? this.desk.say(note) : nothing}</p>
    </div>`;
  }

  #heading(asset: Asset, editable: boolean, level: number): TemplateResult {
    const { t, say } = this.desk;
    const title = html`<bdi dir="auto">${asset.title?.trim() || say(t.common.untitled)}</bdi>`;
    if (!editable) return html`<div class="title" role="heading" aria-level=${level} part="title">${title}</div>`;
    return html`
      <div class="title" role="heading" aria-level=${level} part="title">
        <button type="button" class="title-button" aria-describedby="edit-title" @click=${() => this.#edit(asset)}>
          ${title}${icon("edit")}
        </button>
      </div>
      <span id="edit-title" hidden>${say(t.editor.editTitle)}</span>
    `;
  }

  #form(asset: Asset): TemplateResult {
    const { t, say, sentence } = this.desk;
    const { busy, failure } = this.#saving;
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#save(asset);
    };
    return html`
      <form class="title-form" novalidate @submit=${submit}>
        <label for="title">${say(t.editor.title)}</label>
        <div class="row">
          <input
            id="title"
            dir="auto"
            autocomplete="off"
            enterkeyhint="done"
            aria-describedby="title-trouble"
            aria-invalid=${this.#problem ? "true" : "false"}
            ?readonly=${busy}
            .value=${live(this.#draft ?? "")}
            @input=${this.#type}
            @keydown=${this.#key}
          />
          <span class="actions">
            <button type="submit" class="primary" aria-busy=${busy}>${say(t.editor.save)}</button>
            <button type="button" ?disabled=${busy} @click=${() => this.#close()}>${say(t.common.cancel)}</button>
          </span>
        </div>
        ${trouble(this.#problem || (failure && sentence(failure)), undefined, "title-trouble")}
      </form>
    `;
  }

  #edit(asset: Asset): void {
    this.#saved.abort();
    this.#draft = asset.title ?? "";
    this.#problem = "";
    this.#saving.failure = undefined;
    this.desk.update();
    void focusOn(this.desk.host, "#title").then(() => this.desk.host.renderRoot.querySelector<HTMLInputElement>("#title")?.select());
  }

  readonly #type = ({ target }: InputEvent): void => {
    this.#draft = (target as HTMLInputElement).value;
    this.#check(false);
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.isComposing || this.#saving.busy) return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  };

  /** Whether the draft may be a title. That it is empty is said only when somebody wants to save it. */
  #check(whole: boolean): boolean {
    const { t, say } = this.desk;
    const title = tidyTitle(this.#draft ?? "");
    const over = excess(title);
    this.#problem = over ? say(t.editor.titleLong, { n: over }) : whole && !title ? say(t.editor.titleEmpty) : "";
    this.desk.update();
    return !this.#problem;
  }

  async #save(asset: Asset): Promise<void> {
    if (this.#saving.busy || !this.#check(true)) return;
    const title = tidyTitle(this.#draft ?? "");
    if (title === asset.title) return this.#close();
    const { one, service, path } = this.desk;
    const work = () => service.api.patch<{ data: Asset }>(path, { title });
    const done = await this.#saving.run(() => one.change(work, ({ data }) => data));
    // The answer may have been lost after the title was saved.
    if (!done && one.state.asset?.title !== title) return;
    this.#close();
    this.#saved = new AbortController();
    this.desk.update();
    const { signal } = this.#saved;
    await pause(SAVED_MS, signal);
    if (signal.aborted) return;
    this.#saved.abort();
    this.desk.update();
  }

  #close(): void {
    const focused = hasFocus(this.desk.host, ".title-form");
    this.#draft = undefined;
    this.#problem = "";
    this.#saving.failure = undefined;
    this.desk.update();
    if (focused) void focusOn(this.desk.host, ".title-button");
  }
}
