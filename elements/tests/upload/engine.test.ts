/** All uploads of one owner: what is kept, given back and told, against an API and a storage that answer at once. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Service } from "../../src/core/service.js";
import { MUX_HOSTS } from "../../src/core/playback.js";
import type { Asset } from "../../src/core/types.js";
import type { Item } from "../../src/upload/item.js";
import { BrokenError, type Answer, type Put } from "../../src/upload/protocol.js";
import type { Kept } from "../../src/upload/shelf.js";

const records = new Map<string, Kept>();
let put: (request: Put) => Promise<Answer>;

vi.mock("../../src/upload/shelf.js", () => ({
  Shelf: class {
    of = async () => [...records.values()].filter(({ arrivedAt }) => !arrivedAt);
    arrived = async () => [...records.values()].filter(({ arrivedAt }) => arrivedAt);
    record = async (key: string) => records.get(key);
    keep = async (kept: Kept) => void records.set(kept.key, { ...kept });
    remove = async (key: string) => void records.delete(key);
    keepFile = async () => true;
    file = async () => undefined;
    dropFile = async () => undefined;
  },
}));
vi.mock("../../src/upload/transport.js", () => ({
  XhrTransport: class {
    put = (request: Put) => put(request);
    unreadable = async () => false;
  },
}));

const { Engine } = await import("../../src/upload/engine.js");
type Engine = InstanceType<typeof Engine>;

const MP4 = [Uint8Array.from("\0\0\0\x18ftypisom\0\0\0\0isomiso2", (character) => character.charCodeAt(0)), new Uint8Array(64)];
const film = (name: string, type = "video/mp4"): File => new File(MP4, name, { type, lastModified: 1 });
const chosen = (...names: string[]) => names.map((name) => ({ file: film(name), path: "" }));
const wishes = { captions: "", policy: "", maxBytes: 0, accept: "video/*,audio/*", untitled: "Untitled" };
const jwt = (sub: string): string => `x.${btoa(JSON.stringify({ sub }))}.x`;
const delay = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const never = () => new Promise<never>(() => undefined);
const taken = async (): Promise<Answer> => ({ status: 200, retryAfter: 0 });

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !holds(); await delay(5)) if (Date.now() > end) throw new Error("this has not happened");
}

/** Each request as `POST /uploads alice`, and what answers it. */
let asked: string[];
let answer: (method: string, path: string) => Promise<Response> | Response | undefined;
let service: Service;
const engines: Engine[] = [];

function engine(): Engine {
  const made = new Engine(service, "alice", 256 * 1024);
  engines.push(made);
  return made;
}

beforeEach(() => {
  records.clear();
  asked = [];
  put = taken;
  answer = () => undefined;
  service = new Service("https://api.example", MUX_HOSTS);
  service.tokens = () => jwt("alice");
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const { sub } = JSON.parse(atob(new Headers(init.headers).get("Authorization")!.split(".")[1]!)) as { sub: string };
    const path = new URL(url).pathname;
    asked.push(`${init.method} ${path} ${sub}`);
    const given = await answer(init.method!, path);
    if (given) return given;
    if (init.method === "DELETE") return new Response(null, { status: 204 });
    if (init.method !== "POST") return new Response(JSON.stringify({ error: { type: "not_found" } }), { status: 404 });
    const id = `upload-${asked.length}`;
    return new Response(JSON.stringify({ data: { id, status: "waiting", url: `https://storage.example/${id}` } }), { status: 201 });
  });
});
afterEach(() => {
  engines.splice(0).forEach((one) => one.stop());
  vi.unstubAllGlobals();
});

