/** The gallery: what owners have published, for everybody, without signing in. */
import config from "../config.js";
import { connect } from "./api.js";
import { busy, find } from "./dom.js";
import { card, fillEmbed, picture, skeletons, titleOf, told, watchConnection } from "./page.js";
import { publicId, publicSources } from "./playback.js";
import { embedCode, player } from "./player.js";

const PAGE = 24;
const call = connect(config.api);
const list = find("#videos");
const dialog = find("dialog");
const button = find("#more");
let cursor;

watchConnection();
button.addEventListener("click", () => busy(button, () => told(more)));
dialog.addEventListener("close", () => find(".stage", dialog).replaceChildren());
list.append(...skeletons(6));
await told(more);
list.removeAttribute("aria-busy");

async function more() {
  const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
  // Who has just published something wants to see it.
  const page = await call("GET", `/gallery?${query}`, undefined, { cache: "no-cache" });
  if (!cursor) list.replaceChildren();
  cursor = page.next_cursor;
  button.hidden = !cursor;
  list.append(...page.data.map(published));
  find("#empty").hidden = list.childElementCount > 0;
}

function published(asset) {
  const open = publicId(asset);
  const item = card(asset, `embed.html?v=${open.id}`);
  picture(item, publicSources(open).thumbnail);
  find("a", item).addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    told(() => watch(asset, open));
  });
  return item;
}

async function watch(asset, open) {
  const title = titleOf(asset);
  find("h2", dialog).textContent = title;
  fillEmbed(dialog, embedCode(open.id, title));
  dialog.showModal();
  find(".stage", dialog).replaceChildren(await player(publicSources(open), title));
}
