/** Colours, spaces and common controls. A page changes them with the custom properties that begin with `--video-`. */
import { css } from "lit";

export const tokens = css`
  :host {
    --_accent: var(--video-accent, light-dark(#2456d6, #8db0ff));
    --_on-accent: var(--video-on-accent, light-dark(#ffffff, #0b1530));
    --_text: var(--video-text, light-dark(#17181a, #f1f1f3));
    --_muted: var(--video-muted, light-dark(#5c6068, #a4a8b2));
    --_back: var(--video-back, light-dark(#ffffff, #16171a));
    --_soft: var(--video-soft, light-dark(#f4f4f6, #212327));
    --_line: var(--video-line, light-dark(#dfe1e6, #34373e));
    --_danger: var(--video-danger, light-dark(#b42318, #ff9c92));
    --_good: var(--video-good, light-dark(#17694a, #7ed8ae));
    --_radius: var(--video-radius, 10px);
    --_gap: var(--video-gap, 1.25rem);
    --_focus: 2px solid var(--_accent);
    display: block;
    color: var(--_text);
    font: inherit;
    line-height: 1.5;
    -webkit-text-size-adjust: 100%;
  }

  :host([hidden]),
  [hidden] {
    display: none !important;
  }

  * {
    box-sizing: border-box;
  }

  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

export const controls = css`
  button,
  input,
  select,
  textarea {
    color: inherit;
    font: inherit;
  }

  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-height: 2.5rem;
    padding: 0.35rem 0.95rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 0.8);
    background: var(--_back);
    color: var(--_text);
    font-weight: 550;
    line-height: 1.25;
    text-decoration: none;
    cursor: pointer;
  }

  button:hover,
  .button:hover {
    background: var(--_soft);
  }

  button[disabled] {
    opacity: 0.55;
    cursor: default;
  }

  button[aria-busy="true"] {
    cursor: progress;
    opacity: 0.7;
  }

  .primary {
    border-color: transparent;
    background: var(--_accent);
    color: var(--_on-accent);
  }

  .primary:hover {
    background: color-mix(in oklab, var(--_accent), var(--_text) 14%);
  }

  .danger {
    color: var(--_danger);
  }

  button.danger.primary {
    background: var(--_danger);
    color: var(--_back);
  }

  .quiet {
    border-color: transparent;
    background: transparent;
  }

  .icon {
    min-width: 2.5rem;
    padding: 0.35rem;
  }

  svg.glyph {
    width: 1.25rem;
    height: 1.25rem;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  input:not([type="checkbox"], [type="radio"], [type="file"]),
  select,
  textarea {
    min-height: 2.5rem;
    padding: 0.4rem 0.75rem;
    border: 1px solid color-mix(in oklab, var(--_line), var(--_text) 30%);
    border-radius: calc(var(--_radius) * 0.8);
    background: var(--_back);
  }

  a {
    color: var(--_accent);
  }

  :focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .muted {
    color: var(--_muted);
  }
`;