describe("the uploads of one owner", () => {
  it("keeps what is unfinished for another time when it leaves the page", async () => {
    put = never;
    const here = engine();
    await here.add(chosen("one.mp4", "two.mp4"), wishes);
    await until(() => here.items.some(({ stage }) => stage === "sending"));
    here.stop();
    await delay(20);
    expect([...records.values()].map(({ name, discarded }) => [name, discarded])).toEqual([["one.mp4", false], ["two.mp4", false]]);
    expect(asked.filter((request) => request.startsWith("DELETE"))).toEqual([]);
    const later = engine();
    await later.restore();
    expect(later.items.map(({ name, stage }) => [name, stage])).toEqual([["one.mp4", "waiting"], ["two.mp4", "waiting"]]);
  });

  it("takes a file once that is given twice at the same time", async () => {
    const here = engine();
    const added = await Promise.all([here.add(chosen("film.mp4"), wishes), here.add(chosen("film.mp4"), wishes)]);
    await until(() => here.items.every(({ stage }) => stage === "processing"));
    expect(added.map(({ taken }) => taken)).toEqual([1, 0]);
    expect(asked.filter((request) => request.startsWith("POST /uploads"))).toHaveLength(1);
  });

  it("asks for no upload in the name of somebody who has just signed in", async () => {
    const here = engine();
    service.on("owner", (owner) => owner !== "alice" && here.stop());
    await delay(1);
    service.tokens = () => jwt(asked.length ? "bob" : "alice");
    await here.add(chosen("one.mp4", "two.mp4"), wishes);
    await until(() => service.owner === "bob");
    await delay(50);
    expect(asked.filter((request) => request.startsWith("POST") && request.endsWith("bob"))).toEqual([]);
  });

  it("goes on with a file that could not be read when it is chosen again, as it says", async () => {
    const here = engine();
    const [one] = chosen("film.mp4");
    const slice = one!.file.slice.bind(one!.file);
    put = () => {
      one!.file.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) }) as unknown as Blob;
      return Promise.reject(new BrokenError());
    };
    await here.add([one!], wishes);
    await until(() => here.items[0]?.problem === "changed");
    put = taken;
    one!.file.slice = slice;
    expect(await here.add(chosen("film.mp4"), wishes)).toMatchObject({ taken: 1, refused: [] });
    await until(() => here.items[0]?.stage === "processing");
    expect(here.items).toHaveLength(1);
  });

  it("does nothing more after it has left the page, even when clearing had no end", async () => {
    answer = (method) => (method === "POST" ? never() : undefined);
    const here = engine();
    await here.add(chosen("film.mp4"), wishes);
    await until(() => asked.some((request) => request.startsWith("POST")));
    await here.clear(10);
    here.stop();
    await delay(150);
    const timers = vi.spyOn(globalThis, "setTimeout");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    for (const end = performance.now() + 300; performance.now() < end; ) await new Promise((resolve) => setImmediate(resolve));
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
  });

  it("names what a Mac leaves beside films only as other files of a folder", async () => {
    const hidden = new File(["\0\x05\x16\x07"], "._film.mp4", { type: "video/mp4" });
    const added = await engine().add([{ file: hidden, path: "holiday/._film.mp4" }], wishes);
    expect(added).toMatchObject({ refused: [], skipped: ["._film.mp4"] });
  });

  it("takes a file again whose video has been deleted, also when its line is gone", async () => {
    const here = engine();
    await here.add(chosen("film.mp4"), wishes);
    await until(() => here.items[0]?.stage === "processing");
    const [{ id, uploadId }] = here.items as [Item];
    service.tell("asset", { id: "asset-1", upload_id: uploadId, status: "ready" } as Asset);
    here.cancel([id]);
    expect(await here.add(chosen("film.mp4"), wishes)).toMatchObject({ taken: 0 });
    service.tell("gone", "asset-1");
    expect(await here.add(chosen("film.mp4"), wishes)).toMatchObject({ taken: 1 });
  });

  it("leaves what it was about to take for another time when it leaves the page", async () => {
    const here = engine();
    const [one] = chosen("film.mp4");
    const slice = one!.file.slice.bind(one!.file);
    one!.file.slice = (...range) => {
      here.stop();
      return slice(...range);
    };
    await here.add([one!], wishes);
    const later = engine();
    await later.restore();
    expect(later.items.map(({ name, stage }) => [name, stage])).toEqual([["film.mp4", "waiting"]]);
  });
});
