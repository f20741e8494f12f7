/** One public video for a frame in another page: `?v=PLAYBACK_ID`, `&audio` for sound only, `&t=SECONDS` to begin there. */
import config from "./config.js";
import { configure } from "./elements/video-view.js";

const parameters = new URLSearchParams(location.search);
const view = document.querySelector("video-view");

configure(config);
view.audio = parameters.has("audio");
view.start = Number(parameters.get("t")) || 0;
// An address without an id is one of a video that does not exist.
view.playbackId = parameters.get("v") || "none";
