/** Attributes that come late, are empty, or are taken away: no element stops for it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/video-editor.js";
import "../../src/video-gallery.js";
import "../../src/video-library.js";
import { configure } from "../../src/core/service.js";

class Observer {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

const answer = (body: unknown) => new Response(JSON.stringify(body), { status: 200 });
const asset = { id: "a", status: "ready", created_at: "2026-11-30T10:00:00Z", visibility: "private", playable_by: "token", title: "Harbour" };

async function put(markup: string): Promise<HTMLElement & { updateComplete: Promise<unknown> }> {
  document.body.innerHTML = markup;
  const element = document.body.firstElementChild as HTMLElement & { updateComplete: Promise<unknown> };
  await element.updateComplete;
  return element;
}

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", Observer);
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("fetch", async (url: string) => answer(url.includes("/assets/") ? { data: asset } : { data: [], next_cursor: null }));
});

afterEach(() => {
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("attributes", () => {
  it.each(["video-library", "video-gallery", "video-editor"])("an empty api of <%s> is none: it begins when the page is configured", async (name) => {
    const element = await put(`<${name} api=" "></${name}>`);
    configure({ api: "https://api.example" });
    expect((element as unknown as { service: unknown }).service).toBeDefined();
  });

  it("an editor whose asset is taken away shows nothing of it", async () => {
    const editor = await put('<video-editor api="https://api.example" asset="a"></video-editor>');
    await vi.waitFor(() => expect(editor.shadowRoot!.textContent).toContain("Harbour"));
    for (const name of ["locale", "public-link", "asset"]) editor.removeAttribute(name);
    await editor.updateComplete;
    expect(editor.shadowRoot!.textContent).not.toContain("Harbour");
  });

  it.each(["locale", "link", "scope", "api"])("a library goes on without its %s", async (name) => {
    configure({ api: "https://api.example" });
    const library = await put(`<video-library ${name}="x"></video-library>`);
    library.removeAttribute(name);
    await expect(library.updateComplete).resolves.toBe(true);
    expect((library as unknown as { service: unknown }).service).toBeDefined();
  });
});
