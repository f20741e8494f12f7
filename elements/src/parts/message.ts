/** What stands in the place of something that is not there: an empty list, a failure, a video that does not exist. */
import { css, html, nothing, type TemplateResult } from "lit";
import { icon, type Icon } from "./icons.js";

export interface Message {
  icon: Icon;
  title: string;
  text?: string;
  /** A failure is announced at once; anything else waits for its turn. */
  failure?: boolean;
  actions?: readonly { label: string; run: () => void; primary?: boolean }[];
}

export function message({ icon: glyph, title, text, failure = false, actions = [] }: Message): TemplateResult {
  return html`
    <div class="message" part="message" role=${failure ? "alert" : "status"}>
      ${icon(glyph)}
      <p class="message-title">${title}</p>
      ${text ? html`<p class="muted">${text}</p>` : nothing}
      ${actions.length
        ? html`<p class="message-actions">
            ${actions.map(({ label, run, primary }) => html`<button type="button" class=${primary ? "primary" : ""} @click=${run}>${label}</button>`)}
          </p>`
        : nothing}
    </div>
  `;
}

export const messageStyles = css`
  .message {
    display: grid;
    justify-items: center;
    gap: 0.5rem;
    padding: clamp(2rem, 8vw, 4.5rem) 1rem;
    text-align: center;
  }

  .message > svg.glyph {
    width: 2.25rem;
    height: 2.25rem;
    color: var(--_muted);
    stroke-width: 1.25;
  }

  .message p {
    max-width: 34rem;
    margin: 0;
    overflow-wrap: anywhere;
    text-wrap: balance;
  }

  .message-title {
    font-size: 1.15rem;
    font-weight: 600;
  }

  .message-actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 0.5rem;
    padding-top: 0.5rem;
  }
`;
