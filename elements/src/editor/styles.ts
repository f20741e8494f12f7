import { css } from "lit";

export const editorStyles = css`
  :host {
    container-type: inline-size;
  }

  .editor {
    display: grid;
    gap: 2rem;
    max-width: 46rem;
  }

  .editor > * {
    min-width: 0;
  }

  section {
    display: grid;
    gap: 0.75rem;
  }

  p {
    margin: 0;
    overflow-wrap: anywhere;
  }

  .heading {
    font-size: 1.05rem;
    font-weight: 650;
  }

  .heading:focus {
    outline: none;
  }

  .heading:focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }

  .title {
    font-size: clamp(1.35rem, 1.1rem + 1.4cqi, 1.9rem);
    font-weight: 700;
    line-height: 1.25;
    overflow-wrap: anywhere;
    text-wrap: pretty;
  }

  .title-button {
    display: inline-flex;
    align-items: baseline;
    gap: 0.6rem;
    max-width: 100%;
    min-height: 0;
    padding: 0.25rem 0.5rem;
    margin: -0.25rem -0.5rem;
    border-color: transparent;
    background: transparent;
    font: inherit;
    text-align: start;
  }

  .title-button bdi {
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .title-button svg.glyph {
    align-self: center;
    color: var(--_muted);
  }

  .title-form {
    display: grid;
    gap: 0.35rem;
  }

  label {
    font-size: 0.9rem;
    font-weight: 550;
  }

  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
  }

  .actions {
    display: flex;
    gap: 0.5rem;
  }

  .row > input {
    flex: 1 1 14rem;
    min-width: 0;
  }

  .row > .track {
    flex: 1 1 8rem;
    min-width: 0;
  }

  .field {
    display: grid;
    align-content: start;
    gap: 0.3rem;
    min-width: 0;
  }

  .field > input,
  .field > select {
    width: 100%;
    min-width: 0;
  }

  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr));
    gap: 0.9rem;
  }

  .note {
    color: var(--_good);
    font-size: 0.9rem;
  }

  .note:empty,
  .trouble:empty {
    display: none;
  }

  .trouble {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    color: var(--_danger);
    font-size: 0.9rem;
  }

  .trouble:not(:has(*)) {
    display: none;
  }

  button.small {
    min-height: 2rem;
    padding: 0.15rem 0.7rem;
  }

  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.5rem;
    margin: 0.5rem 0 0;
    color: var(--_muted);
    font-size: 0.9rem;
  }

  .facts div {
    display: flex;
    gap: 0.4rem;
  }

  .facts dd {
    margin: 0;
    color: var(--_text);
  }

  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6rem;
    padding: 0.75rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_soft);
  }

  .banner > span {
    flex: 1 1 12rem;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .audience {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    padding: 0.9rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }

  .audience > .said {
    flex: 1;
    min-width: 0;
  }

  .said > span {
    font-weight: 550;
  }

  .said > span + p {
    color: var(--_muted);
    font-size: 0.95rem;
  }

  .audience > svg.glyph {
    color: var(--_muted);
  }

  .switch {
    position: relative;
    flex: none;
    width: 2.9rem;
    min-height: 1.7rem;
    padding: 0;
    border: 2px solid color-mix(in oklab, var(--_line), var(--_text) 45%);
    border-radius: 1rem;
    background: var(--_back);
  }

  .switch > span {
    position: absolute;
    inset-block-start: 50%;
    inset-inline-start: 0.2rem;
    width: 1rem;
    height: 1rem;
    border-radius: 50%;
    background: color-mix(in oklab, var(--_line), var(--_text) 55%);
    translate: 0 -50%;
    transition: inset-inline-start 120ms;
  }

  .switch[aria-checked="true"] {
    border-color: var(--_accent);
    background: var(--_accent);
  }

  .switch[aria-checked="true"] > span {
    inset-inline-start: calc(100% - 1.2rem);
    background: var(--_on-accent);
  }

  [aria-disabled="true"] {
    cursor: progress;
    opacity: 0.7;
  }

  .tracks {
    display: grid;
    margin: 0;
    padding: 0;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    list-style: none;
  }

  .tracks > li {
    display: grid;
    gap: 0.35rem;
    padding-block: 0.6rem;
    padding-inline: 1rem 0.6rem;
  }

  .tracks > li + li {
    border-block-start: 1px solid var(--_line);
  }

  .track {
    display: grid;
    overflow-wrap: anywhere;
  }

  .track > bdi {
    font-weight: 550;
  }

  .track > span {
    font-size: 0.9rem;
  }

  .state {
    display: flex;
    align-items: center;
    gap: 0.4rem;
  }

  .state.failed {
    color: var(--_danger);
  }

  .way {
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }

  .way > summary {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-height: 2.75rem;
    padding: 0.5rem 1rem;
    border-radius: var(--_radius);
    font-weight: 550;
    list-style: none;
    cursor: pointer;
  }

  .way > summary::-webkit-details-marker {
    display: none;
  }

  .way > summary:hover {
    background: var(--_soft);
  }

  .way > summary > svg:first-child {
    color: var(--_muted);
  }

  .way > summary > svg:last-child {
    margin-inline-start: auto;
    transition: rotate 120ms;
  }

  .way[open] > summary > svg:last-child {
    rotate: 180deg;
  }

  .way > form {
    display: grid;
    gap: 0.9rem;
    padding: 0.5rem 1rem 1rem;
  }

  .delete {
    padding-block-start: 1.5rem;
    border-block-start: 1px solid var(--_line);
  }

  .delete > .row {
    justify-content: flex-start;
  }

  @media (forced-colors: active) {
    .switch,
    .switch[aria-checked="true"] {
      border-color: ButtonText;
      background: ButtonFace;
    }

    .switch > span {
      background: ButtonText;
      forced-color-adjust: none;
    }

    .switch[aria-checked="true"] {
      background: Highlight;
      forced-color-adjust: none;
    }

    .switch[aria-checked="true"] > span {
      background: HighlightText;
    }
  }
`;
