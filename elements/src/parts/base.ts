/** What all elements share: the service, texts in the visitor's language, and the start when a page is configured late. */
import { LitElement, type PropertyValues } from "lit";
import { property, state } from "lit/decorators.js";
import type { TokenSource } from "../core/api.js";
import { Failure } from "../core/failure.js";
import { Service, serviceAt, whenConfigured } from "../core/service.js";
import { fill, type Entry, type Values } from "../text/entry.js";
import { en } from "../text/en.js";
import { languageOf, loadTexts, safeLocale, textsAtHand, withOwn, type SomeTexts, type Texts } from "../text/index.js";

/**
 * What all elements have.
 *
 * @cssprop --video-accent - Colour of links and main buttons.
 * @cssprop --video-on-accent - Text on that colour.
 * @cssprop --video-text - Text.
 * @cssprop --video-muted - Less important text.
 * @cssprop --video-back - Background of controls.
 * @cssprop --video-soft - Background of what is set apart.
 * @cssprop --video-line - Lines and borders.
 * @cssprop --video-danger - What deletes, and what has failed.
 * @cssprop --video-good - What has gone well.
 * @cssprop --video-radius - How round corners are.
 * @cssprop --video-gap - Space between cards.
 */
export abstract class VideoElement extends LitElement {
  /** Address of the API, the stack's output `ApiUrl`; without one, what `configure` was given. */
  @property() api?: string;

  /** Language of the texts, such as `de`; without one, that of the page. */
  @property() locale = "";

  /** A page's own words in the place of the built-in ones. */
  @property({ attribute: false }) texts: SomeTexts | undefined;

  /** Answers the visitor's JWT; not needed where a <video-account> signs visitors in. */
  @property({ attribute: false }) token: TokenSource | undefined;

  /** The texts in use. */
  @state() protected t: Texts = en;

  /** The service; undefined while nothing is configured or the configuration is wrong. */
  @state() protected service: Service | undefined;

  /** What is wrong with the configuration. */
  @state() protected misconfigured: Failure | undefined;

  /** Ends when the element leaves the page or gets another service. */
  protected life = new AbortController();

  #startedWith: string | undefined;

  // Whoever takes an attribute away leaves null, whatever the property's type says.

  /** The locale in use, for numbers and dates. */
  protected get language(): string {
    const page = this.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang || navigator.language;
    return safeLocale(this.locale?.trim() || page || "en");
  }

  /** A text with its values filled in. */
  protected say(entry: Entry, values: Values = {}): string {
    return fill(entry, values, this.language);
  }

  /** The sentence for a failure. */
  protected sentence(failure: Failure): string {
    return this.say(this.t.failure[failure.kind]);
  }

  /** Called when the element has a service, once for each. Listen with `this.life.signal`. */
  protected begin(_service: Service): void {}

  override connectedCallback(): void {
    super.connectedCallback();
    this.#start();
    void this.#speak();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.life.abort();
    this.service = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // A page's script may set these before the first update as well as after it.
    if (this.isConnected && this.api !== this.#startedWith) this.#start();
    if (changed.has("locale") || changed.has("texts")) void this.#speak();
    if (changed.has("token") && this.token && this.service) this.service.tokens = this.token;
  }

  #start(): void {
    this.#startedWith = this.api;
    this.life.abort();
    this.life = new AbortController();
    const found = serviceAt(this.api);
    this.misconfigured = found instanceof Failure ? found : undefined;
    if (this.misconfigured) console.error(`<${this.localName}>: ${this.misconfigured.detail}`);
    this.service = found instanceof Service ? found : undefined;
    if (!this.api?.trim()) whenConfigured(() => this.#start(), this.life.signal);
    if (!this.service) return;
    if (this.token) this.service.tokens = this.token;
    this.begin(this.service);
  }

  async #speak(): Promise<void> {
    const language = languageOf(this.language);
    const texts = textsAtHand(language) ?? (await loadTexts(language));
    if (language === languageOf(this.language)) this.t = withOwn(texts, this.texts);
  }
}
