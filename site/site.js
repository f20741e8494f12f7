/** The example site: which view the address names. Everything that happens inside a view is the elements' work. */
import config from "./config.js";
import { configure } from "./elements/index.js";

const NAME = "Reel";
const VIEWS = ["welcome", "library", "video", "gallery", "watch"];
const account = document.querySelector("video-account");

configure(config);
for (const name of ["issuer", "clientId", "scope"]) account[name] = config[name];
account.tokenUse = config.token;
document.querySelector("video-uploader").captions = config.captions;

addEventListener("hashchange", route);
account.addEventListener("video-account-change", route);
document.querySelector("video-editor").addEventListener("video-deleted", () => (location.hash = "#/"));
route();

/** `#/` library or welcome · `#/video/ID` one of the visitor's · `#/gallery` · `#/gallery/PLAYBACK_ID` a published one. */
function route() {
  const [, place = "", id = ""] = location.hash.match(/^#\/([a-z]*)(?:\/([A-Za-z0-9]+))?$/) ?? [];
  const signedIn = account.state !== "signed-out";
  if (place === "video" && id) return show(signedIn ? "video" : "welcome", id);
  if (place === "gallery") return show(id ? "watch" : "gallery", id);
  return show(signedIn ? "library" : "welcome");
}

function show(view, id = "") {
  for (const name of VIEWS) document.getElementById(name).hidden = name !== view;
  for (const element of document.querySelectorAll("#video > [asset]")) element.asset = view === "video" ? id : "";
  document.querySelector("#watch > video-view").playbackId = view === "watch" ? id : "";
  const place = view === "gallery" || view === "watch" ? "gallery" : "library";
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", link.dataset.place === place);
    if (link.dataset.place === place) link.setAttribute("aria-current", "page");
  }
  document.title = { library: "Your videos", gallery: "Gallery" }[view] ? `${{ library: "Your videos", gallery: "Gallery" }[view]} · ${NAME}` : NAME;
  document.getElementById(view).focus({ preventScroll: true });
  scrollTo(0, 0);
}
