/** A playlist that does not come whole is a broken line, which may be mended. */
import { afterEach, expect, it, vi } from "vitest";
import { readManifest } from "../../src/core/manifest.js";

afterEach(() => vi.unstubAllGlobals());

it("takes a playlist that breaks off for a failure that may pass", async () => {
  const text = () => Promise.reject(new TypeError("network error"));
  vi.stubGlobal("fetch", () => Promise.resolve({ ok: true, status: 200, text }));
  await expect(readManifest("https://stream.example/a.m3u8")).rejects.toMatchObject({ kind: "unreachable", temporary: true });
});
