import { afterEach, expect, it, vi } from "vitest";
import { Speed } from "../../src/upload/speed.js";

afterEach(() => vi.useRealTimers());

it("is known although the clock has been set back by an hour", () => {
  vi.useFakeTimers();
  const speed = new Speed();
  for (let second = 0; second < 60; second += 1) {
    speed.add(100);
    vi.advanceTimersByTime(1000);
    if (second === 20) vi.setSystemTime(Date.now() - 3600_000);
  }
  expect(speed.at()).toBeGreaterThan(50);
  expect(speed.at()).toBeLessThan(200);
});
