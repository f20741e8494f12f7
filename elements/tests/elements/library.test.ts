/** <video-library>: another owner, and what is done to many. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { configure, serviceAt, type Service } from "../../src/core/service.js";
import type { Asset } from "../../src/core/types.js";
import type { VideoLibrary } from "../../src/video-library.js";
import "../../src/video-library.js";

const asset = (id: string, more: Partial<Asset> = {}) => ({
  id, status: "ready", created_at: "2026-11-30T10:00:00Z", visibility: "private", playable_by: "token", title: `Video ${id}`, ...more,
});

let library: VideoLibrary;
let service: Service;
let asked: string[];
let assets: ReturnType<typeof asset>[];
let changed: (id: string) => Promise<Response>;

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const all = <T extends HTMLElement>(selector: string) => [...library.shadowRoot!.querySelectorAll<T>(selector)];
const one = <T extends HTMLElement>(selector: string) => all<T>(selector)[0]!;
const lists = () => asked.filter((line) => line.startsWith("GET /assets?"));

async function until(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 3000, interval: 10 });
  await library.updateComplete;
}

beforeEach(async () => {
  vi.stubGlobal("IntersectionObserver", class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal("ResizeObserver", class {
    constructor(private readonly tell: (entries: unknown[]) => void) {}
    observe() { this.tell([{ contentRect: { width: 800 } }]); }
    unobserve() {}
    disconnect() {}
  });
  asked = [];
  assets = [asset("a"), asset("b"), asset("c"), asset("d"), asset("e")];
  changed = () => Promise.resolve(new Response(null, { status: 204 }));
  vi.stubGlobal("fetch", async (url: string, { method }: RequestInit) => {
    const path = url.replace("https://api.example", "");
    asked.push(`${method} ${path}`);
    if (path.startsWith("/assets?")) return json({ data: assets, next_cursor: null });
    if (method === "DELETE" || method === "PATCH") return changed(path.split("/")[2]!);
    return json({}, 404);
  });
  configure({ api: "https://api.example" });
  service = serviceAt(undefined) as Service;
  service.owner = "alice";
  library = document.createElement("video-library");
  document.body.append(library);
  await until(() => expect(all(".card[data-id]")).toHaveLength(5));
});

afterEach(() => {
  library.remove();
  service.owner = "";
  vi.unstubAllGlobals();
});

async function choose(...ids: string[]): Promise<void> {
  for (const id of ids) one(`.card[data-id="${id}"] .pick input`).click();
  await library.updateComplete;
}

async function search(words: string): Promise<void> {
  const field = one<HTMLInputElement>(".search input");
  field.value = words;
  field.dispatchEvent(new Event("input"));
  await until(() => expect(lists().at(-1)).toContain(`q=${words}`));
}

it("shows everything to who comes after somebody who searched and has left", async () => {
  await search("cats");
  service.owner = "";
  await library.updateComplete;
  service.owner = "ben";
  await until(() => expect(lists().at(-1)).not.toContain("q="));
});

it("asks nobody else the question of the one before, and does not go on with what they began", async () => {
  let answers: (() => void)[] = [];
  changed = () => new Promise((resolve) => answers.push(() => resolve(new Response(null, { status: 204 }))));
  await choose("a", "b", "c", "d", "e");
  one(".deed.danger").click();
  await until(() => expect(all("dialog[open]")).toHaveLength(1));
  service.owner = "ben";
  await until(() => expect(all("dialog[open]")).toHaveLength(0));
  expect(asked.filter((line) => line.startsWith("DELETE"))).toEqual([]);
  await until(() => expect(all(".card[data-id]")).toHaveLength(5));
  await choose("a", "b", "c", "d", "e");
  one(".deed.danger").click();
  await until(() => expect(all("dialog[open]")).toHaveLength(1));
  one("dialog .danger").click();
  await until(() => expect(answers).toHaveLength(3));
  service.owner = "clara";
  for (const answer of answers) answer();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked.filter((line) => line.startsWith("DELETE"))).toHaveLength(3);
});

it("leaves the boxes as they are while something is done to the selected", async () => {
  changed = () => new Promise(() => undefined);
  await choose("a");
  one(".deed").click();
  await until(() => expect(all("progress")).toHaveLength(1));
  await choose("b");
  expect(one<HTMLInputElement>('.card[data-id="b"] input').checked).toBe(false);
});

it("counts all that were not done when something stops it, and keeps the focus in the bar", async () => {
  changed = () => Promise.resolve(json({ error: { type: "unauthorized", messages: [] } }, 401));
  await choose("a", "b", "c", "d", "e");
  one(".deed").focus();
  one(".deed").click();
  await until(() => expect(one(".bar .bad")?.textContent).toContain("5"));
  await until(() => expect(library.shadowRoot!.activeElement?.closest(".bar")).toBeTruthy());
});

it("asks no question about nothing", async () => {
  service.tell("asset", asset("a", { status: "deleting" }) as Asset);
  await library.updateComplete;
  await choose("a");
  one(".deed.danger").click();
  await until(() => expect(all(".bar")).toHaveLength(0));
  expect(all("dialog")).toHaveLength(0);
});
