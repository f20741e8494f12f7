import { css } from "lit";

export const uploaderStyles = css`
  .start {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem 1rem;
  }

  .start p {
    flex-basis: 100%;
    margin: 0;
    font-size: 0.9rem;
  }

  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  .captions {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
  }

  .captions select {
    max-width: 12rem;
  }

  .bad {
    color: var(--_danger);
  }

  .over {
    position: fixed;
    inset: 0;
    z-index: var(--video-panel-layer, 30);
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 0.5rem;
    padding: 1rem;
    background: color-mix(in srgb, var(--_back), transparent 8%);
    color: var(--_text);
    text-align: center;
    pointer-events: none;
  }

  .over::before {
    content: "";
    position: absolute;
    inset: 1rem;
    border: 2px dashed var(--_accent);
    border-radius: calc(var(--_radius) * 1.6);
  }

  .over svg.glyph {
    width: 3rem;
    height: 3rem;
    color: var(--_accent);
    stroke-width: 1.25;
  }

  .over p {
    margin: 0;
  }

  .over .big {
    font-size: 1.5rem;
    font-weight: 650;
  }

  .panel {
    position: fixed;
    inset-block-end: 0;
    inset-inline-end: max(1rem, env(safe-area-inset-left), env(safe-area-inset-right));
    z-index: calc(var(--video-panel-layer, 30) - 1);
    display: flex;
    flex-direction: column;
    width: min(27rem, calc(100vw - 2rem));
    max-height: min(34rem, 70dvh);
    padding-block-end: env(safe-area-inset-bottom);
    border: 1px solid var(--_line);
    border-block-end: 0;
    border-start-start-radius: calc(var(--_radius) * 1.3);
    border-start-end-radius: calc(var(--_radius) * 1.3);
    background: var(--_back);
    box-shadow: 0 8px 32px -8px #0005;
  }

  .panel-head {
    display: flex;
    align-items: center;
    gap: 0.25rem;
    padding-block: 0.6rem;
    padding-inline: 1rem 0.6rem;
  }

  .panel-head h2 {
    flex: 1;
    min-width: 0;
    margin: 0;
    font-size: 1rem;
    font-weight: 650;
  }

  .total {
    padding: 0 1rem 0.75rem;
    font-size: 0.85rem;
  }

  .total p {
    margin: 0 0 0.4rem;
    font-variant-numeric: tabular-nums;
  }

  progress {
    display: block;
    width: 100%;
    height: 4px;
    border: 0;
    border-radius: 2px;
    overflow: hidden;
    background: var(--_line);
    appearance: none;
    accent-color: var(--_accent);
  }

  progress::-webkit-progress-bar {
    background: var(--_line);
  }

  progress::-webkit-progress-value {
    background: var(--_accent);
  }

  progress::-moz-progress-bar {
    background: var(--_accent);
  }

  .scroll {
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-block-start: 1px solid var(--_line);
  }

  .notice {
    padding: 0.75rem 1rem;
    border-block-end: 1px solid var(--_line);
    background: var(--_soft);
    font-size: 0.9rem;
    overflow-wrap: anywhere;
  }

  .notice p,
  .notice ul {
    margin: 0;
  }

  .notice ul {
    max-height: 9rem;
    padding: 0;
    overflow-y: auto;
    list-style: none;
  }

  .notice strong {
    font-weight: 600;
  }

  .notice-head {
    display: flex;
    align-items: start;
    gap: 0.5rem;
  }

  .notice-head > :first-child {
    flex: 1;
    min-width: 0;
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  .notice .actions {
    margin-block-start: 0.6rem;
  }

  .small {
    min-height: 2rem;
    padding: 0.2rem 0.7rem;
    font-size: 0.875rem;
  }

  .icon.small {
    min-width: 2rem;
    padding: 0.2rem;
  }

  .all {
    padding: 0.1rem 0.5rem 0.6rem;
  }

  .files {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  .file {
    display: grid;
    grid-template-columns: 4rem minmax(0, 1fr) auto;
    align-items: center;
    gap: 0.1rem 0.75rem;
    padding-block: 0.6rem;
    padding-inline: 1rem 0.6rem;
    content-visibility: auto;
    contain-intrinsic-size: auto 3.6rem;
  }

  .file + .file {
    border-block-start: 1px solid var(--_line);
  }

  .picture {
    display: grid;
    place-items: center;
    width: 4rem;
    aspect-ratio: 16 / 9;
    border-radius: calc(var(--_radius) * 0.4);
    overflow: hidden;
    background: var(--_soft);
    color: var(--_muted);
  }

  .picture canvas {
    width: 100%;
    height: 100%;
  }

  .file-name {
    overflow: hidden;
    font-size: 0.925rem;
    font-weight: 550;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .file-state {
    font-size: 0.825rem;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }

  .file-text progress {
    margin-block-start: 0.3rem;
  }

  .good {
    color: var(--_good);
  }

  .file .actions {
    flex-wrap: nowrap;
    gap: 0.1rem;
  }

  @media (width < 30rem) {
    .panel {
      inset-inline: 0;
      width: auto;
      border-inline: 0;
    }

    .file {
      grid-template-columns: 3.25rem minmax(0, 1fr) auto;
    }

    .picture {
      width: 3.25rem;
    }
  }

  /* Phones and tablets have no folders to choose and nothing to drop from. */
  @media (hover: none) and (pointer: coarse) {
    .folder,
    .hint {
      display: none;
    }
  }

  @media (forced-colors: active) {
    progress {
      border: 1px solid CanvasText;
    }

    progress::-webkit-progress-value {
      background: Highlight;
    }

    progress::-moz-progress-bar {
      background: Highlight;
    }
  }
`;
