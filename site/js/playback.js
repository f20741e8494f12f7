/** How a video is watched and pictured: by public URLs, or by tokens that are asked for when they are needed. */
import config from "../config.js";

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
