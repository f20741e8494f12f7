import { afterEach, expect, it, vi } from "vitest";
import { Lane } from "../../src/upload/lane.js";

afterEach(() => vi.useRealTimers());

it("does not wait an hour for its next task when the clock is set back by one", async () => {
  vi.useFakeTimers();
  const lane = new Lane(1000);
  const began: string[] = [];
  void lane.run(async () => void began.push("first"));
  await vi.advanceTimersByTimeAsync(1);
  vi.setSystemTime(Date.now() - 3600_000);
  void lane.run(async () => void began.push("second"));
  await vi.advanceTimersByTimeAsync(1001);
  expect(began).toEqual(["first", "second"]);
});
