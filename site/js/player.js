/** Mux's player, and the HTML that brings it into other pages. */
import config from "../config.js";
import { load } from "./components.js";
import { el, find } from "./dom.js";

/** Mux's player for these URLs. It neither casts (that loads Google's script) nor tracks, unless there is a data key. */
export async function player(urls, title) {
  await load("mux-player", config.components);
  const data = config.dataKey ? { "env-key": config.dataKey } : { "disable-tracking": true };
  const element = el("mux-player", {
    src: urls.hls,
    poster: urls.thumbnail,
    "storyboard-src": urls.storyboard,
    "video-title": title,
    "stream-type": "on-demand",
    "disable-cookies": true,
    playsinline: true,
    ...data,
  });
  if (element.media) element.media.disableRemotePlayback = true;
  nameDialog(element.mediaTheme.shadowRoot);
  return element;
}

/** Mux names its dialog of errors when it opens; before that, while it fades, it would be one without a name. */
function nameDialog(theme) {
  const name = () => find("media-error-dialog", theme)?.setAttribute("aria-label", "Why this video does not play");
  new MutationObserver(name).observe(theme, { childList: true, subtree: true });
  name();
}

/** The HTML with which any page shows a public video. */
export function embedCode(id, title) {
  const attribute = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const source = new URL(`embed.html?v=${id}`, document.baseURI);
  return `<iframe src="${attribute(source.href)}" title="${attribute(title)}" loading="lazy" allow="fullscreen; picture-in-picture" style="width: 100%; aspect-ratio: 16 / 9; border: 0"></iframe>`;
}
