/** One video in a list: its picture, what it is called, how long it is, and who can watch it. */
import { html, nothing, svg, type TemplateResult } from "lit";
import { clock, day } from "../core/format.js";
import { mediaOf, shapeOf } from "../core/playback.js";
import type { Asset } from "../core/types.js";
import { icon, type Icon } from "../parts/icons.js";
import { fill, type Entry } from "../text/entry.js";
import type { Texts } from "../text/index.js";

export interface Card {
  asset: Asset;
  /** Where the video opens; "" where the page opens it itself. */
  href: string;
  /** Address of the picture; "" without one. */
  picture: string;
  selected: boolean;
  /** Something is being done to it. */
  working: boolean;
  /** Why the last thing that was done to it failed; "" if nothing has. */
  problem: string;
  t: Texts;
  language: string;
}

/** Shapes between these fill the picture's frame of 16:9; others keep theirs. */
const NARROWEST = 1.2;
const WIDEST = 2.5;
const BARS = 36;

export function card({ asset, href, picture, selected, working, problem, t, language }: Card): TemplateResult {
  const title = asset.title?.trim() || fill(t.common.untitled, {}, language);
  const say = (entry: Entry) => fill(entry, {}, language);
  const inside = html`
    ${frame(asset, picture, t, language)}
    <span class="title"><bdi>${title}</bdi></span>
  `;
  const label = fill(t.library.choose, { title }, language);
  return html`
    <li class="card" part="card" data-id=${asset.id} data-status=${asset.status} ?data-selected=${selected} aria-busy=${working}>
      ${href
        ? html`<a class="open" href=${href} aria-describedby="facts-${asset.id}">${inside}</a>`
        : html`<button type="button" class="open" aria-describedby="facts-${asset.id}">${inside}</button>`}
      <label class="pick"><input type="checkbox" .checked=${selected} aria-label=${label} /></label>
      <p class="facts" id="facts-${asset.id}">${facts(asset, say, t, language)}</p>
      ${problem ? html`<p class="problem">${icon("alert")}<span>${problem}</span></p>` : nothing}
    </li>
  `;
}

function frame(asset: Asset, picture: string, t: Texts, language: string): TemplateResult {
  const shape = shapeOf(asset);
  const fit = shape >= NARROWEST && shape <= WIDEST ? "cover" : "contain";
  const length = asset.duration ? clock(asset.duration) : "";
  return html`
    <span class="picture" part="picture" data-fit=${fit}>
      ${content(asset, picture)}
      ${asset.status === "ready" ? nothing : html`<span class="state">${fill(t.common[asset.status], {}, language)}</span>`}
      ${length && asset.status === "ready" ? html`<span class="length">${length}</span>` : nothing}
    </span>
  `;
}

function content(asset: Asset, picture: string): TemplateResult {
  if (asset.status === "errored") return icon("alert");
  if (asset.status === "preparing") return html`<span class="wait" aria-hidden="true"></span>`;
  if (mediaOf(asset) === "audio") return wave(asset.id);
  return picture ? html`<img src=${picture} alt="" loading="lazy" decoding="async" width="640" height="360" />` : icon("film");
}

function facts(asset: Asset, say: (entry: Entry) => string, t: Texts, language: string): TemplateResult {
  const date = html`<time datetime=${asset.created_at}>${day(asset.created_at, language)}</time>`;
  if (asset.status === "errored") {
    return html`<span class="bad">${say(asset.errors?.type === "too_long" ? t.library.tooLong : t.library.unreadable)}</span>${date}`;
  }
  const [glyph, entry] = audience(asset, t);
  return html`<span class="who" data-visibility=${asset.visibility}>${icon(glyph)}${say(entry)}</span>${date}`;
}

/** Who can watch it, by both facts: whether it is in the gallery, and whether it has a public address. */
function audience(asset: Asset, t: Texts): [Icon, Entry] {
  if (asset.visibility === "public") return ["globe", t.common.public];
  return asset.playable_by === "everyone" ? ["link", t.library.linkOnly] : ["lock", t.common.private];
}

/** A sound, drawn: the bars of one are always the same, and differ from those of another. */
function wave(id: string): TemplateResult {
  let seed = [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7);
  const bars = Array.from({ length: BARS }, (_, at) => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    const swell = Math.sin((Math.PI * (at + 0.5)) / BARS);
    const half = Math.round((6 + (seed / 2 ** 32) * 34) * (0.25 + 0.75 * swell));
    return `M${at * 8 + 4} ${50 - half}v${half * 2}`;
  });
  return html`<svg class="wave" viewBox="0 0 ${BARS * 8} 100" aria-hidden="true">${svg`<path d=${bars.join("")} />`}</svg>`;
}

/** The place of a card while the list is read for the first time. */
export const skeleton = (): TemplateResult => html`<li class="card skeleton" aria-hidden="true">
  <span class="picture"></span><span class="line"></span><span class="line short"></span>
</li>`;
