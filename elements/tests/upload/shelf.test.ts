import { afterEach, expect, it, vi } from "vitest";
import { Shelf } from "../../src/upload/shelf.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("does without what the browser keeps when that never answers", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("indexedDB", { open: () => ({}) });
  const found = new Shelf().of("https://api.example", "alice");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await Promise.race([found, "no end"])).toEqual([]);
});
