/** The panel of uploads: what it shows and which button does what. It keeps nothing itself. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { FailureKind } from "../core/failure.js";
import { bytes } from "../core/format.js";
import { icon } from "../parts/icons.js";
import type { Texts } from "../text/index.js";
import type { Entry, Values } from "../text/entry.js";
import type { Added, Places } from "./engine.js";
import { isActive, isMendable, isPending, type Item, type Problem } from "./item.js";

export interface Doing {
  pause: (ids: string[], paused: boolean) => void;
  cancel: (ids: string[], discard?: boolean) => void;
  dismiss: (ids: string[]) => void;
  again: (ids: string[]) => void;
  goOn: (ids: string[], options?: { all: boolean }) => void;
  choose: () => void;
  chooseFolder: () => void;
  fold: () => void;
  dropNotice: () => void;
}

export interface PanelView {
  items: readonly Item[];
  speed: number;
  folded: boolean;
  /** Files that are being looked at. */
  checking: number;
  notice: Added | undefined;
  /** Why nothing could be taken, where the start does not show it. */
  trouble: TemplateResult | undefined;
  places: Places | undefined;
  maxBytes: number;
  locale: string;
  link: string;
  pictures: ReadonlyMap<string, HTMLCanvasElement>;
  t: Texts;
  say: (entry: Entry, values?: Values) => string;
  do: Doing;
}

const NAMES_SHOWN = 3;

export function panel(view: PanelView): TemplateResult | typeof nothing {
  const { items, checking, notice, trouble, folded, t, say } = view;
  if (items.length === 0 && !checking && !notice && !trouble) return nothing;
  const words = t.uploader;
  const over = items.length > 0 && !items.some(isPending);
  return html`
    <section class="panel" part="panel" aria-label=${say(words.panel)}>
      <header class="panel-head">
        <h2>${headline(view)}</h2>
        <span class="visually-hidden" role="status">${headline(view)}</span>
        <button type="button" class="quiet icon small" aria-expanded=${String(!folded)} aria-label=${say(folded ? words.expand : words.collapse)}
          title=${say(folded ? words.expand : words.collapse)} @click=${view.do.fold}>
          <span style=${folded ? "display:grid;rotate:180deg" : "display:grid"}>${icon("chevron")}</span>
        </button>
        ${over || items.length === 0
          ? html`<button type="button" class="quiet icon small" aria-label=${say(words.clearDone)} title=${say(words.clearDone)}
              @click=${() => {
                view.do.dropNotice();
                view.do.dismiss(items.map(({ id }) => id));
              }}>${icon("close")}</button>`
          : nothing}
      </header>
      ${total(view)}
      ${folded
        ? nothing
        : html`
            ${forAll(view)}
            <div class="scroll" tabindex="-1">
              ${trouble ? html`<div class="notice">${trouble}</div>` : nothing} ${goingOn(view)} ${holding(view)} ${notice ? leftOut(view, notice) : nothing}
              <ul class="files">
                ${repeat(inOrder(items), ({ id }) => id, (item) => line(view, item))}
              </ul>
            </div>
          `}
    </section>
  `;
}

const idsOf = (items: readonly Item[], holds: (item: Item) => boolean): string[] => items.filter(holds).map(({ id }) => id);
const needsVisitor = ({ stage }: Item): boolean => ["failed", "waiting", "held"].includes(stage);
const isSent = ({ stage }: Item): boolean => stage === "processing" || stage === "ready";
/** What is over comes last. */
const inOrder = (items: readonly Item[]): Item[] => [...items.filter((item) => !isSent(item)), ...items.filter(isSent)];
const isStoppable = ({ stage }: Item): boolean => ["new", "queued", "creating", "sending"].includes(stage);

function headline({ items, checking, notice, trouble, t, say }: PanelView): string {
  const words = t.uploader;
  const active = items.filter(isActive).length;
  if (active) return say(words.uploading, { n: active });
  if (checking) return say(words.checking, { n: checking });
  if (items.some((item) => isStoppable(item) && item.paused)) return say(words.pausedAll);
  const waiting = items.filter(({ stage }) => stage === "waiting").length;
  if (waiting) return say(words.waiting, { n: waiting });
  const stopped = items.filter(needsVisitor).length;
  if (stopped) return say(words.stoppedAll, { n: stopped });
  if (items.length === 0 && notice) {
    return notice.refused.length ? say(words.refused, { n: notice.refused.length }) : say(words.nothingFound);
  }
  if (items.length === 0 && trouble) return say(words.panel);
  return say(words.doneAll, { n: items.filter(isSent).length });
}

