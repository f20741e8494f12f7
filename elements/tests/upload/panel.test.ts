import { render } from "lit";
import { describe, expect, it } from "vitest";
import { fill } from "../../src/text/entry.js";
import { en } from "../../src/text/en.js";
import type { Item, Problem } from "../../src/upload/item.js";
import { panel, type Doing, type PanelView } from "../../src/upload/panel.js";

const item = (facts: Partial<Item>): Item => ({
  id: "1", key: "1", path: "", stage: "queued", source: "here", problem: "", uploadId: "", broken: false, anew: false,
  name: "film.mp4", size: 1000, sent: 0, paused: false, file: undefined, ...facts,
});

function shown(items: Item[], facts: Partial<PanelView> = {}): HTMLElement {
  const place = document.createElement("div");
  const view: PanelView = {
    items, speed: 0, folded: false, checking: 0, notice: undefined, trouble: undefined, places: undefined, maxBytes: 0, locale: "en", link: "",
    pictures: new Map(), t: en, say: (entry, values) => fill(entry, values ?? {}, "en"), do: {} as Doing, ...facts,
  };
  render(panel(view), place);
  return place;
}

describe("the panel of uploads", () => {
  it.each<[Problem, string]>([
    ["refused", en.failure.refused],
    ["offline", en.failure.offline],
    ["busy", en.failure.busy],
    ["expired", en.uploader.expired],
    ["rejected", en.uploader.rejected],
    ["no-video", en.uploader["no-video"]],
  ])("says its own sentence for %s", (problem, sentence) => {
    expect(shown([item({ stage: "failed", problem })]).querySelector(".file-state")?.textContent).toBe(sentence);
  });
});
