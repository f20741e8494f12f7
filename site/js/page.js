/** What every page has: the visitor's corner, word of being offline, notices, and cards for videos. */
import { cloned, el, find } from "./dom.js";

const WORDS = { preparing: "Processing", errored: "Failed", deleting: "Being deleted" };
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const shown = new Map();

/**
 * Say something that stays until it is dismissed, or `seconds` long unless somebody is at it. The same text stands there
 * once, however often it is said, unless something hangs on each (`gone`, called when the notice goes).
 */
export function notice(text, { action, act, seconds, gone } = {}) {
  const before = gone ? undefined : shown.get(text);
  if (before && !action) return before.again();
  before?.close();
  let timer;
  const close = () => {
    clearTimeout(timer);
    line.remove();
    if (shown.get(text)?.close === close) shown.delete(text);
    gone?.();
  };
  const wait = () => (timer = seconds && setTimeout(close, seconds * 1000));
  const stay = () => clearTimeout(timer);
  const press = () => {
    gone = undefined;
    close();
    act();
  };
  const line = el(
    "div",
    { class: "notice", onmouseenter: stay, onmouseleave: wait, onfocusin: stay, onfocusout: wait },
    el("p", {}, text),
    action && el("button", { type: "button", onclick: press }, action),
    el("button", { type: "button", class: "icon", "aria-label": "Dismiss", onclick: close }, "×"),
  );
  if (!gone) shown.set(text, { close, again: () => line.matches(":hover, :focus-within") || (stay(), wait()) });
  find("#notices").append(line);
  wait();
}

/** Do something and tell the visitor when it fails. Answers whether it worked. */
export async function told(work) {
  try {
    await work();
    return true;
  } catch (error) {
    notice(error.message, { seconds: 12 });
    return false;
  }
}

export function watchConnection() {
  const show = () => (find("#offline").hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

export const titleOf = (asset) => asset.title || "Untitled";

/** The line that says how a video is and when it was made. */
export function fillFacts(root, asset) {
  const state = find(".state", root);
  state.textContent = WORDS[asset.status] ?? (asset.visibility === "public" ? "Public" : "");
  state.dataset.state = asset.status ?? "ready";
  const time = find("time", root);
  time.dateTime = asset.created_at;
  time.textContent = day.format(new Date(asset.created_at));
}

/** A card for a video, with the picture that `sources` (a promise of URLs or null) brings; `href` is where it leads. */
export function card(asset, href) {
  const item = cloned("card");
  item.dataset.id = asset.id;
  find("a", item).href = href;
  fillCard(item, asset);
  return item;
}

export function fillCard(item, asset) {
  find(".title", item).textContent = titleOf(asset);
  find(".length", item).textContent = asset.duration ? length(asset.duration) : "";
  fillFacts(item, asset);
}

/** Show `url` in a card or leave its place empty: a video without a picture is a video. */
export function picture(item, url) {
  const image = find("img", item);
  image.onload = () => (image.hidden = false);
  image.src = url;
}

/** Empty cards while the first page is on its way. */
export const skeletons = (count) => Array.from({ length: count }, () => el("li", { class: "card skeleton", "aria-hidden": true }));

/** A text area with code, and the button that copies it. */
export function fillEmbed(root, code) {
  const area = find("textarea", root);
  area.value = code;
  find(".copy", root).onclick = async () => {
    area.select();
    await navigator.clipboard.writeText(code).catch(() => document.execCommand("copy"));
    notice("Copied.", { seconds: 4 });
  };
}

function length(duration) {
  const seconds = Math.round(duration);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
