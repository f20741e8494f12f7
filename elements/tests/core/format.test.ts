/** Numbers, times and titles for people. Data of others never makes them throw. */
import { describe, expect, it } from "vitest";
import { ago, bytes, clock, cut, day, languageName, titleOfFile } from "../../src/core/format.js";

describe("formats", () => {
  it.each([
    [0, "0:00"],
    [6.4, "0:06"],
    [59.6, "1:00"],
    [750, "12:30"],
    [3723, "1:02:03"],
    [-5, "0:00"],
  ])("shows %d seconds as %s", (seconds, text) => expect(clock(seconds)).toBe(text));

  it.each([
    [0, "0 kB"],
    [499, "0 kB"],
    [999, "1 kB"],
    [373_000, "373 kB"],
    [1_500_000, "1.5 MB"],
    [2_340_000_000, "2.3 GB"],
  ])("shows %d bytes as %s", (count, text) => expect(bytes(count, "en")).toBe(text));

  it("says how long ago, and the day of what is older than a week", () => {
    const now = Date.parse("2026-11-30T12:00:00Z");
    expect(ago("2026-11-30T11:55:00Z", "en", now)).toBe("5 minutes ago");
    expect(ago("2026-11-29T12:00:00Z", "en", now)).toBe("yesterday");
    expect(ago("2026-11-01T12:00:00Z", "en", now)).toBe("Nov 1, 2026");
  });

  it("answers nothing for what is no time", () => {
    expect(day("soon", "en")).toBe("");
    expect(ago("soon", "en")).toBe("");
  });

  it("names languages, and shows codes that are none", () => {
    expect(languageName("de", "en")).toBe("German");
    for (const code of ["", "x", "not a language", "en_US_POSIX"]) expect(languageName(code, "en")).toBe(code);
  });

  it("cuts between what people see as characters", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(cut(`ab${family}`, 6)).toBe("ab");
    expect(cut(family, family.length)).toBe(family);
  });

  it("makes titles of file names", () => {
    expect(titleOfFile("Harbour at dawn.mp4")).toBe("Harbour at dawn");
    expect(titleOfFile("Cafe\u0301.mov")).toBe("Caf\u00e9");
    expect(titleOfFile("v1.2 final cut.webm")).toBe("v1.2 final cut");
    expect(titleOfFile("\u0000\ud800 .mp4")).toBe("");
    expect(titleOfFile("x".repeat(600)).length).toBe(512);
  });
});
