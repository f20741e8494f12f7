/** The look of a video's stage: as large as the film's shape and the window allow, and never empty. */
import { css } from "lit";

export const stageStyles = css`
  :host {
    --_shape: 1.7778;
    /* What stands around the stage when a video is opened has to fit into the window together with it. */
    --_room: max(min(15rem, 100dvh - 5rem), 100dvh - var(--video-view-around, 16rem));
    container-type: inline-size;
  }

  :host([fill]) {
    height: 100%;
  }

  .view {
    display: grid;
    gap: 0.9rem var(--_gap);
    grid-template: "head" auto "stage" auto "side" auto / minmax(0, 1fr);
    justify-items: start;
  }

  :host([no-title]) .view {
    justify-items: center;
    grid-template: "stage" auto "side" auto / minmax(0, 1fr);
  }

  .head {
    grid-area: head;
    max-width: 100%;
  }

  .side {
    display: grid;
    gap: 0.75rem;
    grid-area: side;
    width: 100%;
  }

  h2 {
    display: -webkit-box;
    overflow: hidden;
    margin: 0;
    font-size: clamp(1.35rem, 1.1rem + 1.2vw, 1.9rem);
    font-weight: 650;
    letter-spacing: -0.012em;
    line-height: 1.2;
    overflow-wrap: anywhere;
    text-wrap: balance;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
  }

  .facts {
    margin: 0.25rem 0 0;
    font-variant-numeric: tabular-nums;
  }

  .stage {
    position: relative;
    grid-area: stage;
    overflow: hidden;
    width: min(100%, var(--_room) * var(--_shape));
    aspect-ratio: var(--_shape);
    border-radius: var(--_radius);
    background: #000;
    color: #fff;
    scroll-margin-block: 5.5rem 1rem;
  }

  /* There is nothing to see yet, or no more. */
  .stage.blank {
    background: var(--_soft);
    color: var(--_text);
  }

  .stage.said {
    display: grid;
    align-items: center;
    width: min(100%, var(--_room) * 1.7778);
    min-height: min(var(--_room), 100cqi / 1.7778);
    aspect-ratio: auto;
  }

  .stage.audio {
    width: min(100%, 48rem);
    min-height: 5.5rem;
    aspect-ratio: auto;
    background: var(--_soft);
    color: var(--_text);
  }

  :host([fill]) .view {
    display: block;
    height: 100%;
  }

  :host([fill]) .stage {
    width: 100%;
    height: 100%;
    min-height: 0;
    aspect-ratio: auto;
    border-radius: 0;
  }

  .poster {
    position: absolute;
    inset: 0;
    width: 100%;
    min-height: 0;
    padding: 0;
    border: 0;
    border-radius: inherit;
    background: none;
    color: inherit;
  }

  .poster:hover {
    background: none;
  }

  .poster:focus-visible {
    outline-offset: -4px;
    outline-color: #fff;
    box-shadow: inset 0 0 0 6px #000;
  }

  .poster img {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    border-radius: inherit;
    object-fit: contain;
  }

  .disc {
    position: relative;
    display: grid;
    width: clamp(3.25rem, 12cqi, 4.75rem);
    aspect-ratio: 1;
    place-items: center;
    border-radius: 50%;
    background: #000b;
    color: #fff;
    transition: background-color 0.15s, transform 0.15s;
  }

  .poster:hover .disc {
    background: #000;
    transform: scale(1.05);
  }

  .disc svg.glyph {
    width: 45%;
    height: 45%;
    fill: currentColor;
    stroke-width: 1;
  }

  .poster[data-length]::after {
    content: attr(data-length);
    position: absolute;
    inset-block-end: 0.6rem;
    inset-inline-end: 0.6rem;
    padding: 0.05rem 0.4rem;
    border-radius: 0.35rem;
    background: #000c;
    color: #fff;
    font-size: 0.85rem;
    font-variant-numeric: tabular-nums;
  }

  .audio .poster {
    justify-content: start;
    gap: 1rem;
    padding-inline: 1.25rem;
  }

  .audio .poster:focus-visible {
    outline-color: var(--_accent);
    box-shadow: none;
  }

  .audio .disc {
    width: 3.25rem;
    background: var(--_accent);
    color: var(--_on-accent);
  }

  .audio .poster:hover .disc {
    background: var(--_accent);
  }

  .audio .poster[data-length]::after {
    position: static;
    margin-inline-start: auto;
    padding: 0;
    background: none;
    color: var(--_muted);
    font-size: inherit;
  }

  svg.wave {
    flex: 1;
    min-width: 0;
    height: 2.25rem;
    color: var(--_muted);
    opacity: 0.5;
  }

  .spinner {
    width: 45%;
    aspect-ratio: 1;
    border: 3px solid #fff5;
    border-block-start-color: #fff;
    border-radius: 50%;
    animation: turn 0.9s linear infinite;
  }

  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }

  mux-player {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    min-width: 0;
    --media-object-fit: contain;
    --media-accent-color: #fff;
    --media-font-family: inherit;
  }

  .audio mux-player {
    inset-block: 0;
    height: 100%;
    display: block;
    --media-control-background: transparent;
    --media-primary-color: var(--_text);
    --media-secondary-color: var(--_soft);
    --media-accent-color: var(--_accent);
  }

  .still {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: contain;
    pointer-events: none;
  }

  .cover {
    position: absolute;
    inset: 0;
    display: grid;
    overflow: auto;
    align-items: center;
    background: #000d;
    color: #fff;
    color-scheme: dark;
  }

  .audio .cover {
    background: var(--_soft);
    color: var(--_text);
    color-scheme: inherit;
  }

  .cover .message {
    padding: 1rem;
  }

  .cover .muted,
  .cover .message > svg.glyph {
    color: #d6d6da;
  }

  .audio .cover .muted {
    color: var(--_muted);
  }

  .audio .cover .message > svg.glyph {
    display: none;
  }

  .breathing {
    position: absolute;
    inset: 0;
    background: var(--_line);
    animation: breathe 1.8s ease-in-out infinite;
  }

  @keyframes breathe {
    0%,
    100% {
      opacity: 0.25;
    }

    50% {
      opacity: 0.6;
    }
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    margin: 0;
  }

  .share {
    display: grid;
    gap: 0.5rem;
    max-width: 40rem;
    padding: 1rem;
    border-radius: var(--_radius);
    background: var(--_soft);
  }

  .share label {
    font-weight: 550;
  }

  .share textarea {
    width: 100%;
    font: 0.8rem / 1.5 ui-monospace, "SF Mono", Menlo, monospace;
    overflow-wrap: anywhere;
    resize: vertical;
  }

  .share p {
    margin: 0;
  }

  @container (min-width: 46rem) {
    :host(:not([no-title])) .view.tall {
      grid-template: "stage head" auto "stage side" 1fr / auto minmax(0, 1fr);
      column-gap: 2rem;
    }

    :host(:not([no-title])) .view.tall .stage:not(.said) {
      width: min(50cqi, var(--_room) * var(--_shape));
    }
  }

  @media (forced-colors: active) {
    .disc {
      border: 2px solid ButtonText;
    }
  }
`;