function total({ items, speed, locale, t, say }: PanelView): TemplateResult | typeof nothing {
  const words = t.uploader;
  const counted = items.filter((item) => isStoppable(item) || isSent(item));
  if (!counted.some(isStoppable)) return nothing;
  const size = counted.reduce((sum, item) => sum + item.size, 0);
  const sent = counted.reduce((sum, item) => sum + Math.min(item.sent, item.size), 0);
  const going = counted.some((item) => item.stage === "sending" && !item.paused);
  const facts = [
    say(words.totalFiles, { done: counted.filter(isSent).length, all: counted.length }),
    say(words.totalBytes, { sent: bytes(sent, locale), size: bytes(size, locale) }),
    ...(going && speed > 0 ? [say(words.speed, { speed: bytes(speed, locale) }), timeLeft((size - sent) / speed, words, say)] : []),
  ];
  return html`
    <div class="total">
      <p class="muted">${facts.join(" · ")}</p>
      <progress max=${size || 1} .value=${sent} aria-label=${say(words.panel)}></progress>
    </div>
  `;
}

function timeLeft(seconds: number, words: Texts["uploader"], say: PanelView["say"]): string {
  if (seconds < 60) return say(words.leftSeconds);
  if (seconds < 5400) return say(words.leftMinutes, { n: Math.round(seconds / 60) });
  return say(words.leftHours, { n: Math.round(seconds / 3600) });
}

function forAll({ items, t, say, do: act }: PanelView): TemplateResult | typeof nothing {
  const words = t.uploader;
  const stoppable = items.filter(isStoppable);
  if (stoppable.length < 2) return nothing;
  const ids = stoppable.map(({ id }) => id);
  const going = stoppable.some(({ paused }) => !paused);
  return html`
    <div class="actions all">
      <button type="button" class="quiet small" @click=${() => act.pause(ids, going)}>
        ${icon(going ? "pause" : "play")} ${say(going ? words.pauseAll : words.resumeAll)}
      </button>
      <button type="button" class="quiet small" @click=${() => act.cancel(ids)}>${icon("close")} ${say(words.cancelAll)}</button>
    </div>
  `;
}

function goingOn({ items, t, say, do: act }: PanelView): TemplateResult | typeof nothing {
  const words = t.uploader;
  const waiting = items.filter(({ stage }) => stage === "waiting");
  if (waiting.length === 0) return nothing;
  const ready = idsOf(waiting, ({ source }) => source !== "choose");
  const lost = waiting.length - ready.length;
  const inFolders = waiting.every(({ source, path }) => source !== "choose" || path);
  return html`
    <div class="notice">
      ${items.some(isActive) ? html`<p><strong>${say(words.waiting, { n: waiting.length })}</strong></p>` : nothing}
      <p class="muted">${ready.length ? say(words.waitingHint) : nothing} ${lost ? say(words.waitingChoose, { n: lost }) : nothing}</p>
      <p class="actions">
        ${ready.length ? html`<button type="button" class="primary small" data-act="go-on" @click=${() => act.goOn(ready, { all: true })}>${say(words.goOn)}</button>` : nothing}
        ${lost ? html`<button type="button" class="small ${ready.length ? "" : "primary"}" @click=${inFolders ? act.chooseFolder : act.choose}>
              ${say(inFolders ? words.chooseFolderAgain : words.chooseFiles)}
            </button>` : nothing}
        <button type="button" class="quiet small" data-act="discard" @click=${() => act.cancel(waiting.map(({ id }) => id), true)}>${say(words.discard)}</button>
      </p>
    </div>
  `;
}

function holding({ items, places, t, say, do: act }: PanelView): TemplateResult | typeof nothing {
  const words = t.uploader;
  const held = idsOf(items, ({ stage }) => stage === "held");
  if (held.length === 0) return nothing;
  return html`
    <div class="notice">
      <p><strong>${say(words.heldMany, { n: held.length })}</strong></p>
      ${places ? html`<p class="muted">${say(places.daily ? words.heldDaily : words.heldTotal)}</p>` : nothing}
      <p class="actions">
        <button type="button" class="small" @click=${() => act.again(held)}>${say(t.common.tryAgain)}</button>
        <button type="button" class="quiet small" @click=${() => act.cancel(held)}>${say(words.drop)}</button>
      </p>
    </div>
  `;
}

