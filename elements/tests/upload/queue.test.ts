import { Uppy } from "@uppy/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../src/core/failure.js";
import type { CreatedUpload } from "../../src/core/types.js";
import type { Body, Meta } from "../../src/upload/item.js";
import { MuxUpload, type MuxUploadOptions } from "../../src/upload/mux-upload.js";
import { BrokenError, type Answer, type Put, type Transport } from "../../src/upload/protocol.js";
import type { Kept } from "../../src/upload/shelf.js";

const delay = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

async function until(holds: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error("this has not happened");
    await delay(5);
  }
}

/** An API and a storage that know which uploads there are, and lose, delay and refuse as they are told. */
class World implements Transport {
  readonly uploads = new Map<string, { key: string; held: number; total: number; status: CreatedUpload["status"] }>();
  readonly kept = new Map<string, Kept>();
  readonly created: number[] = [];
  readonly cancelled: string[] = [];
  together = 0;
  most = 0;
  createFault: () => "lose-answer" | "lose-request" | Failure | undefined = () => undefined;
  putFault: () => "lose-answer" | "lose-request" | number | undefined = () => undefined;
  createTime = 1;
  putTime = 1;
  placeComes = true;
  readonly uppy = new Uppy<Meta, Body>({ id: "test" });

  constructor(options: Partial<MuxUploadOptions> = {}) {
    this.uppy.use(MuxUpload, {
      kept: (key) => this.kept.get(key),
      keep: async () => true,
      create: (kept) => this.create(kept),
      giveUp: async (kept) => {
        if (kept.discarded) this.kept.delete(kept.key);
        if (kept.uploadId) this.cancel(kept.uploadId);
        else if (kept.asked) this.cancel((await this.create(kept)).id);
      },
      arrived: async (kept) => void this.kept.delete(kept.key),
      placeComes: async () => this.placeComes,
      transport: this,
      chunk: 256 * 1024,
      gap: 2,
      ...options,
    });
  }

  get plugin(): MuxUpload {
    return this.uppy.getPlugin<MuxUpload>("MuxUpload") as MuxUpload;
  }

  get open(): string[] {
    return [...this.uploads].filter(([, { status }]) => status === "waiting").map(([id]) => id);
  }

  stages(): string[] {
    return this.uppy.getFiles().map(({ meta }) => meta.stage);
  }

  add(name: string, size = 1000): string {
    const key = `record-${name}`;
    this.kept.set(key, {
      key, attempt: `attempt-${name}`, base: "", owner: "", name, type: "video/mp4", size, lastModified: 1, path: "", title: name, captions: "", policy: "",
      addedAt: 1, asked: false, uploadId: "", discarded: false, copied: false,
    });
    const meta = { key, path: "", stage: "new", problem: "", source: "here", uploadId: "", broken: false, anew: false } as Meta;
    return this.uppy.addFile({ name, type: "video/mp4", data: new Blob([new Uint8Array(size)]), meta: { ...meta, relativePath: key } as Meta });
  }

  go(): void {
    void this.uppy.upload();
  }

  async create(kept: Kept): Promise<CreatedUpload> {
    this.created.push(Date.now());
    const fault = this.createFault();
    await delay(this.createTime);
    if (fault === "lose-request") throw new Failure("unreachable");
    if (fault instanceof Failure) throw fault;
    const known = [...this.uploads].find(([, { key }]) => key === kept.attempt);
    const id = known?.[0] ?? `upload-${this.uploads.size + 1}`;
    if (!known) this.uploads.set(id, { key: kept.attempt, held: 0, total: kept.size, status: "waiting" });
    if (fault === "lose-answer") throw new Failure("unreachable");
    const { status } = this.uploads.get(id)!;
    return { id, status, expires_at: "2026-11-30T00:00:00Z", ...(status === "waiting" && { url: `https://storage.example/${id}` }) };
  }

  cancel(id: string): void {
    this.cancelled.push(id);
    const upload = this.uploads.get(id)!;
    if (upload.status === "waiting") upload.status = "cancelled";
  }

