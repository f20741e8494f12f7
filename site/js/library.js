/** The visitor's own page: who is signed in, and whether the address shows the list or a single video. */
import config from "../config.js";
import { connect, SESSION_ENDED } from "./api.js";
import { busy, el, find } from "./dom.js";
import { notice, titleOf, told, watchConnection } from "./page.js";
import { part } from "./part.js";
import { token, visitor } from "./session.js";

const call = connect(config.api, token);
let listing;
let opened;
let leave = () => {};

start();

async function start() {
  watchConnection();
  find("#sign-in").addEventListener("click", ({ target }) => busy(target, () => told(signIn)));
  if (location.search) await told(async () => (await part(import("./sign-in.js"))).completeSignIn());
  if (!visitor()) return show("welcome");
  find("#account").append(
    el("span", { class: "name" }, visitor().name),
    el("button", { type: "button", onclick: () => told(signOut) }, "Sign out"),
  );
  addEventListener("hashchange", route);
  addEventListener("session-ended", () => notice(SESSION_ENDED, { action: "Sign in", act: () => told(signIn) }));
  await route();
}

const signIn = async () => (await part(import("./sign-in.js"))).signIn();
const signOut = async () => (await part(import("./sign-out.js"))).signOut();

/** The address says what is shown: #/video/ID or the list. */
async function route() {
  leave();
  const closed = new AbortController();
  leave = () => closed.abort();
  const id = location.hash.match(/^#\/video\/([A-Za-z0-9]+)$/)?.[1];
  const from = opened;
  opened = id;
  show(id ? "video" : "library");
  await told(() => (id ? openVideo(id, closed.signal) : openList(from)));
}

async function openVideo(id, signal) {
  const { showVideo } = await part(import("./video.js"));
  if (signal.aborted) return;
  const list = await listing;
  const changed = (asset) => list?.put(asset);
  const remove = (asset) => told(async () => (await openedList()).remove(asset));
  await showVideo(id, { call, known: list?.known(id), changed, remove, signal });
}

/** The list; whoever comes from a video is at its card. */
async function openList(from) {
  document.title = "Reel · Your videos";
  const list = await openedList();
  if (from) list.focus(from);
}

/** The list, with its uploader, once somebody has come to see it. */
function openedList() {
  listing ??= part(Promise.all([import("./list.js"), import("../video-uploader.js")])).then(
    ([list]) => {
      connectUploader(list);
      return list;
    },
    (error) => {
      listing = undefined;
      throw error;
    },
  );
  return listing;
}

function connectUploader(list) {
  const uploader = find("video-uploader");
  uploader.token = token;
  for (const name of ["api", "captions", "components"]) uploader.setAttribute(name, config[name]);
  uploader.addEventListener("asset", ({ detail }) => list.put(detail, true));
  uploader.addEventListener("ready", ({ detail }) => notice(`“${titleOf(detail)}” is ready.`, { seconds: 6 }));
}

function show(name) {
  for (const section of ["welcome", "library", "video"]) find(`#${section}`).hidden = section !== name;
}
