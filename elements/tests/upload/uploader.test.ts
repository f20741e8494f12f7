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
});
