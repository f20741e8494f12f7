/** One video: watched, renamed, published, captioned, deleted. */
import { poll, sentence } from "./api.js";
import { busy, cloned, el, find } from "./dom.js";
import { fillEmbed, fillFacts, notice, titleOf, told } from "./page.js";
import { publicId, sources } from "./playback.js";
import { embedCode, player } from "./player.js";

const LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "da", "fi", "no", "cs", "uk", "ru", "tr", "ja", "ko"];
const EXCEPTIONS = {
  everyone: "This one is not in the gallery, but everybody who has its link can watch it.",
  nobody: "This one has no playback ID, so nobody can watch it.",
};
const names = new Intl.DisplayNames(["en"], { type: "language" });

/** Fill the page of a video. `changed` and `remove` are told what happens to it; `signal` ends its life. */
export async function showVideo(id, { call, known, changed, remove, signal }) {
  const root = cloned("page");
  const stage = find(".stage", root);
  const forms = { rename: find("[name=rename]", root), captions: find("[name=captions]", root) };
  const published = find("[name=published]", root);
  const withdraw = find(".withdraw", root);
  const usual = find(".audience", root).textContent;
  const path = `/assets/${id}`;
  let asset;
  let played;

  find("#video").replaceChildren(root);
  forms.captions.elements.language_code.append(...LANGUAGES.map((code) => el("option", { value: code }, names.of(code))));
  const submit = (form, work) =>
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form, () => told(work));
    });

  submit(forms.rename, async () => {
    const title = forms.rename.elements.title.value.trim();
    show((await call("PATCH", path, { title })).data);
    notice("Saved.", { seconds: 4 });
  });
  submit(forms.captions, async () => {
    const { url, language_code: language, name } = forms.captions.elements;
    const track = { type: "text", url: url.value, language_code: language.value, name: name.value || names.of(language.value) };
    await call("POST", `${path}/tracks`, track);
    forms.captions.reset();
    await reload();
    await followUp();
  });
  find(".generate", root).addEventListener("click", ({ target }) => busy(target, () => told(generate)));
  published.addEventListener("change", () =>
    busy(published, async () => {
      if (!(await told(published.checked ? publish : unpublish))) published.checked = !published.checked;
    }),
  );
  withdraw.addEventListener("click", () => busy(withdraw, () => told(unpublish)));
  find(".delete", root).addEventListener("click", () => remove(asset));

  if (known) show(known);
  find("h1", root).focus();
  await reload();
  await followUp();

  async function reload() {
    const { data } = await call("GET", path);
    if (!signal.aborted) show(data);
  }

  function underWay() {
    const pending = asset?.tracks?.some((track) => track.status === "preparing");
    return !signal.aborted && (asset?.status === "preparing" || pending);
  }

  function show(latest) {
    asset = latest;
    changed(asset);
    const title = titleOf(asset);
    document.title = `${title} · Reel`;
    find("h1", root).textContent = title;
    if (document.activeElement !== forms.rename.elements.title) forms.rename.elements.title.value = asset.title ?? "";
    fillFacts(root, asset);
    find(".panels", root).hidden = false;
    for (const part of [".sharing", ".captions"]) find(part, root).hidden = asset.status !== "ready";
    published.checked = asset.visibility === "public";
    const exception = published.checked ? undefined : EXCEPTIONS[asset.playable_by];
    find(".audience", root).textContent = exception ?? usual;
    withdraw.hidden = !exception;
    const open = publicId(asset);
    find(".embed", root).hidden = !open;
    if (open) fillEmbed(find(".embed", root), embedCode(open.id, title));
    find(".tracks", root).replaceChildren(...texts().map(line));
    find(".generate", root).hidden = !sound();
    told(stageVideo);
  }

  /** The player starts anew only when there is something else to play: another playback id, or other captions. */
  async function stageVideo() {
    if (asset.status !== "ready") {
      played = asset.status;
      const said = sentence(asset.errors?.messages);
      const failed = said || "This file could not be made into a video.";
      return stage.replaceChildren(el("p", {}, asset.status === "errored" ? failed : "Getting it ready to watch…"));
    }
    const wanted = JSON.stringify([asset.playback_ids, texts().filter(({ status }) => status === "ready")]);
    if (wanted === played) return;
    played = wanted;
    const urls = await sources(call, asset);
    if (!urls) return stage.replaceChildren(el("p", {}, "It has no playback ID, so it cannot be watched."));
    const element = await player(urls, titleOf(asset));
    if (wanted === played) stage.replaceChildren(element);
  }

  function texts() {
    return (asset.tracks ?? []).filter(({ type }) => type === "text");
  }

  function sound() {
    return asset.tracks?.find(({ type }) => type === "audio");
  }

  function line(track) {
    const name = track.name || names.of(track.language_code ?? "und");
    const state = { preparing: "being made", errored: sentence(track.errors?.messages) || "failed" }[track.status];
    const drop = async () => {
      await call("DELETE", `${path}/tracks/${track.id}`);
      await reload();
    };
    const button = el("button", { type: "button", "aria-label": `Remove ${name}`, onclick: () => busy(button, () => told(drop)) }, "Remove");
    return el("li", {}, el("span", {}, name, state && el("small", {}, ` ${state}`)), button);
  }

  async function generate() {
    const { language_code: language, name } = forms.captions.elements;
    const wish = { language_code: language.value, name: name.value || `${names.of(language.value)} (generated)` };
    await call("POST", `${path}/tracks/${sound().id}/generate-subtitles`, { generated_subtitles: [wish] });
    await reload();
    await followUp();
  }

  async function followUp() {
    if (underWay()) await poll(async () => (await reload(), !underWay()), { signal });
  }

  async function publish() {
    show((await call("PATCH", path, { visibility: "public" })).data);
    notice("Published in the gallery.", { seconds: 5 });
  }

  async function unpublish() {
    show((await call("PATCH", path, { visibility: "private" })).data);
    notice("Only you can watch it now.", { seconds: 5 });
  }
}
