/** The example site: which view the address names. What happens inside a view is the elements' work. */
const NAME = "Reel";
const TITLES = { library: "Your videos", video: "Video", gallery: "Gallery", watch: "Video" };
/** Where one comes back to from a single video. */
const LIST_OF = { video: "library", watch: "gallery" };
const find = (selector) => document.querySelector(selector);
const account = find("video-account");
const uploader = find("video-uploader");
const offline = find("#offline");
/** The elements that every visitor meets, and those that a view brings: nobody loads an editor to look at a list. */
const FIRST = ["video-account", "video-library", "video-uploader"];
const OF_VIEW = { video: ["video-view", "video-editor"], watch: ["video-view"] };
const load = (name) => import(`./elements/${name}.js`);
const scrolled = {};
let view = "starting";
let id = "";

offline.hidden = navigator.onLine;
for (const event of ["online", "offline"]) addEventListener(event, () => (offline.hidden = navigator.onLine));
start();

async function start() {
  try {
    const [{ default: config }, { configure }] = await Promise.all([import("./config.js"), load("video-gallery"), ...FIRST.map(load)]);
    for (const name of ["issuer", "clientId", "scope"]) account[name] = config[name];
    account.tokenUse = config.token;
    if (config.redirectUri) account.redirectUri = config.redirectUri;
    uploader.captions = config.captions;
    find("video-library").adminGroup = config.adminGroup ?? "";
    configure(config);
  } catch (error) {
    return broken(error);
  }
  // The place of what one comes back to is this page's to find again.
  history.scrollRestoration = "manual";
  addEventListener("hashchange", route);
  account.addEventListener("video-account-change", signedInOrOut);
  addEventListener("video-shown", titled);
  find("video-editor").addEventListener("video-deleted", deleted);
  find("#sign-in").addEventListener("click", () => account.signIn());
  return route();
}

/** `#/` library or welcome · `#/video/ID` one of the visitor's · `#/gallery` · `#/gallery/PLAYBACK_ID` a published one. */
function route() {
  if (location.hash === "#main") return find("main").focus();
  const [, place = "", named = ""] = location.hash.match(/^#\/([a-z]*)(?:\/([A-Za-z0-9]+))?$/) ?? [];
  if (place === "gallery") return show(named ? "watch" : "gallery", named);
  if (account.state === "starting") return show("starting");
  if (account.state === "signed-out") return show("welcome");
  return place === "video" && named ? show("video", named) : show("library");
}

function signedInOrOut({ detail: { state } }) {
  // Whoever signs out leaves their video.
  if (state === "signed-out" && view === "video") history.replaceState(null, "", "#/");
  route();
}

/** Whoever has gone on to another video meanwhile stays there. */
function deleted({ detail }) {
  if (view === "video" && detail.id === id) location.hash = "#/";
}

function show(next, named = "") {
  const before = { view, id };
  if (next === view && named === id) return;
  scrolled[view] = scrollY;
  [view, id] = [next, named];
  for (const part of document.querySelectorAll("[data-view]")) part.hidden = part.dataset.view !== view;
  for (const element of document.querySelectorAll("[data-view='video'] [asset]")) element.asset = view === "video" ? id : "";
  find("[data-view='watch'] > video-view").playbackId = view === "watch" ? id : "";
  Promise.all((OF_VIEW[view] ?? []).map(load)).catch(broken);
  uploader.panelOnly = view !== "library";
  mark();
  document.title = TITLES[view] ? `${TITLES[view]} · ${NAME}` : NAME;
  const back = LIST_OF[before.view] === view;
  scrollTo(0, back ? (scrolled[view] ?? 0) : 0);
  // The first view is where the page begins: there the focus is nobody's to move.
  if (before.view !== "starting") focus(back && view === "library" ? before.id : "");
}

function broken(error) {
  console.error(error);
  show("broken");
}

/** Which of the pages in the header this is. */
function mark() {
  const place = LIST_OF[view] ?? view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.place === place) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  find("nav [data-place='library']").hidden = ["starting", "signed-out"].includes(account.state);
}

/** On the card of the video that one comes back from, else on the heading of the view, else on the view. */
function focus(from) {
  if (from && find("video-library").focusVideo(from)) return;
  const parts = [...document.querySelectorAll(`[data-view='${view}']`)];
  const heading = parts.map((part) => (part.matches("h1") ? part : part.querySelector("h1"))).find(Boolean);
  (heading ?? parts[0])?.focus({ preventScroll: true });
}

function titled({ target, detail }) {
  if (target.closest("[data-view]")?.dataset.view === view && detail.title) document.title = `${detail.title} · ${NAME}`;
}
