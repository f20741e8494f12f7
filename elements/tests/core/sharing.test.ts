/** Addresses and HTML for other pages, whatever shape and whatever template there is. */
import { describe, expect, it } from "vitest";
import { addressOf, embedCode, fileName } from "../../src/core/sharing.js";

const box = (aspectRatio: string): string => /aspect-ratio: ([^"]*); border/.exec(embedCode("https://x.example/", "A", { aspectRatio, audio: false }))?.[1] ?? "";

describe("embedCode", () => {
  it.each([
    ["9:16", "9 / 16; max-width: calc(90vh * 0.5625)"],
    ["4/3", "4 / 3; max-width: calc(90vh * 1.3333)"],
    ["2.39:1", "2.39 / 1; max-width: calc(90vh * 2.39)"],
  ])("has the shape %s", (given, style) => expect(box(given)).toBe(style));

  it.each(["", "0:9", "wide", "16", "-4:3"])("has a box that can be seen for %j", (given) =>
    expect(box(given)).toBe("16 / 9; max-width: calc(90vh * 1.7778)"),
  );
});

describe("addressOf", () => {
  it.each([
    ["https://x.example/embed.html?v={playback_id}", "https://x.example/embed.html?v=p1&audio="],
    ["https://x.example/embed/{playback_id}", "https://x.example/embed/p1?audio="],
    ["https://x.example/embed?v={playback_id}#stage", "https://x.example/embed?v=p1&audio=#stage"],
  ])("puts what is to be added to %s where it is read", (template, address) =>
    expect(addressOf(template, { playback_id: "p1" }, { audio: "" })).toBe(address),
  );
});

describe("fileName", () => {
  it("leaves letters and signs whole that are joined", () => {
    expect(fileName("می\u200cخواهم 👨\u200d👩\u200d👧", "video")).toBe("می\u200cخواهم 👨\u200d👩\u200d👧");
  });

  it("holds nothing that turns its ending around or that a system refuses", () => {
    expect(fileName('a/b:c\u202egpj."\ud800', "video")).toBe("a b c gpj");
    expect(fileName("...", "video")).toBe("video");
  });
});
