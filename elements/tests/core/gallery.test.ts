/** The gallery's list: nothing is left out, nothing comes back, and what failed is what is tried again. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/core/api.js";
import { Failure } from "../../src/core/failure.js";
import { Gallery } from "../../src/core/gallery.js";
import { MINUTE } from "../../src/core/time.js";
import type { Page, PublishedAsset } from "../../src/core/types.js";

interface Question {
  cursor: string | null;
  answer: (ids: string[], next?: string) => Promise<void>;
  fail: (failure: Failure) => Promise<void>;
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const video = (id: string) => ({ id, created_at: "2026-11-30T10:00:00Z", playback_ids: [] }) as unknown as PublishedAsset;

let questions: Question[];
let gallery: Gallery;
const last = (): Question => questions[questions.length - 1]!;
const ids = (): string[] => gallery.state.videos.map(({ id }) => id);

beforeEach(() => {
  vi.useFakeTimers();
  questions = [];
  const get = (url: string) =>
    new Promise<Page<PublishedAsset>>((resolve, reject) => {
      questions.push({
        cursor: new URLSearchParams(url.split("?")[1]).get("cursor"),
        answer: async (ids, next) => {
          resolve({ data: ids.map(video), next_cursor: next ?? null });
          await settle();
        },
        fail: async (failure) => {
          reject(failure);
          await settle();
        },
      });
    });
  gallery = new Gallery({ get } as unknown as Api);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function opened(ids: string[], next?: string): Promise<void> {
  void gallery.open();
  await last().answer(ids, next);
}

describe("Gallery", () => {
  it("leaves nothing out when a page fails behind a short one", async () => {
    const first = Array.from({ length: 24 }, (_, at) => `a${at}`);
    await opened(first, "second");
    void gallery.more();
    await last().answer(["b"], "third");
    await last().fail(new Failure("busy"));
    void gallery.retry();
    expect(last().cursor).toBe("second");
    await last().answer(["b"], "third");
    await last().answer(["c"]);
    expect(ids()).toEqual([...first, "b", "c"]);
  });

  it("tries again what failed: the list, though there is no next page", async () => {
    await opened(["a"]);
    vi.advanceTimersByTime(MINUTE);
    void gallery.open();
    await last().fail(new Failure("busy"));
    expect(gallery.state).toMatchObject({ status: "ready", failure: { kind: "busy" } });
    void gallery.retry();
    await last().answer(["b", "a"]);
    expect(ids()).toEqual(["b", "a"]);
    expect(gallery.state.failure).toBeUndefined();
  });

  it("goes on by itself when the network is back", async () => {
    await opened(["a"]);
    vi.advanceTimersByTime(MINUTE);
    const network = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    void gallery.open();
    await last().fail(new Failure("offline"));
    network.mockReturnValue(true);
    window.dispatchEvent(new Event("online"));
    await settle();
    await last().answer(["b", "a"]);
    expect(ids()).toEqual(["b", "a"]);
    expect(gallery.state.failure).toBeUndefined();
  });

  it("does not bring back what was deleted while the answer was under way", async () => {
    void gallery.open();
    gallery.drop(({ id }) => id === "a");
    await last().answer(["a", "b"]);
    expect(ids()).toEqual(["b"]);
  });

  it("takes no answer for fresh that was asked for before something changed", async () => {
    void gallery.open();
    gallery.expire();
    await last().answer(["a"]);
    void gallery.open();
    expect(questions).toHaveLength(2);
  });
});
