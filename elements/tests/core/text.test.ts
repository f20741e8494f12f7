/** Texts: values, plural forms, isolated directions, a page's own words, and the same places in every language. */
import { describe, expect, it } from "vitest";
import { en } from "../../src/text/en.js";
import { fill, type Entry } from "../../src/text/entry.js";
import { LANGUAGES, languageOf, loadTexts, safeLocale, withOwn } from "../../src/text/index.js";

const places = (entry: Entry): string[] => {
  const forms = typeof entry === "string" ? [entry] : Object.values(entry as unknown as Record<string, string>);
  return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
};

describe("texts", () => {
  it("fills in numbers in the language's own way", () => {
    expect(fill("{n} videos", { n: 1234 }, "de")).toBe("1.234 videos");
  });

  it("isolates texts from the direction around them", () => {
    expect(fill("“{title}” is ready", { title: "שלום" }, "en")).toBe("“\u2068שלום\u2069” is ready");
  });

  it("picks the plural form", () => {
    const entry = { zero: "none", one: "one video", other: "{n} videos" };
    expect([0, 1, 5].map((n) => fill(entry, { n }, "en"))).toEqual(["none", "one video", "5 videos"]);
  });

  it("leaves a place without a value as it is", () => expect(fill("{a} {b}", { a: 1 }, "en")).toBe("1 {b}"));

  it.each([
    ["de-AT", "de"],
    ["ja", "ja"],
    ["xx", "en"],
    ["", "en"],
  ])("takes %j for the language %s", (locale, language) => expect(languageOf(locale)).toBe(language));

  it("takes English for a locale that is none", () => expect(safeLocale("not a locale")).toBe("en"));

  it("puts a page's own words in their places and leaves the others", () => {
    const texts = withOwn(en, { common: { signIn: "Come in" } });
    expect(texts.common.signIn).toBe("Come in");
    expect(texts.common.cancel).toBe(en.common.cancel);
    expect(texts.failure).toEqual(en.failure);
  });

  it.each(LANGUAGES.filter((language) => language !== "en"))("has every text with every place in %s", async (language) => {
    const texts = (await loadTexts(language)) as unknown as Record<string, Record<string, Entry>>;
    for (const [section, entries] of Object.entries(en) as [string, Record<string, Entry>][]) {
      expect(Object.keys(texts[section] ?? {}).sort()).toEqual(Object.keys(entries).sort());
      for (const [name, entry] of Object.entries(entries)) {
        const translated = texts[section]?.[name] ?? "";
        const wanted = places(entry).filter((place) => place !== "{n}");
        expect(places(translated).filter((place) => place !== "{n}"), `${section}.${name}`).toEqual(wanted);
        if (typeof entry !== "string") expect(typeof translated, `${section}.${name}`).toBe("object");
      }
    }
  });
});
