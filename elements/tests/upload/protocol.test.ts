import { describe, expect, it, vi } from "vitest";
import { BrokenError, CHUNK_UNIT, chunkOf, send, SendError, type Answer, type Put, type SendOptions, type Transport } from "../../src/upload/protocol.js";

/** A storage that keeps bytes as Mux's does, and misbehaves as it is told. */
class Storage implements Transport {
  held = new Uint8Array(0);
  complete = false;
  readonly ranges: string[] = [];
  /** What goes wrong with each request in turn; nothing when there is no more. */
  faults: ("lose-request" | "lose-answer" | number | "no-range" | "keep-half" | "blocked")[] = [];
  reachable = false;

  constructor(readonly total: number) {}

  async put({ range, body, signal, onProgress }: Put): Promise<Answer> {
    signal.throwIfAborted();
    this.ranges.push(range);
    const fault = this.faults.shift();
    if (fault === "lose-request") throw new BrokenError();
    if (fault === "blocked") throw new BrokenError(true);
    if (typeof fault === "number") return { status: fault, retryAfter: fault === 429 ? 7 : 0 };
    if (body) {
      const [, from, to] = /bytes (\d+)-(\d+)\/\d+/.exec(range)!.map(Number) as [number, number, number];
      const bytes = new Uint8Array(await body.arrayBuffer());
      expect(bytes.length).toBe(to - from + 1);
      expect(to + 1 === this.total || bytes.length % CHUNK_UNIT === 0).toBe(true);
      const part = fault === "keep-half" ? bytes.subarray(0, CHUNK_UNIT) : bytes;
      if (from <= this.held.length) {
        const held = new Uint8Array(from + part.length);
        held.set(this.held.subarray(0, from));
        held.set(part, from);
        this.held = held;
      }
      onProgress?.(bytes.length);
      this.complete = this.held.length === this.total;
    }
    if (fault === "lose-answer") throw new BrokenError();
    if (this.complete) return { status: 200, retryAfter: 0 };
    return { status: 308, held: this.held.length && fault !== "no-range" ? this.held.length : undefined, retryAfter: 0 };
  }

  unreadable(): Promise<boolean> {
    return Promise.resolve(this.reachable);
  }
}

const SIZE = 5 * CHUNK_UNIT + 1234;
const FILE = new Blob([Uint8Array.from({ length: SIZE }, (_, at) => (at * 7 + (at >> 8)) % 251)]);

function sending(storage: Storage, options: Partial<SendOptions> = {}) {
  const waits: number[] = [];
  let clock = 0;
  const control = new AbortController();
  const progress: number[] = [];
  const done = send({
    file: FILE,
    url: "https://storage.example/upload",
    transport: storage,
    signal: control.signal,
    chunk: 2 * CHUNK_UNIT,
    ask: false,
    onProgress: (sent) => progress.push(sent),
    wait: (milliseconds) => {
      waits.push(milliseconds);
      clock += milliseconds;
      return Promise.resolve();
    },
    ...options,
  });
  return { done, waits, progress, control };
}

const problemOf = (done: Promise<void>): Promise<unknown> => done.then(() => "none", (error: unknown) => (error instanceof SendError ? error.problem : error));

async function expectWhole(storage: Storage): Promise<void> {
  expect(storage.complete).toBe(true);
  const wanted = new Uint8Array(await FILE.arrayBuffer());
  expect(storage.held.length).toBe(wanted.length);
  expect(storage.held.every((byte, at) => byte === wanted[at])).toBe(true);
}

