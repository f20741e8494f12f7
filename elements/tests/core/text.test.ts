/** Texts: values, plural forms, isolated directions, a page's own words, and what every language has to have. */
import { describe, expect, it } from "vitest";
import { en } from "../../src/text/en.js";
import { fill, type Entry } from "../../src/text/entry.js";
import { LANGUAGES, languageOf, loadTexts, safeLocale, withOwn, type Language } from "../../src/text/index.js";

const TRANSLATIONS = LANGUAGES.filter((language) => language !== "en");

/** What really is the same as in English. */
const SAME: Partial<Record<Language, readonly string[]>> = { de: ["library.videos", "uploader.panel", "view.video"] };

const forms = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry));

const places = (entry: Entry): string[] => [...new Set(forms(entry).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

/** Every text of a language by its section and name, such as `common.close`. */
async function all(language: Language): Promise<Map<string, Entry>> {
  const sections = Object.entries((await loadTexts(language)) as Record<string, Record<string, Entry>>);
  return new Map(sections.flatMap(([section, entries]) => Object.entries(entries).map(([name, entry]) => [`${section}.${name}`, entry] as const)));
}

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

  it.each(TRANSLATIONS)("has every text with every place in %s", async (language) => {
    const [english, texts] = [await all("en"), await all(language)];
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [name, entry] of english) {
      const translated = texts.get(name) ?? "";
      const wanted = places(entry).filter((place) => place !== "{n}");
      expect(places(translated).filter((place) => place !== "{n}"), name).toEqual(wanted);
      if (typeof entry !== "string") expect(typeof translated, name).toBe("object");
    }
  });

  it.each(TRANSLATIONS)("has no text in %s that is still English", async (language) => {
    const [english, texts] = [await all("en"), await all(language)];
    const same = [...english.keys()].filter((name) => forms(texts.get(name) ?? "").some((form) => forms(english.get(name) ?? "").includes(form)));
    expect(same).toEqual(SAME[language] ?? []);
  });

  it.each(LANGUAGES)("has the plural categories of %s in each plural", async (language) => {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const [name, entry] of await all(language)) {
      if (typeof entry !== "string") expect(Object.keys(entry).sort(), name).toEqual(wanted);
    }
  });

  it("has no space in French at which a line may break before a mark or inside of quotation marks", async () => {
    const broken = [...(await all("fr"))].filter(([, entry]) => forms(entry).some((form) => / [?!;:»]|« /.test(form)));
    expect(broken).toEqual([]);
  });
});
