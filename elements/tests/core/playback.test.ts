/** Tokens of playback: how few requests they take, how long they serve, and whose they are. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/core/api.js";
import { Failure } from "../../src/core/failure.js";
import { isEnding, MUX_HOSTS, Playback, type Playable } from "../../src/core/playback.js";
import { MINUTE } from "../../src/core/time.js";
import type { Asset, BatchTokens } from "../../src/core/types.js";

interface Wish {
  asset_ids: string[];
  kinds: string[];
}

const asset = (id: string, more: Partial<Asset> = {}): Asset => ({
  id,
  status: "ready",
  created_at: "2026-11-30T10:00:00Z",
  updated_at: "2026-11-30T10:00:00Z",
  visibility: "private",
  playable_by: "token",
  aspect_ratio: "16:9",
  duration: 10,
  playback_ids: [{ id: `signed-${id}`, policy: "signed" }],
  ...more,
});
const urls = { hls: "", player: "", thumbnail: "", animated: "", storyboard: "" };
const open = (id: string): Asset => asset(id, { playback_ids: [{ id: `public-${id}`, policy: "public", urls }] });
const many = (count: number): Asset[] => Array.from({ length: count }, (_, n) => asset(`a${n}`));

let wishes: Wish[];
let answer: (wish: Wish) => Promise<{ data: BatchTokens[] }>;
let playback: Playback;

/** What the API answers to a wish; tokens are numbered by request. */
function tokensFor({ asset_ids, kinds }: Wish, minutes = 60): BatchTokens[] {
  const number = wishes.length;
  return asset_ids.map((id) => ({
    asset_id: id,
    playback_id: `signed-${id}`,
    expires_at: new Date(Date.now() + minutes * MINUTE).toISOString(),
    tokens: Object.fromEntries(kinds.map((kind) => [kind, `${kind}-${number}`])),
    urls: { thumbnail: `https://image.mux.com/signed-${id}/thumbnail.jpg?token=thumbnail-${number}` },
  })) as BatchTokens[];
}

beforeEach(() => {
  vi.useFakeTimers();
  wishes = [];
  answer = (wish) => Promise.resolve({ data: tokensFor(wish) });
  const post = (path: string, wish: Wish) => {
    expect(path).toBe("/playback-tokens");
    wishes.push(wish);
    return answer(wish);
  };
  playback = new Playback({ post } as unknown as Api, MUX_HOSTS);
});

afterEach(() => vi.useRealTimers());

