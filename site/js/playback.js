/** How a video is watched and pictured: by public URLs, or by tokens that are asked for when they are needed. */
import config from "../config.js";
import { load } from "./components.js";
import { el } from "./dom.js";

const POSTER_WIDTH = 640;
const MARGIN = 60_000;
const signed = new Map();

/** URLs `hls`, `thumbnail`, `storyboard` of an asset; null when it cannot be played. */
export async function sources(call, asset) {
  const open = publicId(asset);
  if (open) return publicSources(open);
  if (!asset.playback_ids?.length) return null;
  const known = signed.get(asset.id);
  if (known && Date.parse(known.expires_at) - MARGIN > Date.now()) return delivered(known.urls);
  const wish = { thumbnail: { width: POSTER_WIDTH } };
  const { data } = await call("POST", `/assets/${asset.id}/playback-tokens`, wish);
  signed.set(asset.id, data);
  return delivered(data.urls);
}

export const publicId = (asset) => asset.playback_ids?.find(({ policy }) => policy === "public");

export function publicSources({ id }) {
  const image = `${config.image}${id}/`;
  return {
    hls: `${config.stream}${id}.m3u8`,
    thumbnail: `${image}thumbnail.jpg?width=${POSTER_WIDTH}`,
    storyboard: `${image}storyboard.vtt`,
  };
}

/** The API's URLs, on the hosts that this site takes them from. */
function delivered(urls) {
  const moved = (url) =>
    url.replace(/^https:\/\/stream\.mux\.com\//, config.stream).replace(/^https:\/\/image\.mux\.com\//, config.image);
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, moved(url)]));
}

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
  return element;
}

/** The HTML with which any page shows a public video. */
export function embedCode(id, title) {
  const attribute = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const source = new URL(`embed.html?v=${id}`, document.baseURI);
  return `<iframe src="${attribute(source.href)}" title="${attribute(title)}" loading="lazy" allow="fullscreen; picture-in-picture" style="width: 100%; aspect-ratio: 16 / 9; border: 0"></iframe>`;
}
