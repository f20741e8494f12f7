/** Pictures whose addresses have ended: one question for all of them, and none for somebody who has left. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Service } from "../../src/core/service.js";
import type { Asset } from "../../src/core/types.js";
import { Pictures } from "../../src/library/pictures.js";

const asset = (id: string) =>
  ({ id, status: "ready", aspect_ratio: "16:9", duration: 9, playback_ids: [{ id: `s-${id}`, policy: "signed" }] }) as unknown as Asset;
const page = ["a", "b", "c"].map(asset);

let questions: string[][];
let pictures: Pictures;

beforeEach(async () => {
  vi.useFakeTimers();
  questions = [];
  const preparePictures = (assets: readonly Asset[]) => Promise.resolve(void questions.push(assets.map(({ id }) => id)));
  const playback = { preparePictures, picture: ({ id }: Asset) => `https://image.example/${id}?${questions.length}`, forget: () => undefined };
  pictures = new Pictures({ playback } as unknown as Service, () => undefined, new AbortController().signal);
  await pictures.want(page);
});

afterEach(() => vi.useRealTimers());

it("asks once for all whose addresses have ended", async () => {
  for (const one of page) pictures.refuse(one);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(questions).toEqual([["a", "b", "c"], ["a", "b", "c"]]);
  expect(page.map((one) => pictures.of(one))).toEqual(["a", "b", "c"].map((id) => `https://image.example/${id}?2`));
  for (const one of page) pictures.refuse(one);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(questions, "twice refused, there is none").toHaveLength(2);
});

it("asks for nothing of the owner before", async () => {
  for (const one of page) pictures.refuse(one);
  pictures.forget();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(questions).toHaveLength(1);
});
