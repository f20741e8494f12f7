/** How a public video gets to other places: the HTML for a page, and the name under which a file is saved. */
import { cut } from "./format.js";
import { sidesOf } from "./playback.js";

const NAME_LENGTH = 80;
const AUDIO_HEIGHT = "96px";

/** A page's template such as `#/gallery/{playback_id}` as an address of its own, with more parameters in its query. */
export function addressOf(template: string, values: Record<string, string>, more: Record<string, string> = {}): string {
  const filled = template.replace(/\{(\w+)\}/g, (whole, name: string) => (values[name] === undefined ? whole : encodeURIComponent(values[name])));
  const url = new URL(filled, document.baseURI);
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  return url.href;
}

/** The HTML with which any page shows a video in its own shape, in the width it has. */
export function embedCode(source: string, title: string, shape: { aspectRatio: string; audio: boolean }): string {
  const [width, height] = sidesOf(shape.aspectRatio);
  const box = shape.audio
    ? `height: ${AUDIO_HEIGHT}`
    : `aspect-ratio: ${width} / ${height}; max-width: calc(90vh * ${Number((width / height).toFixed(4))})`;
  return `<iframe src="${escaped(source)}" title="${escaped(title)}" loading="lazy" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen style="display: block; width: 100%; ${box}; border: 0"></iframe>`;
}

/** A title as the name of a file that every system takes. */
export function fileName(title: string, fallback: string): string {
  const bare = title.replace(/[\\/:*?"<>|]|(?![\u200c\u200d])\p{C}/gu, " ").replace(/\s+/g, " ");
  return cut(bare, NAME_LENGTH).replace(/^[\s.]+|[\s.]+$/g, "") || fallback;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
