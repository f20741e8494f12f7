/** The list of a visitor's videos: read, searched, kept up to date, and deleted from. */
import config from "../config.js";
import { connect, poll } from "./api.js";
import { busy, el, find } from "./dom.js";
import { card, fillCard, notice, picture, skeletons, titleOf, told } from "./page.js";
import { sources } from "./playback.js";
import { token } from "./session.js";

const PAGE = 24;
const WHOLE = 100;
const UNDO_SECONDS = 10;
const UNDER_WAY = ["preparing", "deleting"];

const call = connect(config.api, token);
const list = find("#videos");
const search = find("#search");
const assets = new Map();
const doomed = new Map();
const followed = new Set();
let cursor;
let turn = 0;

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) showPicture(target);
});

// Who closes the page does not come back for Undo.
addEventListener("pagehide", () => doomed.forEach(({ now }) => now()));
search.addEventListener("submit", (event) => event.preventDefault());
search.elements.status.addEventListener("change", refresh);
search.elements.text.addEventListener("input", filter);
find("#more").addEventListener("click", ({ target }) => busy(target, () => told(() => more(turn, PAGE))));
refresh();

/** What the list knows of a video. */
export const known = (id) => assets.get(id);

/** The focus to a video's card, or at least near it. */
export function focus(id) {
  const item = cardOf(id);
  (item && !item.hidden ? find("a", item) : find("#main")).focus();
}

/** Read the list anew. */
async function refresh() {
  const mine = ++turn;
  assets.clear();
  cursor = undefined;
  list.replaceChildren(...skeletons(6));
  list.setAttribute("aria-busy", "true");
  const worked = await told(() => more(mine, PAGE));
  if (mine !== turn) return;
  list.removeAttribute("aria-busy");
  summarise();
  if (!worked) list.replaceChildren(el("li", { class: "empty" }, el("button", { type: "button", onclick: refresh }, "Try again")));
}

async function more(mine, limit) {
  const query = new URLSearchParams({ limit });
  if (cursor) query.set("cursor", cursor);
  if (search.elements.status.value) query.set("status", search.elements.status.value);
  const page = await call("GET", `/assets?${query}`);
  if (mine !== turn) return;
  if (!cursor) list.replaceChildren();
  cursor = page.next_cursor;
  for (const asset of page.data) put(asset, false, true);
  await filter();
}

/** A video is new or has changed: its card follows. What is not in the list stays out of it unless it is `fresh`. */
export function put(asset, fresh = false, listed = fresh) {
  if (!listed && !assets.has(asset.id)) return;
  const had = assets.get(asset.id);
  assets.set(asset.id, asset);
  let item = cardOf(asset.id);
  if (item) {
    fillCard(item, asset);
  } else {
    item = card(asset, `#/video/${asset.id}`);
    if (fresh) list.prepend(item);
    else list.append(item);
  }
  const bin = find(".delete", item);
  bin.setAttribute("aria-label", `Delete ${titleOf(asset)}`);
  bin.onclick = () => remove(assets.get(asset.id));
  if (asset.status === "ready" && had?.status !== "ready") seen.observe(item);
  if (UNDER_WAY.includes(asset.status) && !fresh) follow(asset.id);
  if (fresh) filter();
}

const cardOf = (id) => list.querySelector(`[data-id="${id}"]`);

async function showPicture(item) {
  seen.unobserve(item);
  // Without a picture the card stays as it is: the list is no worse for it.
  const urls = await sources(call, assets.get(item.dataset.id) ?? {}).catch(() => null);
  if (urls) picture(item, urls.thumbnail);
}

/** Ask for a video that is under way until it is not. */
async function follow(id) {
  if (followed.has(id)) return;
  followed.add(id);
  await told(() =>
    poll(async () => {
      try {
        const { data } = await call("GET", `/assets/${id}`);
        put(data);
        return !UNDER_WAY.includes(data.status);
      } catch (error) {
        if (error.status !== 404) throw error;
        drop(id);
        return true;
      }
    }),
  );
  followed.delete(id);
}

function drop(id) {
  assets.delete(id);
  cardOf(id)?.remove();
  summarise();
}

/** Take a video away at once, and delete it when the time to undo is over. */
export function remove(asset) {
  const { id } = asset;
  const now = () => {
    doomed.delete(id);
    call("DELETE", `/assets/${id}`, undefined, { keepalive: true }).then(
      ({ data }) => (data ? put(data) : drop(id)),
      (error) => {
        if (error.status === 404) return drop(id);
        notice(`“${titleOf(asset)}” is still there. ${error.message}`);
        filter();
      },
    );
  };
  const undo = () => {
    doomed.delete(id);
    filter();
  };
  doomed.set(id, { now });
  filter();
  // What had the focus is gone.
  if (find("#library").hidden) location.hash = "#/";
  else find("#main").focus({ preventScroll: true });
  notice(`“${titleOf(asset)}” was deleted.`, { action: "Undo", act: undo, seconds: UNDO_SECONDS, gone: () => doomed.get(id)?.now() });
}

/** Show the cards that match the search; it is about all videos, so the rest of the list is read for it. */
async function filter() {
  const text = search.elements.text.value.trim().toLowerCase();
  for (const [id, asset] of assets) {
    const item = cardOf(id);
    if (item) item.hidden = doomed.has(id) || !titleOf(asset).toLowerCase().includes(text);
  }
  summarise();
  if (text && cursor && !list.dataset.reading) {
    list.dataset.reading = "";
    const mine = turn;
    await told(() => more(mine, WHOLE)).finally(() => delete list.dataset.reading);
    if (cursor) await filter();
  }
}

function summarise() {
  const shown = list.querySelectorAll("[data-id]:not([hidden])").length;
  const { text, status } = search.elements;
  const searched = text.value.trim() || status.value;
  find("#more").hidden = !cursor || Boolean(text.value.trim());
  const empty = find("#empty");
  empty.hidden = shown > 0 || Boolean(cursor) || list.hasAttribute("aria-busy");
  find("h2", empty).textContent = searched ? "Nothing found" : "No videos yet";
  find("p", empty).textContent = searched ? "Try another title, or show all videos." : "Your first one is a drag and drop away.";
  search.hidden = !searched && assets.size === 0 && !cursor;
  find("#summary").textContent = shown ? `${shown}${cursor ? " or more" : ""} ${shown === 1 && !cursor ? "video" : "videos"}` : "";
}
