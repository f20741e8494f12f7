import { css } from "lit";

export const libraryStyles = css`
  .library {
    container-type: inline-size;
  }

  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6rem;
  }

  .search {
    position: relative;
    flex: 1 1 14rem;
    min-width: 0;
  }

  .search svg {
    position: absolute;
    inset-block-start: 50%;
    inset-inline-start: 0.75rem;
    color: var(--_muted);
    transform: translateY(-50%);
    pointer-events: none;
  }

  .search input {
    width: 100%;
    padding-inline-start: 2.5rem !important;
  }

  .tools input,
  .tools select {
    border-color: var(--_line);
  }

  .tools input:hover,
  .tools select:hover {
    border-color: color-mix(in oklab, var(--_line), var(--_text) 30%);
  }

  .choice {
    position: relative;
    display: inline-flex;
  }

  .choice select {
    max-width: 14rem;
    padding-inline-end: 2.1rem;
    text-overflow: ellipsis;
    appearance: none;
  }

  .choice svg.glyph {
    position: absolute;
    inset-block-start: 50%;
    inset-inline-end: 0.6rem;
    width: 1rem;
    height: 1rem;
    color: var(--_muted);
    transform: translateY(-50%);
    pointer-events: none;
  }

  .whose {
    display: flex;
    gap: 0.25rem;
    flex-basis: 100%;
  }

  .whose button {
    border-color: transparent;
    background: none;
    color: var(--_muted);
  }

  .whose button[aria-pressed="true"] {
    background: var(--_soft);
    color: var(--_text);
  }

  .summary {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    min-height: 1.5em;
    margin: 0.9rem 0 0.85rem;
    color: var(--_muted);
    font-size: 0.9rem;
  }

  .summary p {
    margin: 0;
  }

  .summary .full {
    color: var(--_text);
  }

  .strip {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.4rem 0.9rem;
    margin: 0.9rem 0 0;
    padding: 0.6rem 0.9rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_soft);
  }

  .strip p {
    flex: 1 1 12rem;
    margin: 0;
  }

  .strip svg.glyph {
    color: var(--_muted);
  }

  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: 1.75rem var(--_gap);
    margin: 0;
    padding: 0;
    list-style: none;
    transition: opacity 0.15s;
  }

  .cards[data-stale] {
    opacity: 0.55;
  }

  .card {
    position: relative;
    min-width: 0;
    /* Room for the focus outline, which a contained box cuts. */
    margin: -6px;
    padding: 6px;
    content-visibility: auto;
    contain-intrinsic-size: auto 15rem;
  }

  .open {
    display: block;
    width: 100%;
    min-height: 0;
    padding: 0;
    border: 0;
    border-radius: var(--_radius);
    background: none;
    color: inherit;
    font-weight: inherit;
    text-align: start;
    text-decoration: none;
    cursor: pointer;
  }

  .open:hover {
    background: none;
  }

  .picture {
    position: relative;
    display: grid;
    overflow: hidden;
    aspect-ratio: 16 / 9;
    place-items: center;
    border-radius: var(--_radius);
    background: var(--_soft);
    color: var(--_muted);
  }

  .picture::after {
    position: absolute;
    inset: 0;
    border-radius: inherit;
    background: #000;
    opacity: 0;
    transition: opacity 0.15s;
    content: "";
    pointer-events: none;
  }

  .open:hover .picture::after {
    opacity: 0.08;
  }

  .picture > img {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }

  .picture[data-fit="contain"] > img {
    object-fit: contain;
  }

  .picture > svg.glyph {
    width: 2rem;
    height: 2rem;
    opacity: 0.7;
    stroke-width: 1.25;
  }

  .wave {
    width: 74%;
    height: 46%;
    fill: none;
    stroke: var(--_accent);
    stroke-linecap: round;
    stroke-width: 3.5;
    opacity: 0.75;
  }

  .wait {
    width: 30%;
    height: 3px;
    overflow: hidden;
    border-radius: 3px;
    background: var(--_line);
  }

  .wait::after {
    position: relative;
    display: block;
    width: 40%;
    height: 100%;
    border-radius: inherit;
    background: var(--_accent);
    animation: wait 1.8s ease-in-out infinite alternate;
    content: "";
  }

  @keyframes wait {
    from {
      inset-inline-start: -8%;
    }

    to {
      inset-inline-start: 68%;
    }
  }

  .length,
  .state {
    position: absolute;
    z-index: 1;
    padding: 0.1rem 0.42rem;
    border-radius: 6px;
    font-size: 0.8rem;
    font-weight: 550;
    line-height: 1.35;
  }

  .length {
    inset-block-end: 0.5rem;
    inset-inline-end: 0.5rem;
    background: #000c;
    color: #fff;
    font-variant-numeric: tabular-nums;
  }

  .state {
    inset-block-end: 0.5rem;
    inset-inline-start: 0.5rem;
    background: var(--_back);
    color: var(--_text);
  }

  [data-status="errored"] .state {
    color: var(--_danger);
  }

  [data-status="deleting"] .open,
  .card[aria-busy="true"] .open {
    opacity: 0.5;
  }

  .title {
    display: -webkit-box;
    overflow: hidden;
    margin-top: 0.6rem;
    font-weight: 600;
    line-height: 1.35;
    overflow-wrap: anywhere;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }

  .facts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.45rem;
    margin: 0.15rem 0 0;
    color: var(--_muted);
    font-size: 0.875rem;
  }

  .facts > .who::after {
    content: "·";
  }

  .who {
    display: inline-flex;
    align-items: center;
    gap: 0.3rem;
  }

  .who svg.glyph {
    width: 0.95rem;
    height: 0.95rem;
  }

  .who[data-visibility="public"] {
    color: var(--_good);
  }

  .bad,
  .problem {
    color: var(--_danger);
  }

  .problem {
    display: flex;
    gap: 0.4rem;
    margin: 0.4rem 0 0;
    font-size: 0.875rem;
  }

  .problem svg.glyph {
    width: 1.05rem;
    height: 1.05rem;
    margin-top: 0.13rem;
  }

  .pick {
    position: absolute;
    inset-block-start: 6px;
    inset-inline-start: 6px;
    z-index: 2;
    display: grid;
    width: 2.75rem;
    height: 2.75rem;
    place-items: center;
    cursor: pointer;
    opacity: 0;
  }

  .pick input {
    display: grid;
    width: 1.4rem;
    height: 1.4rem;
    margin: 0;
    place-items: center;
    border: 2px solid #fff;
    border-radius: 6px;
    background: #0003;
    box-shadow: 0 0 0 1px #0005, inset 0 0 0 1px #0003;
    cursor: pointer;
    appearance: none;
  }

  .pick input:checked {
    border-color: var(--_accent);
    background: var(--_accent);
    box-shadow: none;
  }

  .pick input:checked::after {
    width: 0.38rem;
    height: 0.7rem;
    margin-top: -0.15rem;
    border: solid var(--_on-accent);
    border-width: 0 2.5px 2.5px 0;
    content: "";
    transform: rotate(45deg);
  }

  .cards[data-selecting] .pick,
  .pick:focus-within {
    opacity: 1;
  }

  @media (hover: hover) {
    .card:hover .pick {
      opacity: 1;
    }
  }

  @media (hover: none) {
    .cards:not([data-selecting]) .pick {
      display: none;
    }
  }

  .card[data-selected] .picture {
    outline: 3px solid var(--_accent);
    outline-offset: -3px;
  }

  .card[data-selected] .picture::after {
    background: var(--_accent);
    opacity: 0.18;
  }

  .skeleton .picture,
  .skeleton .line {
    background: var(--_soft);
    animation: breathe 1.8s ease-in-out infinite;
  }

  .skeleton .line {
    display: block;
    width: 70%;
    height: 0.85rem;
    margin-top: 0.75rem;
    border-radius: 5px;
  }

  .skeleton .short {
    width: 40%;
    height: 0.7rem;
  }

  @keyframes breathe {
    50% {
      opacity: 0.55;
    }
  }

  .further {
    display: grid;
    justify-items: center;
    padding-top: 2rem;
  }

  .further .strip {
    width: 100%;
    margin: 0;
  }

  .bar {
    position: sticky;
    inset-block-end: 1rem;
    z-index: 4;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.4rem;
    width: fit-content;
    max-width: 100%;
    margin: 1.5rem auto 0;
    padding: 0.5rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.4);
    background: var(--_back);
    box-shadow: 0 10px 36px -12px #0005;
  }

  .bar > p {
    flex: 1 0 auto;
    margin: 0;
    padding-inline: 0.6rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }

  .bar progress {
    flex: 1 1 8rem;
    width: 10rem;
    min-width: 6rem;
    margin-inline-end: 0.6rem;
    accent-color: var(--_accent);
  }

  .bar .quiet {
    white-space: nowrap;
  }

  /* On a narrow page the pictures stand beside the words, so that more than one video is seen at a time. */
  @container (max-width: 32rem) {
    .cards {
      grid-template-columns: minmax(0, 1fr);
      gap: 1rem;
    }

    .card {
      contain-intrinsic-size: auto 6rem;
    }

    .card:not(.skeleton) {
      display: grid;
      grid-template: auto 1fr auto / 9.25rem minmax(0, 1fr);
      column-gap: 0.9rem;
    }

    .open {
      display: grid;
      grid-area: 1 / 1 / 3 / 3;
      grid-template: subgrid / subgrid;
      align-items: start;
    }

    .open .picture {
      grid-area: 1 / 1 / 3 / 2;
    }

    .open .title {
      grid-area: 1 / 2 / 2 / 3;
      margin-top: 0.1rem;
    }

    .facts {
      grid-area: 2 / 2 / 3 / 3;
      align-content: start;
      pointer-events: none;
    }

    .problem {
      grid-area: 3 / 1 / 4 / 3;
    }

    .skeleton {
      display: grid;
      grid-template: auto auto 1fr / 9.25rem minmax(0, 1fr);
      column-gap: 0.9rem;
    }

    .skeleton .picture {
      grid-area: 1 / 1 / 4 / 2;
    }

    .search {
      flex-basis: 100%;
    }

    .choice {
      flex: 1 1 6rem;
    }

    .choice select {
      width: 100%;
      max-width: none;
    }

    .bar {
      width: 100%;
      inset-block-end: 0.5rem;
    }

    .bar > p {
      flex: 1 1 auto;
    }

    .bar .quiet {
      white-space: normal;
    }

    .bar .deed {
      flex: 1 1 auto;
      order: 1;
      padding-inline: 0.4rem;
      border-color: var(--_line);
    }

    .bar:has(progress) {
      flex-direction: column;
      align-items: stretch;
    }
  }

  /* Where three names do not fit into a line, signs do: the bar leaves the videos in view. */
  @container (max-width: 21rem) {
    .bar .deed > span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
  }

  @media (forced-colors: active) {
    .picture,
    .state,
    .length,
    .card[data-selected] .picture {
      border: 1px solid;
    }

    .whose button[aria-pressed="true"] {
      border: 2px solid Highlight;
    }

    .wait::after {
      background: CanvasText;
    }

    .pick input {
      border-color: CanvasText;
      appearance: auto;
    }

    .pick input:checked::after {
      content: none;
    }
  }
`;
