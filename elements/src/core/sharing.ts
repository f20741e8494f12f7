/** How a public video gets to other places: the HTML for a page, and the name under which a file is saved. */
import { cut } from "./format.js";

const NAME_LENGTH = 80;
const AUDIO_HEIGHT = "96px";

/** A page's template such as `#/gallery/{playback_id}` as an address of its own. */
export function addressOf(template: string, values: Record<string, string>): string {
  const filled = template.replace(/\{(\w+)\}/g, (whole, name: string) => (values[name] === undefined ? whole : encodeURIComponent(values[name])));
  return new URL(filled, document.baseURI).href;
}

/** The HTML with which any page shows a video in its own shape (`ratio` is width divided by height), in the width it has. */
export function embedCode(source: string, title: string, shape: { aspectRatio: string; audio: boolean }): string {
  const [width = 16, height = 9] = shape.aspectRatio.split(":").map(Number);
  const box = shape.audio
    ? `height: ${AUDIO_HEIGHT}`
    : `aspect-ratio: ${width} / ${height}; max-width: calc(90vh * ${Number((width / height).toFixed(4))})`;
  return `<iframe src="${escaped(source)}" title="${escaped(title)}" loading="lazy" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen style="display: block; width: 100%; ${box}; border: 0"></iframe>`;
}

/** A title as the name of a file that every system takes. */
export function fileName(title: string, fallback: string): string {
  const bare = title.replace(/[\\/:*?"<>|\p{C}]/gu, " ").replace(/\s+/g, " ");
  return cut(bare, NAME_LENGTH).replace(/^[\s.]+|[\s.]+$/g, "") || fallback;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
