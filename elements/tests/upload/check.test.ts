import { describe, expect, it } from "vitest";
import { isSame, refusalOf } from "../../src/upload/check.js";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const MP4 = [bytes("\0\0\0\x18ftypisom\0\0\0\0isomiso2"), new Uint8Array(64)];
const MP3 = [bytes("ID3\x04\0\0\0\0\0\x0a"), new Uint8Array(10), Uint8Array.of(0xff, 0xfb, 0x90, 0x44), new Uint8Array(400)];
const PNG = [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52), new Uint8Array(64)];
const all = { maxBytes: 0, accept: "video/*,audio/*" };

const named = (name: string, parts: BlobPart[]) => new File(parts, name);

describe("what is looked at before an upload is made", () => {
  it("takes videos and sound by their first bytes, whatever they are called", async () => {
    expect(await refusalOf(named("film.mp4", MP4), all)).toBeNull();
    expect(await refusalOf(named("film.unknown", MP4), all)).toBeNull();
    expect(await refusalOf(named("song.mp3", MP3), all)).toBeNull();
  });

  it("refuses pictures and texts that are called videos", async () => {
    expect(await refusalOf(named("film.mp4", PNG), all)).toBe("not-media");
    expect(await refusalOf(named("film.mp4", ["Dear Sir or Madam"]), all)).toBe("not-media");
  });

  it("refuses an empty file", async () => {
    expect(await refusalOf(named("film.mp4", []), all)).toBe("empty");
  });

  it("refuses a file that cannot be read", async () => {
    const refuse = () => Promise.reject(new DOMException("", "NotReadableError"));
    const file = { name: "film.mp4", size: 10, slice: () => ({ arrayBuffer: refuse }), arrayBuffer: refuse } as unknown as File;
    expect(await refusalOf(file, all)).toBe("unreadable");
    expect(await refusalOf({ ...file, size: 0 } as File, all)).toBe("unreadable");
  });

  it("refuses what is larger than allowed", async () => {
    expect(await refusalOf(named("film.mp4", MP4), { ...all, maxBytes: 50 })).toBe("too-large");
    expect(await refusalOf(named("film.mp4", MP4), { ...all, maxBytes: 5000 })).toBeNull();
  });

  it("takes only what the page accepts", async () => {
    expect(await refusalOf(named("song.mp3", MP3), { ...all, accept: "video/*" })).toBe("not-media");
    expect(await refusalOf(named("film.mp4", MP4), { ...all, accept: "video/*" })).toBeNull();
    expect(await refusalOf(named("film.mp4", MP4), { ...all, accept: ".mp4, .mov" })).toBeNull();
  });

  it("knows the same file again, alone or in its folder", () => {
    const file = { name: "a.mp4", size: 1, lastModified: 2, path: "" };
    expect(isSame(file, { ...file })).toBe(true);
    expect(isSame(file, { ...file, path: "holiday/a.mp4" })).toBe(true);
    expect(isSame({ ...file, path: "one/a.mp4" }, { ...file, path: "two/a.mp4" })).toBe(false);
    expect(isSame(file, { ...file, size: 3 })).toBe(false);
    expect(isSame(file, { ...file, lastModified: 3 })).toBe(false);
  });
});