  async put({ url, range, body, signal, onProgress }: Put): Promise<Answer> {
    this.together += 1;
    this.most = Math.max(this.most, this.together);
    try {
      await delay(this.putTime);
      signal.throwIfAborted();
      const fault = this.putFault();
      if (fault === "lose-request") throw new BrokenError();
      const upload = this.uploads.get(new URL(url).pathname.slice(1))!;
      if (typeof fault === "number") return { status: fault, retryAfter: 0 };
      if (upload.status === "cancelled") return { status: 410, retryAfter: 0 };
      const match = /bytes (\d+)-(\d+)\//.exec(range);
      if (match && body && Number(match[1]) <= upload.held) upload.held = Math.max(upload.held, Number(match[2]) + 1);
      if (body) onProgress?.(body.size);
      if (upload.held === upload.total) upload.status = "asset_created";
      if (fault === "lose-answer") throw new BrokenError();
      return upload.held === upload.total ? { status: 200, retryAfter: 0 } : { status: 308, held: upload.held || undefined, retryAfter: 0 };
    } finally {
      this.together -= 1;
    }
  }

  unreadable(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

const worlds: World[] = [];
function world(options?: Partial<MuxUploadOptions>): World {
  const made = new World(options);
  worlds.push(made);
  return made;
}
afterEach(() => worlds.splice(0).forEach(({ uppy }) => uppy.destroy()));

describe("the queue of uploads", () => {
  it("sends many files, at most three at a time, each exactly once", async () => {
    const here = world();
    here.putTime = 15;
    for (let at = 0; at < 60; at += 1) here.add(`film ${at}`);
    here.go();
    await until(() => here.stages().every((stage) => stage === "processing"));
    expect(here.most).toBeLessThanOrEqual(3);
    expect(here.most).toBeGreaterThan(1);
    expect(here.uploads.size).toBe(60);
    expect([...here.uploads.values()].every(({ status }) => status === "asset_created")).toBe(true);
    expect(here.kept.size).toBe(0);
  });

  it("asks for uploads one after another with a time between", async () => {
    const here = world({ gap: 40 });
    for (let at = 0; at < 6; at += 1) here.add(`film ${at}`);
    here.go();
    await until(() => here.stages().every((stage) => stage === "processing"));
    const gaps = here.created.slice(1).map((at, index) => at - here.created[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(38);
  });

  it("makes no second upload when the answer to the first question is lost", async () => {
    const here = world();
    const faults = ["lose-answer", "lose-request", "lose-answer"] as const;
    let at = 0;
    here.createFault = () => faults[at++];
    here.add("film");
    here.go();
    await until(() => here.stages()[0] === "processing", 15_000);
    expect(here.uploads.size).toBe(1);
  });

  it("waits while Mux is busy, and longer when it is told to", async () => {
    const here = world();
    const faults = [new Failure("busy", { status: 503 }), new Failure("busy", { status: 429, retryAfter: 2 })];
    here.createFault = () => faults.shift();
    here.add("film");
    here.go();
    await until(() => here.stages()[0] === "processing", 15_000);
    expect(here.created[2]! - here.created[1]!).toBeGreaterThanOrEqual(1450);
  });

  it("lets the others go on while the outcome of one question is unknown", async () => {
    const here = world();
    const faults = [new Failure("busy", { status: 503, type: "outcome_unknown", retryAfter: 60 })];
    here.createFault = () => faults.shift();
    for (const name of ["unknown", "second", "third"]) here.add(name);
    here.go();
    await until(() => here.stages().slice(1).every((stage) => stage === "processing"), 2000);
    expect(here.stages()[0]).toBe("creating");
    await until(() => here.stages()[0] === "processing", 9000);
  });

  it("waits for a place that comes back by itself", async () => {
    const here = world();
    const faults = [new Failure("quota", { status: 429, type: "quota_exceeded" })];
    here.createFault = () => faults.shift();
    here.add("film");
    here.go();
    await until(() => here.stages()[0] === "processing", 15_000);
    expect(here.uploads.size).toBe(1);
  });

  it("holds a file for which there is no place, and sends it when it is told to", async () => {
    const here = world();
    here.placeComes = false;
    const faults = [new Failure("quota", { status: 429, type: "quota_exceeded" })];
    here.createFault = () => faults.shift();
    const id = here.add("film");
    here.go();
    await until(() => here.stages()[0] === "held");
    here.plugin.again(id);
    await until(() => here.stages()[0] === "processing");
    expect(here.uploads.size).toBe(1);
  });

  it("cancels at the API what is cancelled before the question for it is answered", async () => {
    const here = world();
    here.createTime = 60;
    const id = here.add("film");
    here.go();
    await until(() => here.created.length === 1);
    here.uppy.removeFile(id);
    await until(() => here.cancelled.length === 1);
    expect(here.open).toEqual([]);
    expect(here.kept.size).toBe(0);
  });

  it("asks nothing for a file that is cancelled while it waits for its turn", async () => {
    const here = world({ together: 1 });
    here.putTime = 50;
    here.add("first");
    const id = here.add("second");
    here.go();
    await until(() => here.created.length === 1);
    here.uppy.removeFile(id);
    await until(() => here.stages()[0] === "processing");
    await delay(30);
    expect(here.uploads.size).toBe(1);
    expect(here.cancelled).toEqual([]);
  });

  it("cancels at the API what is cancelled while it is sent", async () => {
    const here = world();
    here.putTime = 20;
    const id = here.add("film", 3_000_000);
    here.go();
    await until(() => here.stages()[0] === "sending");
    here.uppy.removeFile(id);
    await until(() => here.cancelled.length === 1);
    expect(here.open).toEqual([]);
  });

  it("pauses and goes on where the storage stands, at every stage", async () => {
    const here = world();
    here.createTime = 30;
    here.putTime = 5;
    const id = here.add("film", 2_000_000);
    here.go();
    here.uppy.pauseResume(id);
    await delay(20);
    expect(here.stages()).toEqual(["queued"]);
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "creating");
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "queued");
    await delay(60);
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "sending" && [...here.uploads.values()].some(({ held }) => held > 0));
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "queued");
    const held = [...here.uploads.values()][0]!.held;
    await delay(50);
    expect([...here.uploads.values()][0]!.held).toBe(held);
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "processing");
    expect(here.uploads.size).toBe(1);
  });

