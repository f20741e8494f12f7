import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Failure } from "./core/failure.js";
import { languageName } from "./core/format.js";
import { subjectOf } from "./core/jwt.js";
import type { Service } from "./core/service.js";
import { isSpeechLanguage, SPEECH_LANGUAGES } from "./core/speech.js";
import { SECOND } from "./core/time.js";
import type { Asset } from "./core/types.js";
import { VideoElement } from "./parts/base.js";
import { icon } from "./parts/icons.js";
import { asked, questionStyles } from "./parts/question.js";
import { controls, tokens } from "./parts/styles.js";
import { chosenOf, hasFiles, transferred, type Chosen } from "./upload/chosen.js";
import type { Added, Engine, Places } from "./upload/engine.js";
import { isActive, isPending, type Item } from "./upload/item.js";
import { panel, type Doing } from "./upload/panel.js";
import { Shelf } from "./upload/shelf.js";
import { uploaderStyles } from "./upload/styles.js";

const KIB = 1024;
const DEFAULT_CHUNK_KIB = 8192;
const DRAG_ENDS_MS = 250;
const RENDER_MS = 200;
const CLEAR_PATIENCE_MS = 20 * SECOND;
const PICTURES = 200;
const FEW_PLACES = 20;

interface FilePicker {
  showOpenFilePicker?: (options: { multiple: boolean; types?: object[] }) => Promise<FileSystemFileHandle[]>;
}

interface SigningOut {
  waitUntil?: (answer: Promise<boolean>) => void;
}

/**
 * Uploads videos. Where it stands it shows the buttons that choose files; the whole window takes what is dropped or pasted.
 * What is under way is shown in a panel at the bottom of the window, for as long as the element stays in the page: put it
 * outside of what changes, and set `panel-only` where its buttons are not wanted.
 *
 * @fires video-upload-asset - The video of an upload exists or has changed; `detail` is the asset.
 * @fires video-upload-ready - It can be watched; `detail` is the asset.
 * @fires video-upload-failed - No video could be made of it; `detail` is the asset, where there is one.
 * @csspart start - The buttons and what belongs to them.
 * @csspart panel - The panel of uploads.
 */
@customElement("video-uploader")
export class VideoUploader extends VideoElement {
  static override styles = [tokens, controls, questionStyles, uploaderStyles];

  /** The language of captions that are chosen at first, such as `en`, or `auto`. */
  @property() captions = "";

  /** Who may watch: `public` or `signed`; without one, what the stack is set to. */
  @property() policy = "";

  /** Larger files are left out; 0 for no limit. */
  @property({ attribute: "max-bytes", type: Number }) maxBytes = 0;

  /** What can be chosen, as for `<input type="file">`. */
  @property() accept = "video/*,audio/*";

  /** Where a video's page is, with `{id}` for its id. */
  @property() link = "";

  /** KiB that are sent in one request, in multiples of 256. */
  @property({ attribute: "chunk-size", type: Number }) chunkSize = DEFAULT_CHUNK_KIB;

  /** Shows no buttons in place; files can still be dropped, pasted and added. */
  @property({ attribute: "panel-only", type: Boolean, reflect: true }) panelOnly = false;

  @state() private items: readonly Item[] = [];
  @state() private folded = false;
  @state() private over = false;
  @state() private checking = 0;
  @state() private notice: Added | undefined;
  @state() private places: Places | undefined;
  @state() private language_ = "";
  @state() private problem: "" | "signInFirst" | "notLoaded" = "";
  @query("#files") private filesInput!: HTMLInputElement | null;
  @query("#folder") private folderInput!: HTMLInputElement | null;

  #engine: Engine | undefined;
  #loading: Promise<Engine | undefined> | undefined;
  #owner = "";
  #dragEnds = 0;
  #drawing = 0;
  #unsent: Chosen[] = [];
  readonly #pictures = new Map<string, HTMLCanvasElement>();
  readonly #pictured = new Set<string>();

  /** How many uploads are unfinished: on their way, paused, waiting, or stopped. */
  get pending(): number {
    return this.items.filter(isPending).length;
  }

  /** Whether anything is on its way right now. */
  get busy(): boolean {
    return this.checking > 0 || this.items.some(isActive);
  }

  /** Uploads files. */
  async add(files: Iterable<File>): Promise<void> {
    await this.#add(chosenOf(files));
  }

