/** One public video and nothing else, for an <iframe>: embed.html?v=PLAYBACK_ID. */
import { el, find } from "./dom.js";
import { publicSources } from "./playback.js";
import { player } from "./player.js";

const id = new URLSearchParams(location.search).get("v") ?? "";
const show = async () => (/^[A-Za-z0-9]+$/.test(id) ? player(publicSources({ id }), "") : el("p", {}, "There is no such video."));
find("main").replaceChildren(await show().catch((error) => el("p", {}, error.message)));