  it("lets the others go first while one is paused", async () => {
    const here = world({ together: 1 });
    const id = here.add("first");
    here.add("second");
    here.go();
    here.uppy.pauseResume(id);
    await until(() => here.stages()[1] === "processing");
    expect(here.stages()[0]).toBe("queued");
  });

  it.each([[410, "expired"], [400, "rejected"]] as const)("gives the place back after %i, and tries again with a new upload", async (status, problem) => {
    const here = world();
    const faults = [status];
    here.putFault = () => faults.shift();
    const id = here.add("film");
    here.go();
    await until(() => here.stages()[0] === "failed");
    expect(here.uppy.getFile(id).meta.problem).toBe(problem);
    expect(here.open).toEqual([]);
    here.plugin.again(id);
    await until(() => here.stages()[0] === "processing");
    expect(here.uploads.size).toBe(2);
  });

  it("does not let one bad file stop the others", async () => {
    const here = world();
    const faults = [new Failure("invalid", { status: 400 })];
    here.createFault = () => faults.shift();
    for (const name of ["bad", "good", "better"]) here.add(name);
    here.go();
    await until(() => here.stages().every((stage) => stage !== "queued" && stage !== "creating" && stage !== "sending"));
    expect(here.stages()).toEqual(["failed", "processing", "processing"]);
  });

  it("begins anew, and gives the old upload back, when the API no longer knows the key", async () => {
    const here = world();
    const id = here.add("film");
    const kept = here.kept.get("record-film")!;
    here.uploads.set("old", { key: "forgotten", held: 0, total: 1000, status: "waiting" });
    Object.assign(kept, { asked: true, uploadId: "old" });
    here.go();
    await until(() => here.stages()[0] === "processing");
    expect(here.cancelled).toEqual(["old"]);
    expect(here.uppy.getFile(id).meta.anew).toBe(true);
  });

