/** <video-gallery>: what it hands on to the view in its dialog, and titles that are no words. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { configure } from "../../src/core/service.js";
import type { VideoView } from "../../src/video-view.js";
import "../../src/video-gallery.js";

const video = { id: "a", title: " ", created_at: "2026-11-30T10:00:00Z", aspect_ratio: "16:9", playback_ids: [{ id: "p", policy: "public" }] };

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", class {
    constructor(private readonly tell: (entries: unknown[]) => void) {}
    observe() { this.tell([{ isIntersecting: true }]); }
    disconnect() {}
  });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ data: [video], next_cursor: null }), { status: 200 }));
});

afterEach(() => {
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

it("shows a video in the gallery's language, by its service, and with a name", async () => {
  (window as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL("http://192.168.1.5/site/");
  configure({ api: "/api" });
  document.body.innerHTML = '<div lang="de"><video-gallery></video-gallery></div>';
  const root = document.querySelector("video-gallery")!.shadowRoot!;
  await vi.waitFor(() => expect(root.querySelector(".title")?.textContent).toBe("Ohne Titel"));
  root.querySelector<HTMLButtonElement>(".open")!.click();
  await vi.waitFor(() => expect(root.querySelector("video-view")).not.toBeNull());
  const view = root.querySelector<VideoView>("video-view")!;
  await view.updateComplete;
  expect((view as unknown as { misconfigured: unknown }).misconfigured).toBeUndefined();
  expect((view as unknown as { language: string }).language).toBe("de");
});
