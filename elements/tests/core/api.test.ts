/** Calls to the API: what is repeated, what is not, and which failure comes of what. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../../src/core/api.js";
import { Failure } from "../../src/core/failure.js";

type Reply = Response | Error | (() => Promise<Response>);

let asked: Request[];

function answers(...replies: Reply[]): void {
  asked = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push(new Request(url, init));
    const reply = replies[Math.min(asked.length, replies.length) - 1];
    if (reply instanceof Error) return Promise.reject(reply);
    const answer = typeof reply === "function" ? reply() : Promise.resolve(reply?.clone());
    const aborted = new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    return Promise.race([answer, aborted]);
  });
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });
const error = (status: number, type: string, headers = {}): Response => json(status, { error: { type, messages: ["no"] } }, headers);
const broken = new TypeError("Failed to fetch");

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const settled = promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await vi.runAllTimersAsync();
  const reason = await settled;
  if (!(reason instanceof Failure)) throw new Error(`no Failure but ${String(reason)}`);
  return reason;
}

async function resultOf<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await vi.runAllTimersAsync();
  return promise;
}

describe("Api", () => {
  const api = new Api("https://api.example", () => "jwt");

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("sends the token and answers the parsed body", async () => {
    answers(json(200, { data: 1 }));
    expect(await resultOf(api.get("/assets"))).toEqual({ data: 1 });
    expect(asked[0]?.url).toBe("https://api.example/assets");
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer jwt");
  });

  it("answers undefined for 204", async () => {
    answers(new Response(null, { status: 204 }));
    expect(await resultOf(api.delete("/assets/a"))).toBeUndefined();
  });

  it("repeats a GET after a broken connection and a 503", async () => {
    answers(broken, error(503, "mux_unavailable"), json(200, { data: 1 }));
    expect(await resultOf(api.get("/assets"))).toEqual({ data: 1 });
    expect(asked).toHaveLength(3);
  });

  it("does not repeat a POST without an Idempotency-Key", async () => {
    answers(broken);
    expect((await failureOf(api.post("/uploads", {}))).kind).toBe("unreachable");
    expect(asked).toHaveLength(1);
  });

  it("repeats a POST with an Idempotency-Key, each time with the same one", async () => {
    answers(broken, json(201, { data: 1 }));
    await resultOf(api.post("/uploads", {}, { idempotencyKey: "k1" }));
    expect(asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["k1", "k1"]);
  });

  it("repeats a POST that a limit on the rate has refused, for it did nothing", async () => {
    answers(error(429, "too_many_requests", { "Retry-After": "2" }), json(200, { data: 1 }));
    expect(await resultOf(api.post("/playback-tokens", {}))).toEqual({ data: 1 });
  });

  it("waits as long as Retry-After says", async () => {
    answers(error(429, "too_many_requests", { "Retry-After": "8" }), json(200, {}));
    const before = Date.now();
    await resultOf(api.get("/assets"));
    expect(Date.now() - before).toBeGreaterThanOrEqual(6000);
  });

  it("gives up when its patience ends", async () => {
    answers(error(503, "mux_unavailable"));
    const before = Date.now();
    expect((await failureOf(api.get("/assets", { patience: 5000 }))).kind).toBe("busy");
    expect(Date.now() - before).toBeLessThanOrEqual(5000);
  });

  it("asks once more with a new token after a 401, and only once", async () => {
    const source = vi.fn((renew?: boolean) => (renew ? "new" : "old"));
    answers(json(401, { message: "Unauthorized" }));
    expect((await failureOf(new Api("https://api.example", source).get("/assets"))).kind).toBe("signed-out");
    expect(asked.map(({ headers }) => headers.get("Authorization"))).toEqual(["Bearer old", "Bearer new"]);
  });

  it.each([
    [400, "invalid_parameters", "invalid"],
    [403, "forbidden", "forbidden"],
    [404, "not_found", "missing"],
    [409, "conflict", "conflict"],
    [429, "quota_exceeded", "quota"],
    [502, "mux_refused", "refused"],
  ])("tells a %i %s as %s, and does not ask again", async (status, type, kind) => {
    answers(error(status, type));
    const failure = await failureOf(api.get("/assets"));
    expect([failure.kind, failure.status, failure.type, failure.temporary]).toEqual([kind, status, type, false]);
    expect(asked).toHaveLength(1);
  });

  it("tells an answer that is cut short as a broken connection", async () => {
    answers(new Response('{"data": [', { status: 200 }));
    expect((await failureOf(api.get("/assets", { patience: 0 }))).kind).toBe("unreachable");
  });

  it("does not send again while the device is offline", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    answers(broken);
    expect((await failureOf(api.get("/assets"))).kind).toBe("offline");
    expect(asked).toHaveLength(1);
    vi.restoreAllMocks();
  });

  it("rejects with the signal's own error when it is aborted, during a request and during a wait", async () => {
    for (const reply of [() => new Promise<Response>(() => undefined), error(503, "mux_unavailable")]) {
      answers(reply);
      const abort = new AbortController();
      const result = api.get("/assets", { signal: abort.signal }).catch((reason: unknown) => reason);
      await vi.advanceTimersByTimeAsync(100);
      abort.abort();
      await vi.runAllTimersAsync();
      expect(await result).toBe(abort.signal.reason);
    }
  });

  it("tells a request that the page's policy refuses as blocked", async () => {
    answers(() => {
      const violation = Object.assign(new Event("securitypolicyviolation"), { blockedURI: "https://api.example/assets", disposition: "enforce" });
      setTimeout(() => document.dispatchEvent(violation));
      return Promise.reject(broken);
    });
    expect((await failureOf(api.get("/assets"))).kind).toBe("blocked");
  });
});

describe("answers that are not the API's", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it.each([null, "no", [], { error: "no" }, { error: { messages: "no" } }, { message: "Forbidden" }])("are Failures all the same: %j", async (body) => {
    answers(json(403, body));
    const failure = await failureOf(new Api("https://api.example", () => "").get("/assets"));
    expect(failure).toMatchObject({ kind: "forbidden", status: 403 });
  });
});