  it("begins anew when its upload has been cancelled meanwhile", async () => {
    const here = world();
    here.add("film");
    const kept = here.kept.get("record-film")!;
    here.uploads.set("old", { key: kept.attempt, held: 0, total: 1000, status: "cancelled" });
    Object.assign(kept, { asked: true, uploadId: "old" });
    here.go();
    await until(() => here.stages()[0] === "processing");
    expect(here.uploads.size).toBe(2);
  });

  it("sends nothing again that has arrived although nobody heard of it", async () => {
    const here = world();
    here.add("film");
    const kept = here.kept.get("record-film")!;
    here.uploads.set("old", { key: kept.attempt, held: 1000, total: 1000, status: "asset_created" });
    Object.assign(kept, { asked: true, uploadId: "old" });
    let puts = 0;
    here.putFault = () => void (puts += 1) as undefined;
    here.go();
    await until(() => here.stages()[0] === "processing");
    expect(puts).toBe(0);
  });

  it("brings sixty files through losses, delays and refusals exactly once, and leaves nothing open", async () => {
    const here = world();
    let seed = 11;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    here.createTime = 3;
    here.putFault = () => (random() < 0.05 ? "lose-answer" : undefined);
    here.createFault = () => (random() < 0.03 ? "lose-answer" : undefined);
    const ids = Array.from({ length: 60 }, (_, at) => here.add(`film ${at}`, 300_000));
    here.go();
    await delay(50);
    for (const id of ids.slice(0, 10)) here.uppy.removeFile(id);
    for (const id of ids.slice(10, 20)) if (!here.uppy.getFile(id).progress.uploadComplete) here.uppy.pauseResume(id);
    await delay(50);
    for (const { id, isPaused } of here.uppy.getFiles()) if (isPaused) here.uppy.pauseResume(id);
    await until(() => here.stages().every((stage) => stage === "processing"), 60_000);
    await until(() => here.open.length === 0);
    const arrived = [...here.uploads.values()].filter(({ status }) => status === "asset_created").map(({ key }) => key);
    expect(new Set(arrived).size).toBe(arrived.length);
    for (let at = 10; at < 60; at += 1) expect(arrived).toContain(`attempt-film ${at}`);
  }, 70_000);

  it("goes on asking for an upload after a laptop has slept", async () => {
    const here = world();
    here.createFault = () => (here.created.length === 1 ? new Failure("unreachable") : undefined);
    const { create } = here;
    let slept = 0;
    const time = vi.spyOn(Date, "now").mockImplementation(() => performance.timeOrigin + performance.now() + slept);
    here.create = (kept) => {
      if (here.created.length === 0) slept = 8 * 3600_000;
      return create.call(here, kept);
    };
    here.add("film");
    here.go();
    await until(() => !["queued", "creating", "new", "sending"].includes(here.stages()[0]!)).finally(() => time.mockRestore());
    expect(here.stages()).toEqual(["processing"]);
  });

  it("does not show less than has been sent when it goes on after a pause", async () => {
    const here = world();
    here.putTime = 10;
    const id = here.add("film", 2_000_000);
    const shown: number[] = [];
    here.uppy.on("state-update", () => shown.push(Number(here.uppy.getFile(id)?.progress.bytesUploaded) || 0));
    here.go();
    await until(() => Number(here.uppy.getFile(id).progress.bytesUploaded) > 0);
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "queued");
    here.uppy.pauseResume(id);
    await until(() => here.stages()[0] === "processing");
    expect(shown).toEqual(shown.toSorted((one, other) => one - other));
  });

  it("keeps in its record that the API made nothing, so that discarding asks for nothing", async () => {
    const stored: boolean[] = [];
    const here = world({ keep: async (kept) => stored.push(kept.asked) });
    here.placeComes = false;
    here.createFault = () => new Failure("quota", { status: 429, type: "quota_exceeded" });
    here.add("film");
    here.go();
    await until(() => here.stages()[0] === "held");
    expect(stored.at(-1)).toBe(false);
  });
});
