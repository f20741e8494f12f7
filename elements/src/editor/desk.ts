/** What the parts of the editor share: the video they are about, words, and actions that happen once. */
import type { LitElement } from "lit";
import { html, nothing, type TemplateResult } from "lit";
import { failureOf, type Failure } from "../core/failure.js";
import type { OneAsset } from "../core/one-asset.js";
import type { Service } from "../core/service.js";
import type { Entry, Values } from "../text/entry.js";
import type { Texts } from "../text/index.js";

/** One video on one element. Parts are made anew for another video, so nothing of the one before stays. */
export interface Desk {
  readonly host: LitElement;
  readonly service: Service;
  readonly one: OneAsset;
  readonly t: Texts;
  readonly language: string;
  /** Path of the video in the API. */
  readonly path: string;
  /** Level of the headings of sections. */
  readonly level: number;
  say(entry: Entry, values?: Values): string;
  sentence(failure: Failure): string;
  update(): void;
  /** Tells those who do not see it what has happened. */
  announce(text: string): void;
}

/** Something a visitor may do: while it is under way it cannot be begun again, and its failure stays until the next time. */
export class Action {
  busy = false;
  failure: Failure | undefined;

  constructor(private readonly update: () => void) {}

  /** Whether the work was done. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = undefined;
    this.update();
    try {
      await work();
      return true;
    } catch (error) {
      this.failure = failureOf(error);
      return false;
    } finally {
      this.busy = false;
      this.update();
    }
  }
}

/** What went wrong, beside the control it went wrong with. */
export function trouble(text: string | undefined, again?: { label: string; run: () => void }, id?: string): TemplateResult {
  return html`<div class="trouble" role="alert" id=${id ?? nothing}>
    ${text ? html`<span>${text}</span>` : nothing}
    ${text && again ? html`<button type="button" class="small" @click=${again.run}>${again.label}</button>` : nothing}
  </div>`;
}

export const heading = (level: number, text: string, id: string): TemplateResult =>
  html`<div class="heading" role="heading" aria-level=${level} id=${id} tabindex="-1">${text}</div>`;

/** Moves the focus to where somebody goes on whose control has gone. */
export async function focusOn(host: LitElement, selector: string): Promise<void> {
  await host.updateComplete;
  host.renderRoot.querySelector<HTMLElement>(selector)?.focus();
}

/** Whether the focus is inside the element, or was on something that has gone. */
export function hasFocus(host: LitElement, selector: string): boolean {
  const root = host.renderRoot as ShadowRoot;
  return Boolean(root.querySelector(selector)?.contains(root.activeElement)) || document.activeElement === document.body;
}
