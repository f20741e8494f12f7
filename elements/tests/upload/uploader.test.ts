import { afterEach, describe, expect, it, vi } from "vitest";
import { en } from "../../src/text/en.js";
import "../../src/video-uploader.js";

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const film = () => new File([new Uint8Array(100)], "film.mp4", { type: "video/mp4" });

describe("<video-uploader>", () => {
  it.each([false, true])("tells who gives it a file to sign in first, with panel-only=%s", async (panelOnly) => {
    const uploader = document.createElement("video-uploader");
    Object.assign(uploader, { api: "https://api.example", locale: "en", panelOnly });
    document.body.append(uploader);
    await uploader.updateComplete;
    await uploader.add([film()]);
    await uploader.updateComplete;
    expect(uploader.shadowRoot?.querySelector("[role=alert]")?.textContent).toContain(en.uploader.signInFirst);
  });

  it("shows nothing of one visitor's files to the next", async () => {
    const uploader = document.createElement("video-uploader");
    let sub = "alice";
    Object.assign(uploader, { api: "https://api.example", locale: "en", token: () => `x.${btoa(JSON.stringify({ sub }))}.x` });
    document.body.append(uploader);
    await uploader.updateComplete;
    let read: (() => void) | undefined;
    const file = new File([], "private.mp4", { type: "video/mp4" });
    file.arrayBuffer = () => new Promise((resolve) => (read = () => resolve(new ArrayBuffer(0))));
    const adding = uploader.add([file]);
    await vi.waitUntil(() => read);
    sub = "bob";
    uploader.token = () => `x.${btoa(JSON.stringify({ sub }))}.x`;
    await uploader.updateComplete;
    await new Promise((resolve) => setTimeout(resolve, 20));
    read?.();
    await adding;
    await uploader.updateComplete;
    expect(uploader.shadowRoot?.textContent).not.toContain("private.mp4");
  });

  it("uploads without pictures when the part that makes them cannot be loaded", async () => {
    vi.doMock("../../src/upload/picture.js", () => {
      throw new Error("offline");
    });
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const uploader = document.createElement("video-uploader");
    Object.assign(uploader, { api: "https://pictures.example", locale: "en", token: () => `x.${btoa(JSON.stringify({ sub: "alice" }))}.x` });
    document.body.append(uploader);
    await uploader.updateComplete;
    const bytes = Uint8Array.from("\0\0\0\x18ftypisom\0\0\0\0isomiso2", (character) => character.charCodeAt(0));
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { status: 404 })));
    await uploader.add([new File([bytes, new Uint8Array(64)], "film.mp4")]);
    await vi.waitUntil(() => uploader.shadowRoot?.querySelector("[data-name='film.mp4']"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.off("unhandledRejection", unhandled);
    vi.doUnmock("../../src/upload/picture.js");
    expect(unhandled).not.toHaveBeenCalled();
  });
});