function leftOut({ maxBytes, locale, t, say, do: act }: PanelView, { refused, skipped, taken }: Added): TemplateResult | typeof nothing {
  const words = t.uploader;
  const names = [...new Set(skipped)];
  const named = names.slice(0, NAMES_SHOWN).join(", ") + (names.length > NAMES_SHOWN ? "…" : "");
  return html`
    <div class="notice" role="alert">
      <div class="notice-head">
        <div>
          ${refused.length
            ? html`<p><strong>${say(words.refused, { n: refused.length })}</strong></p>
                <ul>
                  ${refused.map(({ name, reason }) => html`<li><bdi>${name}</bdi>: <span class="muted">${say(words[reason], { limit: bytes(maxBytes, locale) })}</span></li>`)}
                </ul>`
            : nothing}
          ${skipped.length ? html`<p class="muted">${say(words.skipped, { n: skipped.length, names: named })}</p>` : nothing}
          ${taken === 0 && refused.length === 0 ? html`<p>${say(words.nothingFound)}</p>` : nothing}
        </div>
        <button type="button" class="quiet icon small" aria-label=${say(t.common.close)} @click=${act.dropNotice}>${icon("close")}</button>
      </div>
    </div>
  `;
}

function line(view: PanelView, item: Item): TemplateResult {
  const { link, pictures } = view;
  const { asset } = item;
  const bad = item.stage === "failed";
  const picture = pictures.get(item.id);
  const unfinished = isStoppable(item) || (item.stage === "waiting" && item.sent > 0);
  return html`
    <li class="file" data-stage=${item.stage} data-name=${item.name}>
      <span class="picture">${picture ?? icon(bad ? "alert" : item.file?.type.startsWith("audio/") ? "sound" : "film")}</span>
      <div class="file-text">
        <div class="file-name" title=${item.path || item.name}>
          ${asset && link && item.stage !== "failed"
            ? html`<a href=${link.replace("{id}", encodeURIComponent(asset.id))}><bdi>${item.name}</bdi></a>`
            : html`<bdi>${item.name}</bdi>`}
        </div>
        <div class="file-state ${bad ? "bad" : item.stage === "ready" ? "good" : "muted"}">${state(view, item)}</div>
        ${unfinished ? html`<progress max=${item.size || 1} .value=${item.sent} aria-label=${item.name}></progress>` : nothing}
      </div>
      <div class="actions">${controls(view, item)}</div>
    </li>
  `;
}

function state({ t, say, locale }: PanelView, item: Item): string {
  const words = t.uploader;
  const percent = new Intl.NumberFormat(locale, { style: "percent" }).format(Math.floor((item.sent / (item.size || 1)) * 100) / 100);
  if (isStoppable(item)) {
    if (item.paused) return say(words.paused, { percent });
    if (!navigator.onLine) return say(words.offline, { percent });
    if (item.broken) return say(words.broken, { percent });
    if (item.anew && item.sent === 0) return say(words.anew);
  }
  switch (item.stage) {
    case "new":
    case "queued":
      return say(words.queued);
    case "creating":
      return say(words.creating);
    case "sending":
      return say(words.sending, { percent, sent: bytes(item.sent, locale), size: bytes(item.size, locale) });
    case "waiting":
      return say(item.source === "choose" ? words.chooseAgain : words.canGoOn);
    case "held":
      return say(words.held);
    case "processing":
      return say(words.processing);
    case "ready":
      return say(words.ready);
    case "failed":
      return say(reasonOf(t, item.problem || "failed"));
  }
}

const reasonOf = (t: Texts, problem: Problem): Entry =>
  problem in t.failure ? t.failure[problem as FailureKind] : t.uploader[problem as keyof Texts["uploader"]];

function controls({ t, say, do: act }: PanelView, item: Item): TemplateResult[] {
  const words = t.uploader;
  const { id, name } = item;
  const button = (glyph: Parameters<typeof icon>[0], label: string, run: () => void) =>
    html`<button type="button" class="quiet icon small" aria-label=${label} title=${label} @click=${run}>${icon(glyph)}</button>`;
  const cancel = button("close", say(words.cancelOne, { name }), () => act.cancel([id]));
  if (isStoppable(item)) {
    return [
      item.paused
        ? button("play", say(words.resumeOne, { name }), () => act.pause([id], false))
        : button("pause", say(words.pauseOne, { name }), () => act.pause([id], true)),
      cancel,
    ];
  }
  switch (item.stage) {
    case "waiting":
      return [
        item.source === "choose" ? button("folder", say(words.chooseOne, { name }), act.choose) : button("play", say(words.goOnOne, { name }), () => act.goOn([id])),
        button("trash", say(words.discardOne, { name }), () => act.cancel([id], true)),
      ];
    case "held":
      return [cancel];
    case "failed":
      return [
        ...(isMendable(item) ? [button("retry", say(words.retryOne, { name }), () => act.again([id]))] : []),
        button("close", say(words.dismissOne, { name }), () => act.dismiss([id])),
      ];
    default:
      return [button("close", say(words.dismissOne, { name }), () => act.dismiss([id]))];
  }
}
