/** A list of videos: what is asked, which answers count, and what stays when an answer does not come. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AssetList, PAGE } from "../../src/core/asset-list.js";
import { Failure } from "../../src/core/failure.js";
import type { Service, ServiceEvents } from "../../src/core/service.js";
import type { Asset, Page } from "../../src/core/types.js";

interface Question {
  path: string;
  query: URLSearchParams;
  signal: AbortSignal;
  answer: (page: Partial<Page<Asset>> | { data: Asset }) => Promise<void>;
  fail: (failure: Failure) => Promise<void>;
}

const asset = (id: string, more: Partial<Asset> = {}): Asset => ({
  id,
  status: "ready",
  created_at: `2026-11-30T10:00:${id.padStart(2, "0")}Z`,
  updated_at: "2026-11-30T10:00:00Z",
  visibility: "private",
  playable_by: "token",
  ...more,
});
const settle = () => vi.advanceTimersByTimeAsync(0);

let questions: Question[];
let list: AssetList;
let service: Service;
const last = (): Question => questions[questions.length - 1]!;
const ids = (): string[] => list.state.assets.map(({ id }) => id);

function fakeService(): Service {
  const target = new EventTarget();
  const get = (url: string, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      const [path = "", query = ""] = url.split("?");
      signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      questions.push({
        path,
        signal,
        query: new URLSearchParams(query),
        answer: async (page) => {
          resolve({ next_cursor: null, ...page });
          await settle();
        },
        fail: async (failure) => {
          reject(failure);
          await settle();
        },
      });
    });
  const fake = {
    owner: "alice",
    api: { get },
    on: (type: string, listener: (detail: unknown) => void, signal: AbortSignal) =>
      target.addEventListener(type, (event) => listener((event as CustomEvent<unknown>).detail), { signal }),
    tell: (type: keyof ServiceEvents, detail: unknown) => target.dispatchEvent(new CustomEvent(type, { detail })),
  };
  return fake as unknown as Service;
}

beforeEach(() => {
  vi.useFakeTimers();
  questions = [];
  service = fakeService();
  list = new AssetList(service);
  list.connect();
});

afterEach(() => {
  list.disconnect();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("AssetList", () => {
  it("is first until the first answer", async () => {
    void list.show({});
    expect(list.state).toMatchObject({ status: "first", busy: true, assets: [] });
    expect(last().query.get("limit")).toBe(String(PAGE));
    await last().answer({ data: [asset("1")] });
    expect(list.state).toMatchObject({ status: "ready", busy: false, more: false });
    expect(ids()).toEqual(["1"]);
  });

  it("drops the answer to an older question, whichever comes first", async () => {
    void list.show({ q: "a" });
    const older = last();
    void list.show({ q: "ab" });
    const newer = last();
    expect(older.signal.aborted).toBe(true);
    await newer.answer({ data: [asset("2")] });
    await older.answer({ data: [asset("1")] });
    expect(ids()).toEqual(["2"]);
    expect(list.state.answered).toEqual({ q: "ab" });
  });

  it("keeps what it shows until the answer to a new question is there", async () => {
    void list.show({});
    await last().answer({ data: [asset("1"), asset("2")] });
    void list.show({ q: "one" });
    expect(ids()).toEqual(["1", "2"]);
    expect(list.state.answered).not.toBe(list.state.query);
    await last().answer({ data: [asset("1")] });
    expect(ids()).toEqual(["1"]);
    expect(list.state.answered).toBe(list.state.query);
  });

  it("reads on behind short pages of a search, and shows them together", async () => {
    void list.show({ q: "rare" });
    await last().answer({ data: [asset("1")], next_cursor: "more" });
    expect(list.state.status).toBe("first");
    expect(last().query.get("cursor")).toBe("more");
    await last().answer({ data: [], next_cursor: "still" });
    await last().answer({ data: [asset("2")] });
    expect(ids()).toEqual(["1", "2"]);
    expect(questions).toHaveLength(3);
  });

  it("adds the next page without what is there already", async () => {
    void list.show({});
    await last().answer({ data: Array.from({ length: PAGE }, (_, at) => asset(String(PAGE - at))), next_cursor: "next" });
    void list.more();
    void list.more();
    expect(questions).toHaveLength(2);
    await last().answer({ data: [asset("1"), asset("0")] });
    expect(list.state.assets).toHaveLength(PAGE + 1);
    expect(list.state.more).toBe(false);
  });

  it("keeps its videos when a page fails, and asks for the same page again", async () => {
    void list.show({});
    await last().answer({ data: Array.from({ length: PAGE }, (_, at) => asset(String(at))), next_cursor: "next" });
    void list.more();
    await last().fail(new Failure("busy"));
    expect(list.state).toMatchObject({ status: "ready", more: true, busy: false, failure: { kind: "busy" } });
    void list.more();
    expect(questions, "nothing is asked by itself after a failure").toHaveLength(2);
    void list.retry();
    expect(last().query.get("cursor")).toBe("next");
  });

  it("shows nothing of its own when everybody's videos are refused", async () => {
    void list.show({});
    await last().answer({ data: [asset("1")] });
    void list.show({ scope: "all" });
    await last().fail(new Failure("forbidden"));
    expect(list.state).toMatchObject({ status: "failed", assets: [], failure: { kind: "forbidden" } });
  });

  it("asks nothing without a network, and once when it is back", async () => {
    const network = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    for (const q of ["a", "ab", "abc"]) void list.show({ q });
    await settle();
    expect(questions).toHaveLength(0);
    expect(list.state.failure?.kind).toBe("offline");
    network.mockReturnValue(true);
    window.dispatchEvent(new Event("online"));
    await settle();
    expect(questions.map(({ query }) => query.get("q"))).toEqual(["abc"]);
  });

  it("does not bring back what was deleted while a page was under way", async () => {
    void list.show({});
    service.tell("gone", "1");
    service.tell("asset", asset("2", { title: "New" }));
    await last().answer({ data: [asset("2", { title: "Old" }), asset("1")] });
    expect(list.state.assets).toEqual([asset("2", { title: "New" })]);
  });

  it("puts a new video where it belongs, and leaves out those of other kinds and of later pages", async () => {
    void list.show({ visibility: "private" });
    await last().answer({ data: Array.from({ length: PAGE }, (_, at) => asset(String(PAGE + 8 - at))), next_cursor: "next" });
    service.tell("asset", asset("58"));
    service.tell("asset", asset("57"));
    service.tell("asset", asset("59", { visibility: "public" }));
    service.tell("asset", asset("1"));
    expect(ids().slice(0, 3)).toEqual(["58", "57", "56"]);
    expect(list.state.assets).toHaveLength(PAGE + 2);
    service.tell("asset", asset("58", { visibility: "public" }));
    expect(ids()[0]).toBe("57");
  });

  it("asks about unfinished videos ever less often, and about nothing once they are ready", async () => {
    void list.show({});
    await last().answer({ data: [asset("1", { status: "preparing" })] });
    await vi.advanceTimersByTimeAsync(1600);
    expect(last().path).toBe("/assets/1");
    await last().answer({ data: asset("1", { status: "preparing" }) });
    await vi.advanceTimersByTimeAsync(1600);
    expect(questions).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(800);
    expect(questions).toHaveLength(3);
    await last().answer({ data: asset("1") });
    expect(list.state.assets[0]?.status).toBe("ready");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(questions).toHaveLength(3);
  });

  it("takes a deleted video out once the service no longer knows it", async () => {
    void list.show({});
    await last().answer({ data: [asset("1", { status: "deleting" })] });
    await vi.advanceTimersByTimeAsync(1600);
    await last().fail(new Failure("missing"));
    expect(ids()).toEqual([]);
  });

  it("asks about nothing while it rests", async () => {
    void list.show({});
    await last().answer({ data: [asset("1", { status: "preparing" })] });
    list.rest();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(questions).toHaveLength(1);
    list.follow();
    await vi.advanceTimersByTimeAsync(1600);
    expect(questions).toHaveLength(2);
  });

  it("keeps what is shown when the session ends", async () => {
    void list.show({});
    await last().answer({ data: [asset("1")] });
    service.tell("ended", undefined);
    expect(list.state).toMatchObject({ status: "ready", failure: { kind: "signed-out" } });
    expect(ids()).toEqual(["1"]);
  });

  it("asks about nothing while it rests, whatever it hears or is answered", async () => {
    void list.show({});
    list.rest();
    await last().answer({ data: [asset("1", { status: "preparing" })] });
    service.tell("asset", asset("2", { status: "preparing" }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(questions).toHaveLength(1);
    list.follow();
    await vi.advanceTimersByTimeAsync(1600);
    expect(questions).toHaveLength(2);
  });

  it("drops what it is told of a video that has changed since it asked", async () => {
    void list.show({});
    await last().answer({ data: [asset("1", { status: "preparing", title: "Old" })] });
    await vi.advanceTimersByTimeAsync(1600);
    const late = last();
    service.tell("asset", asset("1", { status: "preparing", title: "New" }));
    await late.answer({ data: asset("1", { title: "Old" }) });
    expect(list.state.assets[0]).toMatchObject({ title: "New", status: "preparing" });
    await vi.advanceTimersByTimeAsync(5000);
    await last().answer({ data: asset("1", { title: "New" }) });
    expect(list.state.assets[0]).toMatchObject({ title: "New", status: "ready" });
  });

  it("reads on when the session is taken up again", async () => {
    void list.show({});
    await last().answer({ data: [asset("1")] });
    service.tell("resumed", undefined);
    expect(questions, "nothing had ended").toHaveLength(1);
    service.tell("ended", undefined);
    service.tell("resumed", undefined);
    await last().answer({ data: [asset("2"), asset("1")] });
    expect(ids()).toEqual(["2", "1"]);
    expect(list.state.failure).toBeUndefined();
  });
});