describe("sending a file by the 308 protocol", () => {
  it("sends chunks of multiples of 256 KiB and the rest", async () => {
    const storage = new Storage(SIZE);
    const { done, progress } = sending(storage);
    await done;
    await expectWhole(storage);
    expect(storage.ranges).toEqual([
      `bytes 0-${2 * CHUNK_UNIT - 1}/${SIZE}`,
      `bytes ${2 * CHUNK_UNIT}-${4 * CHUNK_UNIT - 1}/${SIZE}`,
      `bytes ${4 * CHUNK_UNIT}-${SIZE - 1}/${SIZE}`,
    ]);
    expect(progress.at(-1)).toBe(SIZE);
  });

  it("asks where the storage stands before it goes on", async () => {
    const storage = new Storage(SIZE);
    storage.held = new Uint8Array(await FILE.slice(0, 3 * CHUNK_UNIT).arrayBuffer());
    await sending(storage, { ask: true }).done;
    await expectWhole(storage);
    expect(storage.ranges[0]).toBe(`bytes */${SIZE}`);
    expect(storage.ranges[1]).toBe(`bytes ${3 * CHUNK_UNIT}-${5 * CHUNK_UNIT - 1}/${SIZE}`);
  });

  it("sends nothing when the storage has all of it", async () => {
    const storage = new Storage(SIZE);
    storage.held = new Uint8Array(await FILE.arrayBuffer());
    storage.complete = true;
    await sending(storage, { ask: true }).done;
    expect(storage.ranges).toEqual([`bytes */${SIZE}`]);
  });

  it.each(["lose-request", "lose-answer", 500, 503, 429, 408] as const)("goes on after %s", async (fault) => {
    for (const at of [0, 1, 2]) {
      const storage = new Storage(SIZE);
      storage.faults = [...Array.from({ length: at }, () => "none" as never), fault];
      await sending(storage).done;
      await expectWhole(storage);
      expect(storage.ranges[at + 1]).toBe(`bytes */${SIZE}`);
    }
  });

  it("does not send a chunk again whose answer was lost", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["lose-answer"];
    await sending(storage).done;
    expect(storage.ranges.filter((range) => range.startsWith("bytes 0-"))).toHaveLength(1);
  });

  it("believes a storage that has kept only a part of a chunk", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["keep-half"];
    await sending(storage).done;
    await expectWhole(storage);
  });

  it("waits as long as the storage wishes", async () => {
    const storage = new Storage(SIZE);
    storage.faults = [429];
    const { done, waits } = sending(storage);
    await done;
    expect(waits[0]).toBeGreaterThanOrEqual(0.75 * 7000);
  });

  it("arrives although a third of everything is lost", async () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let round = 0; round < 20; round += 1) {
      const storage = new Storage(SIZE);
      storage.faults = Array.from({ length: 30 }, () => (random() < 0.33 ? (["lose-request", "lose-answer", 503, "keep-half"] as const)[Math.floor(random() * 4)]! : ("none" as never)));
      await sending(storage).done;
      await expectWhole(storage);
    }
  });

  it("gives up only after minutes without progress", async () => {
    const storage = new Storage(SIZE);
    storage.faults = Array.from({ length: 1000 }, () => "lose-request" as const);
    const { done, waits } = sending(storage, { patience: 600_000 });
    expect(await problemOf(done)).toBe("unreachable");
    const waited = waits.reduce((sum, one) => sum + one, 0);
    expect(waited).toBeGreaterThan(500_000);
    expect(waited).toBeLessThan(700_000);
    expect(storage.ranges.length).toBeLessThan(40);
  });

  it.each([[410, "expired"], [404, "expired"], [400, "rejected"], [403, "rejected"]] as const)("names the reason for %i", async (status, problem) => {
    const storage = new Storage(SIZE);
    storage.faults = [status];
    expect(await problemOf(sending(storage).done)).toBe(problem);
    expect(storage.ranges).toHaveLength(1);
  });

  it("ends at once when the page's policy forbids the storage", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["blocked"];
    expect(await problemOf(sending(storage).done)).toBe("blocked");
  });

  it("tells a storage that does not answer this page from a broken line", async () => {
    const storage = new Storage(SIZE);
    storage.reachable = true;
    storage.faults = Array.from({ length: 100 }, () => "lose-request" as const);
    expect(await problemOf(sending(storage).done)).toBe("foreign");
    expect(storage.ranges.length).toBeLessThan(10);
  });

  it("says that the file has changed when it cannot be read", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["lose-request"];
    const file = { size: SIZE, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) }) } as unknown as Blob;
    expect(await problemOf(sending(storage, { file }).done)).toBe("changed");
  });

  it("does not run for ever against a storage that never keeps anything", async () => {
    const storage: Transport & { asked: number } = {
      asked: 0,
      put() {
        this.asked += 1;
        return Promise.resolve({ status: 308, retryAfter: 0 });
      },
      unreadable: () => Promise.resolve(false),
    };
    expect(await problemOf(sending(storage as unknown as Storage).done)).toBe("rejected");
    expect(storage.asked).toBeLessThan(20);
  });

  it("waits for the network, and does not count that time", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["lose-request"];
    let asked = 0;
    await sending(storage, { patience: 5000, network: async () => void (asked += 1) }).done;
    expect(asked).toBe(1);
    await expectWhole(storage);
  });

  it("stops when it is told to, with the teller's reason", async () => {
    const storage = new Storage(SIZE);
    const { done, control } = sending(storage, { onProgress: () => control.abort(new DOMException("paused", "AbortError")) });
    expect(await problemOf(done)).toMatchObject({ name: "AbortError" });
    expect(storage.complete).toBe(false);
  });

  it("makes chunk sizes that the storage takes", () => {
    expect(chunkOf(1)).toBe(CHUNK_UNIT);
    expect(chunkOf(3.7 * CHUNK_UNIT)).toBe(3 * CHUNK_UNIT);
    expect(chunkOf(Number.NaN)).toBe(CHUNK_UNIT);
  });

  it("does not run for ever against a storage that holds all of it but never says that it is complete", async () => {
    let asked = 0;
    const put = (): Promise<Answer> => {
      asked += 1;
      return asked > 100 ? Promise.reject(new Error("asked for ever")) : Promise.resolve({ status: 308, held: SIZE, retryAfter: 0 });
    };
    const { done, waits } = sending({ put, unreadable: () => Promise.resolve(false) } as unknown as Storage);
    expect(await problemOf(done)).toBe("rejected");
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(20_000);
  });

  it("goes on after a laptop has slept in the middle of a request", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["none" as never, "lose-request"];
    let clock = Date.now();
    const time = vi.spyOn(Date, "now").mockImplementation(() => clock);
    const put = storage.put.bind(storage);
    storage.put = (request) => {
      if (storage.ranges.length === 1) clock += 8 * 3600_000;
      return put(request);
    };
    const { done } = sending(storage, { wait: () => Promise.resolve() });
    await done.finally(() => time.mockRestore());
    await expectWhole(storage);
  });

  it("sends less at once where a whole chunk never gets through", async () => {
    const storage = new Storage(SIZE);
    const put = storage.put.bind(storage);
    storage.put = (request) => ((request.body?.size ?? 0) > CHUNK_UNIT ? Promise.reject(new BrokenError()) : put(request));
    await sending(storage, { chunk: 8 * CHUNK_UNIT }).done;
    await expectWhole(storage);
  });

  it("sends on where the storage does not understand the question where it stands", async () => {
    const storage = new Storage(SIZE);
    storage.faults = ["none" as never, "lose-answer"];
    const put = storage.put.bind(storage);
    storage.put = (request) => (request.body ? put(request) : Promise.resolve({ status: 400, retryAfter: 0 }));
    await sending(storage).done;
    await expectWhole(storage);
  });
});