  /** Lets the visitor choose files. Call it from a click. */
  async choose(): Promise<void> {
    const { showOpenFilePicker } = window as FilePicker;
    if (!showOpenFilePicker || navigator.webdriver) return this.filesInput?.click();
    let handles: FileSystemFileHandle[];
    try {
      const types = [{ accept: { "video/*": [], "audio/*": [] } }];
      handles = await showOpenFilePicker.call(window, { multiple: true, types });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.filesInput?.click();
      return;
    }
    const found = await Promise.allSettled(handles.map(async (handle) => ({ file: await handle.getFile(), path: "", handle })));
    await this.#add(found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
  }

  /** Lets the visitor choose a folder. Call it from a click. */
  chooseFolder(): void {
    this.folderInput?.click();
  }

  /** Cancels everything unfinished and forgets it. Do this before the visitor's session ends. */
  async clear(): Promise<void> {
    await this.#engine?.clear(CLEAR_PATIENCE_MS);
  }

  protected override begin(service: Service): void {
    const { signal } = this.life;
    this.#enter(service, service.owner);
    service.on("owner", (owner) => this.#enter(service, owner), signal);
    if (this.token) void this.#introduce(service);
    signal.addEventListener("abort", () => this.#leave());
    const on = (target: EventTarget, type: string, listener: (event: never) => void) =>
      target.addEventListener(type, listener as EventListener, { signal });
    on(window, "dragenter", (event: DragEvent) => this.#dragged(event));
    on(window, "dragover", (event: DragEvent) => this.#dragged(event));
    on(window, "drop", (event: DragEvent) => this.#dropped(event));
    on(document, "paste", (event: ClipboardEvent) => this.#pasted(event));
    on(window, "beforeunload", (event: BeforeUnloadEvent) => this.busy && event.preventDefault());
    on(window, "online", () => this.requestUpdate());
    on(window, "offline", () => this.requestUpdate());
    on(document, "video-signing-out", (event: CustomEvent<SigningOut>) => {
      if (this.pending) event.detail?.waitUntil?.(this.#mayLeave());
    });
    // A tab that is gone leaves its uploads to the one that the visitor turns to.
    on(document, "visibilitychange", () => {
      if (!document.hidden && this.#owner) void this.#look(service);
    });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has("captions")) this.language_ = isSpeechLanguage(this.captions) ? this.captions : "";
    if (changed.has("token") && this.token && this.service) void this.#introduce(this.service);
  }

  protected override update(changed: PropertyValues<this>): void {
    const { activeElement } = this.renderRoot as ShadowRoot;
    super.update(changed);
    // A line that moves takes the focus with it.
    if (activeElement instanceof HTMLElement && activeElement.isConnected) activeElement.focus({ preventScroll: true });
  }

  /** Who is here is known from the token, before anything is asked of the API. */
  async #introduce(service: Service): Promise<void> {
    try {
      const owner = subjectOf((await this.token?.()) ?? "");
      if (owner && !this.life.signal.aborted) service.owner = owner;
    } catch {
      // Whoever adds a file hears of it.
    }
  }

  #enter(service: Service, owner: string): void {
    if (owner === this.#owner) return;
    this.#leave();
    this.#owner = owner;
    this.problem = "";
    if (owner) void this.#look(service);
  }

  #leave(): void {
    this.#engine?.stop();
    this.#engine = undefined;
    this.#loading = undefined;
    this.#owner = "";
    this.#pictures.clear();
    this.#pictured.clear();
    this.items = [];
    this.notice = undefined;
    this.places = undefined;
  }

  /** Uppy is loaded only when there is something to be done. */
  async #look(service: Service): Promise<void> {
    const owner = this.#owner;
    const left = await new Shelf().of(service.base, owner);
    if (left.length === 0 || owner !== this.#owner) return;
    await (await this.#load(service))?.restore();
  }

  #load(service: Service): Promise<Engine | undefined> {
    return (this.#loading ??= this.#loaded(service, this.#owner));
  }

  async #loaded(service: Service, owner: string): Promise<Engine | undefined> {
    try {
      const { Engine } = await import("./upload/engine.js");
      if (owner !== this.#owner || this.life.signal.aborted) return undefined;
      const engine = new Engine(service, owner, (this.chunkSize || DEFAULT_CHUNK_KIB) * KIB);
      this.#engine = engine;
      for (const type of ["asset", "ready", "failed"]) {
        engine.addEventListener(type, (event) => {
          const { detail } = event as CustomEvent<Asset | undefined>;
          this.dispatchEvent(new CustomEvent(`video-upload-${type}`, { detail, bubbles: true, composed: true }));
        });
      }
      engine.addEventListener("change", () => {
        if (this.#drawing) return;
        this.#drawing = window.setTimeout(() => this.#drawn(), RENDER_MS);
      });
      return engine;
    } catch (error) {
      console.error("The uploader could not be loaded:", error);
      this.#loading = undefined;
      this.problem = "notLoaded";
      return undefined;
    }
  }

  #drawn(): void {
    this.#drawing = 0;
    this.items = this.#engine?.items ?? [];
    void this.#picture();
  }

  /** Pictures of the files, while there are not too many of them. */
  async #picture(): Promise<void> {
    const engine = this.#engine;
    const { signal } = this.life;
    for (const { id, file, stage } of this.items) {
      if (!file || this.#pictured.has(id) || this.#pictured.size >= PICTURES || stage === "waiting") continue;
      this.#pictured.add(id);
      const part = await import("./upload/picture.js").catch(() => undefined);
      if (!part) return;
      void part.pictureOf(file, signal).then((canvas) => {
        if (!canvas || engine !== this.#engine) return;
        this.#pictures.set(id, canvas);
        this.requestUpdate();
      });
    }
  }

  async #add(chosen: readonly Chosen[]): Promise<void> {
    const { service } = this;
    if (!service || chosen.length === 0) return;
    this.problem = "";
    this.notice = undefined;
    this.folded = false;
    this.checking += chosen.length;
    try {
      if (!this.#owner && this.token) await this.#introduce(service);
      if (!this.#owner) {
        this.#unsent = [];
        this.problem = "signInFirst";
        return;
      }
      const engine = await this.#load(service);
      if (!engine) {
        this.#unsent = [...chosen];
        return;
      }
      this.#unsent = [];
      await engine.restore();
      const added = await engine.add(chosen, {
        captions: this.language_,
        policy: ["public", "signed"].includes(this.policy) ? this.policy : "",
        maxBytes: this.maxBytes || 0,
        accept: this.accept,
        untitled: this.say(this.t.common.untitled),
      });
      if (engine !== this.#engine) return;
      if (added.refused.length || added.skipped.length || added.taken === 0) this.notice = added;
      this.places = added.places;
    } finally {
      this.checking -= chosen.length;
    }
  }

  #dragged(event: DragEvent): void {
    // Whatever takes files itself, such as a field for captions, says so.
    if (event.defaultPrevented || !hasFiles(event.dataTransfer) || !this.service) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    this.over = true;
    // The end of a drag outside of the window is told to nobody; while it lasts, `dragover` comes all the time.
    clearTimeout(this.#dragEnds);
    this.#dragEnds = window.setTimeout(() => (this.over = false), DRAG_ENDS_MS);
  }

  #dropped(event: DragEvent): void {
    this.over = false;
    clearTimeout(this.#dragEnds);
    if (event.defaultPrevented || !hasFiles(event.dataTransfer) || !event.dataTransfer || !this.service) return;
    event.preventDefault();
    void transferred(event.dataTransfer).then((chosen) => this.#given(chosen));
  }

  #pasted(event: ClipboardEvent): void {
    const transfer = event.clipboardData;
    const into = event.composedPath()[0];
    const typing = into instanceof HTMLElement && (into.isContentEditable || into.matches("input, textarea"));
    if (event.defaultPrevented || typing || !transfer || !hasFiles(transfer)) return;
    event.preventDefault();
    void transferred(transfer).then((chosen) => this.#given(chosen));
  }

  /** A dropped folder may be empty, which has to be said too. */
  #given(chosen: Chosen[]): void {
    if (chosen.length) void this.#add(chosen);
    else this.notice = { taken: 0, refused: [], skipped: [], held: 0 };
  }

  async #mayLeave(): Promise<boolean> {
    if (!(await this.#sure(this.t.uploader.cancelTitle, this.pending))) return false;
    await this.clear();
    return true;
  }

  #sure(title: VideoUploader["t"]["uploader"]["cancelTitle"], n: number): Promise<boolean> {
    const { discardText: text, discard, keep } = this.t.uploader;
    return asked(this, { title: this.say(title, { n }), text: this.say(text), confirm: this.say(discard), cancel: this.say(keep), danger: true });
  }

  readonly #doing: Doing = {
    pause: (ids, paused) => this.#engine?.pause(ids, paused),
    cancel: (ids, discard) => void this.#cancel(ids, discard),
    dismiss: (ids) => this.#engine?.cancel(ids),
    again: (ids) => this.#engine?.again(ids),
    goOn: (ids, options) => void this.#engine?.goOn(ids, options),
    choose: () => void this.choose(),
    chooseFolder: () => this.chooseFolder(),
    fold: () => (this.folded = !this.folded),
    dropNotice: () => {
      this.notice = undefined;
      this.problem = "";
    },
  };

  /** What has cost time is not thrown away by one click. */
  async #cancel(ids: string[], discard = false): Promise<void> {
    const begun = this.items.filter(({ id, sent, uploadId }) => ids.includes(id) && (sent > 0 || (discard && uploadId)));
    const { discardTitle, cancelTitle } = this.t.uploader;
    if (begun.length && !(await this.#sure(discard ? discardTitle : cancelTitle, ids.length))) return;
    this.#engine?.cancel(ids);
  }

  protected override render(): TemplateResult {
    const { service, t } = this;
    const failure = this.misconfigured ?? (service ? undefined : new Failure("misconfigured"));
    return html`
      ${this.panelOnly ? nothing : this.#start(this.misconfigured)}
      <input id="files" type="file" multiple hidden accept=${this.accept} @change=${this.#picked} />
      <input id="folder" type="file" multiple hidden webkitdirectory @change=${this.#picked} />
      ${failure
        ? nothing
        : panel({
            items: this.items,
            speed: this.#engine?.speed ?? 0,
            folded: this.folded,
            checking: this.checking,
            notice: this.notice,
            trouble: this.panelOnly && this.problem ? this.#trouble(this.problem) : undefined,
            places: this.places,
            maxBytes: this.maxBytes,
            locale: this.language,
            link: this.link,
            pictures: this.#pictures,
            t,
            say: (entry, values) => this.say(entry, values),
            do: this.#doing,
          })}
      ${this.over
        ? html`<div class="over" part="over">
            ${icon("upload")}
            <p class="big">${this.say(this.#owner || this.token ? t.uploader.dropHere : t.uploader.signInFirst)}</p>
            <p class="muted">${this.say(t.uploader.dropHint)}</p>
          </div>`
        : nothing}
    `;
  }

  #start(wrong: Failure | undefined): TemplateResult {
    const words = this.t.uploader;
    if (wrong) return html`<p class="bad" role="alert">${this.sentence(wrong)}</p>`;
    return html`
      <div class="start" part="start">
        <span class="choices">
          <button type="button" class="primary" part="choose" ?disabled=${!this.service} @click=${() => void this.choose()}>
            ${icon("upload")} ${this.say(words.choose)}
          </button>
          <button type="button" class="folder" part="choose-folder" ?disabled=${!this.service} @click=${() => this.chooseFolder()}>
            ${icon("folder")} ${this.say(words.chooseFolder)}
          </button>
        </span>
        <label class="captions">
          <span>${this.say(words.captions)}</span>
          <select @change=${(event: Event) => (this.language_ = (event.target as HTMLSelectElement).value)}>
            ${this.#languages().map(([code, name]) => html`<option value=${code} ?selected=${code === this.language_}>${name}</option>`)}
          </select>
        </label>
        ${this.problem
          ? this.#trouble(this.problem)
          : html`<p class="muted"><span class="hint">${this.say(words.hint)}</span> ${this.#room()}</p>`}
      </div>
    `;
  }

  #trouble(problem: "signInFirst" | "notLoaded"): TemplateResult {
    return html`<p class="bad" role="alert">
      ${this.say(this.t.uploader[problem])}
      ${this.#unsent.length ? html`<button type="button" class="small" @click=${() => void this.#add(this.#unsent)}>${this.say(this.t.common.tryAgain)}</button>` : nothing}
    </p>`;
  }

  #room(): string {
    const { places } = this;
    if (!places || places.left > FEW_PLACES) return "";
    return this.say(places.daily ? this.t.uploader.placesDaily : this.t.uploader.placesTotal, { n: places.left });
  }

  #languages(): [string, string][] {
    const words = this.t.uploader;
    const named = SPEECH_LANGUAGES.filter((code) => code !== "auto").map((code): [string, string] => [code, languageName(code, this.language)]);
    named.sort(([, one], [, other]) => one.localeCompare(other, this.language));
    return [["", this.say(words.captionsNone)], ["auto", this.say(words.captionsAuto)], ...named];
  }

  #picked(event: Event): void {
    const input = event.target as HTMLInputElement;
    const chosen = chosenOf(input.files ?? []);
    // The same files can be chosen again.
    input.value = "";
    this.#given(chosen);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "video-uploader": VideoUploader;
  }
}
