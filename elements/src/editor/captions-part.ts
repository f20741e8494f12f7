/** Captions: those that there are, and the ways to more. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { Failure, failureOf } from "../core/failure.js";
import { languageName } from "../core/format.js";
import { isSpeechLanguage } from "../core/speech.js";
import { pause, SECOND } from "../core/time.js";
import type { Asset, SubtitleLanguage, Track } from "../core/types.js";
import { icon } from "../parts/icons.js";
import { asked } from "../parts/question.js";
import type { Entry } from "../text/entry.js";
import * as captions from "./captions.js";
import { Action, focusOn, heading, trouble, type Desk } from "./desk.js";

const SETTLING_MS = 2 * SECOND;
const LOOKS = 2;

export class CaptionsPart {
  readonly #removing = new Map<string, Action>();
  readonly #making: Action;
  readonly #adding: Action;
  #problem: { field: "address" | "name"; text: string } | undefined;
  #seen: ReadonlyMap<string, Track> | undefined;

  constructor(private readonly desk: Desk) {
    this.#making = new Action(() => desk.update());
    this.#adding = new Action(() => desk.update());
  }

  /** Says what has become of captions since the last time. */
  notice(asset: Asset): void {
    const { t, say, announce, language } = this.desk;
    const now = new Map(captions.captionsOf(asset).map((track) => [track.id, track]));
    for (const [id, track] of now) {
      const before = this.#seen?.get(id)?.status;
      if (before !== "preparing" || track.status === before) continue;
      const text = track.status === "errored" ? t.editor.captionsBroken : t.editor.captionsReady;
      announce(say(text, { name: captions.nameOf(track, language) }));
    }
    this.#seen = now;
  }

  render(asset: Asset): TemplateResult {
    const { t, say, level } = this.desk;
    const tracks = captions.captionsOf(asset);
    const ready = asset.status === "ready";
    return html`
      <section aria-labelledby="captions" part="captions">
        ${heading(level, say(t.editor.captions), "captions")}
        ${tracks.length
          ? html`<ul class="tracks">${repeat(tracks, ({ id }) => id, (track) => this.#row(track, ready))}</ul>`
          : html`<p class="muted">${say(ready ? t.editor.noCaptions : t.editor.captionsSoon)}</p>`}
        ${ready ? html`${this.#speech(asset)} ${this.#file(asset)}` : nothing}
      </section>
      ${this.#chapters(asset)}
    `;
  }

  #chapters(asset: Asset): TemplateResult | typeof nothing {
    const { t, say, level, language } = this.desk;
    const tracks = captions.chaptersOf(asset);
    if (!tracks.length) return nothing;
    return html`<section aria-labelledby="chapters" part="chapters">
      ${heading(level, say(t.editor.chapters), "chapters")}
      <ul class="tracks">
        ${tracks.map((track) => html`<li><div class="track"><bdi dir="auto">${captions.nameOf(track, language)}</bdi>${this.#about(track)}</div></li>`)}
      </ul>
    </section>`;
  }

  #row(track: Track, removable: boolean): TemplateResult {
    const { t, say, sentence, language } = this.desk;
    const name = captions.nameOf(track, language);
    const action = this.#removing.get(track.id);
    const remove = () => void this.#remove(track.id, name);
    const again = action?.failure?.temporary ? { label: say(t.common.tryAgain), run: remove } : undefined;
    return html`<li>
      <div class="row">
        <div class="track"><bdi dir="auto">${name}</bdi>${this.#about(track)}</div>
        ${removable
          ? html`<button type="button" class="quiet danger" aria-label=${say(t.editor.removeNamed, { name })} aria-busy=${action?.busy ?? false} @click=${remove}>
              ${icon("trash")}${say(t.editor.remove)}
            </button>`
          : nothing}
      </div>
      ${trouble(action?.failure && sentence(action.failure), again)}
    </li>`;
  }

  /** Language, where it comes from, and what state it is in. */
  #about(track: Track): TemplateResult {
    const { t, say, language } = this.desk;
    const made = captions.isMade(track);
    const code = track.language_code?.trim();
    const source: Entry = made ? t.editor.fromSpeech : track.text_source === "embedded" ? t.editor.fromFile : t.editor.added;
    const spoken = code && code !== "auto" ? languageName(code, language) : "";
    const facts = [spoken === captions.nameOf(track, language) ? "" : spoken, track.text_type === "chapters" ? "" : say(source)];
    const { captionsMaking, captionsReading, captionsFailed, captionsUnread } = t.editor;
    return html`
      <span class="muted">${facts.filter(Boolean).join(" · ")}</span>
      ${track.status === "preparing" ? html`<span class="state">${say(made ? captionsMaking : captionsReading)}</span>` : nothing}
      ${track.status === "errored" ? html`<span class="state failed">${icon("alert")}${say(made ? captionsFailed : captionsUnread)}</span>` : nothing}
    `;
  }

  async #remove(id: string, name: string): Promise<void> {
    const { t, say, host, one, service, path, announce } = this.desk;
    if (this.#removing.get(id)?.busy) return;
    const yes = await asked(host, {
      title: say(t.editor.removeTitle),
      text: say(t.editor.removeText, { name }),
      confirm: say(t.editor.remove),
      cancel: say(t.common.cancel),
      danger: true,
    });
    if (!yes) return;
    const action = this.#removing.get(id) ?? new Action(() => this.desk.update());
    this.#removing.set(id, action);
    const gone = () => one.state.asset && captions.withoutTrack(one.state.asset, id);
    const done = await action.run(() => one.change(() => service.api.delete(`${path}/tracks/${encodeURIComponent(id)}`), gone));
    // Somebody else may have removed it, or the answer was lost after it was removed.
    if (!done && one.state.asset?.tracks?.some((track) => track.id === id)) return;
    this.#removing.delete(id);
    announce(say(t.editor.captionsGone, { name }));
    await focusOn(host, "#captions");
  }

  #speech(asset: Asset): TemplateResult {
    const { t, say, sentence, language } = this.desk;
    const sound = captions.soundOf(asset);
    const codes = captions.hearable(asset);
    const { busy, failure } = this.#making;
    const making = captions.captionsOf(asset).some((track) => captions.isMade(track) && track.status === "preparing");
    const impossible = !sound ? t.editor.noSound : codes.length ? undefined : making ? t.editor.beingMade : t.editor.allMade;
    if (impossible) return html`<p class="muted">${say(impossible)}</p>`;
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      const code = String(new FormData(event.target as HTMLFormElement).get("spoken"));
      if (sound && isSpeechLanguage(code)) void this.#make(asset, sound.id, code);
    };
    const first = codes.includes("auto") ? "auto" : captions.closest(codes, language);
    return html`<details class="way" name="way">
      <summary>${icon("sound")}${say(t.editor.makeFromSpeech)}${icon("chevron")}</summary>
      <form @submit=${submit}>
        <p class="muted">${say(t.editor.makeHint)}</p>
        <div class="field">
          <label for="spoken">${say(t.editor.spoken)}</label>
          <select id="spoken" name="spoken">
            ${codes.includes("auto") ? html`<option value="auto">${say(t.editor.findOut)}</option>` : nothing}
            ${captions.named(codes, language, "auto").map(({ code, name }) => html`<option value=${code} ?selected=${code === first}>${name}</option>`)}
          </select>
        </div>
        <div class="row"><button type="submit" class="primary" aria-busy=${busy}>${say(t.editor.make)}</button></div>
        ${trouble(failure && this.#why(failure, sentence))}
      </form>
    </details>`;
  }

  async #make(asset: Asset, sound: string, code: SubtitleLanguage): Promise<void> {
    const { t, say, service, path, language, announce } = this.desk;
    if (!captions.hearable(asset).includes(code)) return;
    const wanted = code === "auto" ? say(t.editor.automaticAny) : say(t.editor.automatic, { language: languageName(code, language) });
    const name = captions.freeName(asset, plain(wanted));
    const work = async () => {
      const wish = { generated_subtitles: [{ language_code: code, name }] };
      const { data } = await service.api.post<{ data: Track[] }>(`${path}/tracks/${encodeURIComponent(sound)}/generate-subtitles`, wish);
      return data;
    };
    if (await this.#more(this.#making, work, name)) announce(say(t.editor.captionsMaking));
  }

  #file(asset: Asset): TemplateResult {
    const { t, say, sentence, language } = this.desk;
    const { busy, failure } = this.#adding;
    const problem = (field: "address" | "name") => (this.#problem?.field === field ? this.#problem.text : undefined);
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#add(asset, event.target as HTMLFormElement);
    };
    const languages = captions.captionLanguages(language);
    const own = captions.closest(languages.map(({ code }) => code), language);
    return html`<details class="way" name="way">
      <summary>${icon("link")}${say(t.editor.addByAddress)}${icon("chevron")}</summary>
      <form novalidate @submit=${submit} @input=${this.#forget}>
        <p class="muted" id="address-hint">${say(t.editor.addHint)}</p>
        <div class="field">
          <label for="address">${say(t.editor.address)}</label>
          <input
            id="address"
            name="address"
            type="url"
            dir="ltr"
            placeholder="https://"
            autocomplete="off"
            aria-describedby="address-hint address-trouble"
            aria-invalid=${problem("address") ? "true" : "false"}
          />
          ${trouble(problem("address"), undefined, "address-trouble")}
        </div>
        <div class="pair">
          <div class="field">
            <label for="language">${say(t.editor.captionsLanguage)}</label>
            <select id="language" name="language">
              ${languages.map(({ code, name }) => html`<option value=${code} ?selected=${code === own}>${name}</option>`)}
            </select>
          </div>
          <div class="field">
            <label for="name">${say(t.editor.captionsName)}</label>
            <input id="name" name="name" dir="auto" autocomplete="off" aria-describedby="name-trouble" aria-invalid=${problem("name") ? "true" : "false"} />
            ${trouble(problem("name"), undefined, "name-trouble")}
          </div>
        </div>
        <div class="row"><button type="submit" class="primary" aria-busy=${busy}>${say(t.editor.add)}</button></div>
        ${trouble(failure && this.#why(failure, sentence))}
      </form>
    </details>`;
  }

  readonly #forget = (): void => {
    this.#problem = undefined;
    this.desk.update();
  };

  async #add(asset: Asset, form: HTMLFormElement): Promise<void> {
    if (this.#adding.busy) return;
    const { t, say, host, service, path, language, announce } = this.desk;
    const fields = new FormData(form);
    const code = String(fields.get("language"));
    const url = captions.fileAddress(String(fields.get("address")));
    const typed = plain(String(fields.get("name"))).trim();
    const name = typed || languageName(code, language);
    const twin = captions.namesake(asset, name);
    this.#problem = undefined;
    if (!url) this.#problem = { field: "address", text: say(t.editor.badAddress) };
    else if ([...name].length > captions.NAME_LIMIT) this.#problem = { field: "name", text: say(t.editor.nameLong) };
    else if (twin) this.#problem = { field: "name", text: say(twin.language_code === code ? t.editor.sameLanguage : t.editor.sameName, { name }) };
    this.desk.update();
    if (this.#problem) return focusOn(host, `#${(this.#problem as { field: string }).field}`);
    const work = async () => {
      const wish = { type: "text", url, language_code: code, name };
      const { data } = await service.api.post<{ data: Track }>(`${path}/tracks`, wish);
      return [data];
    };
    if (!(await this.#more(this.#adding, work, name))) return;
    form.reset();
    announce(say(t.editor.captionsReading));
  }

  /** Has captions made. The answer may be lost although they are being made: then the name tells, a moment later. */
  #more(action: Action, work: () => Promise<Track[]>, name: string): Promise<boolean> {
    const { one } = this.desk;
    const there = () => Boolean(one.state.asset && captions.namesake(one.state.asset, name));
    return action.run(async () => {
      try {
        await one.change(work, (added) => one.state.asset && captions.withTracks(one.state.asset, added));
      } catch (error) {
        const { temporary, kind, status } = failureOf(error);
        if (!temporary || kind === "offline" || status === 429) throw error;
        for (let looks = 0; looks < LOOKS && !there(); looks += 1) {
          await pause(SETTLING_MS);
          await one.read();
        }
        if (!there()) throw error;
      }
    });
  }

  #why(failure: Failure, sentence: (failure: Failure) => string): string {
    const { t, say } = this.desk;
    if (failure.kind === "conflict") return say(t.editor.captionsConflict);
    return failure.kind === "invalid" ? say(t.editor.badAddress) : sentence(failure);
  }
}

/** A text as it may be a name: without what `say` puts around values, and without control characters. */
const plain = (text: string): string => text.replace(/[\u2068\u2069]/g, "").replace(/\p{Cc}+/gu, " ").normalize("NFC");