describe("pictures", () => {
  it("takes one request for a page of videos", async () => {
    const page = many(50);
    await playback.preparePictures(page);
    expect(wishes).toHaveLength(1);
    expect(wishes[0]?.kinds).toEqual(["thumbnail"]);
    for (const one of page) expect(playback.picture(one)).toBe(`https://image.mux.com/signed-${one.id}/thumbnail.jpg?token=thumbnail-1`);
  });

  it("asks for at most 50 videos in a request", async () => {
    await playback.preparePictures(many(120));
    expect(wishes.map(({ asset_ids }) => asset_ids.length)).toEqual([50, 50, 20]);
  });

  it("asks for none twice, neither while an answer is awaited nor after it", async () => {
    const page = many(3);
    await Promise.all([playback.preparePictures(page), playback.preparePictures([...page, asset("new")])]);
    await playback.preparePictures(page);
    expect(wishes.map(({ asset_ids }) => asset_ids)).toEqual([["a0", "a1", "a2"], ["new"]]);
  });

  it("asks for nothing that needs no token: public videos, sounds, videos that are not ready, videos without an address", async () => {
    const sound = asset("sound", { tracks: [{ id: "track", type: "audio" }] });
    const both = open("public");
    both.playback_ids?.push({ id: "signed-public", policy: "signed" });
    const idle: Playable[] = [both, sound, asset("soon", { status: "preparing" }), asset("none", { playback_ids: [] })];
    await playback.preparePictures(idle);
    expect(wishes).toEqual([]);
    expect(idle.map((one) => playback.picture(one))).toEqual([
      "https://image.mux.com/public-public/thumbnail.jpg?width=640",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("asks again shortly before the tokens end", async () => {
    const page = many(2);
    await playback.preparePictures(page);
    vi.advanceTimersByTime(58 * MINUTE);
    await playback.preparePictures(page);
    expect(wishes).toHaveLength(1);
    vi.advanceTimersByTime(1.5 * MINUTE);
    await playback.preparePictures(page);
    expect(wishes).toHaveLength(2);
    expect(playback.picture(page[0]!)).toContain("thumbnail-2");
  });

  it("has no picture for what the answer leaves out, and asks for it again", async () => {
    answer = (wish) => Promise.resolve({ data: tokensFor(wish).slice(1) });
    const page = many(2);
    await playback.preparePictures(page);
    expect(playback.picture(page[0]!)).toBeUndefined();
    expect(playback.picture(page[1]!)).toBeDefined();
    await playback.preparePictures(page);
    expect(wishes[1]?.asset_ids).toEqual(["a0"]);
  });

  it("tells everybody who waits of a failure, and asks again the next time", async () => {
    answer = () => Promise.reject(new Failure("unreachable"));
    const both = await Promise.allSettled([playback.preparePictures(many(1)), playback.preparePictures(many(1))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    answer = (wish) => Promise.resolve({ data: tokensFor(wish) });
    await playback.preparePictures(many(1));
    expect(playback.picture(asset("a0"))).toContain("thumbnail-2");
  });

  it("drops an answer that was for the visitor before", async () => {
    let late: () => void = () => undefined;
    answer = (wish) => new Promise((resolve) => (late = () => resolve({ data: tokensFor(wish) })));
    const before = playback.preparePictures(many(1));
    playback.forget();
    late();
    await before;
    expect(playback.picture(asset("a0"))).toBeUndefined();
    answer = (wish) => Promise.resolve({ data: tokensFor(wish) });
    await playback.preparePictures(many(1));
    expect(playback.picture(asset("a0"))).toContain("thumbnail-2");
  });
});

describe("sources", () => {
  it("asks for all that a player needs, once, and gives it addresses with tokens", async () => {
    const found = await playback.sources(asset("a0"));
    await playback.sources(asset("a0"));
    expect(wishes).toHaveLength(1);
    expect(wishes[0]?.kinds).toEqual(["video", "thumbnail", "storyboard"]);
    expect(found).toMatchObject({ playbackId: "signed-a0", hls: "https://stream.mux.com/signed-a0.m3u8?token=video-1" });
  });

  it("has an end for signed addresses, and none for public ones", async () => {
    const signed = (await playback.sources(asset("a0")))!;
    const free = (await playback.sources(open("a1")))!;
    expect([isEnding(signed), isEnding(free)]).toEqual([false, false]);
    vi.advanceTimersByTime(59 * MINUTE + 1);
    expect([isEnding(signed), isEnding(free)]).toEqual([true, false]);
    vi.advanceTimersByTime(10_000 * MINUTE);
    expect(isEnding(free)).toBe(false);
    expect(wishes).toHaveLength(1);
  });

  it("keeps a tenth of a short life in hand", async () => {
    answer = (wish) => Promise.resolve({ data: tokensFor(wish, 1) });
    const { renewAt } = (await playback.sources(asset("a0")))!;
    expect(renewAt - Date.now()).toBe(0.9 * MINUTE);
  });

  it.each(["2001-01-01T00:00:00Z", "soon"])("does not take new tokens for old where the device's clock makes them end at %s", async (expires_at) => {
    answer = (wish) => Promise.resolve({ data: tokensFor(wish).map((tokens) => ({ ...tokens, expires_at })) });
    const found = (await playback.sources(asset("a0")))!;
    vi.advanceTimersByTime(3 * MINUTE);
    expect(isEnding(found)).toBe(false);
    await playback.sources(asset("a0"));
    expect(wishes).toHaveLength(1);
    vi.advanceTimersByTime(2 * MINUTE);
    expect(isEnding(found)).toBe(true);
  });

  it("asks anew after tokens were refused", async () => {
    await playback.sources(asset("a0"));
    playback.forget("a0");
    expect((await playback.sources(asset("a0")))?.hls).toContain("video-2");
  });

  it("forgets old tokens of a video that no answer names any more", async () => {
    await playback.sources(asset("a0"));
    vi.advanceTimersByTime(60 * MINUTE);
    answer = () => Promise.resolve({ data: [] });
    expect(await playback.sources(asset("a0"))).toBeNull();
  });

  it("is null where nobody can play it", async () => {
    expect(await playback.sources(asset("a0", { playback_ids: [] }))).toBeNull();
    answer = () => Promise.resolve({ data: [] });
    expect(await playback.sources(asset("a0"))).toBeNull();
  });
});
