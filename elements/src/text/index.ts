/** The texts of the elements in the visitor's language, and the words that a page puts in their place. */
import { en } from "./en.js";
import type { Entry } from "./entry.js";

/** Each section's texts; any of them may be a plain text or have plural forms. */
export type Texts = { [Section in keyof typeof en]: { [Name in keyof (typeof en)[Section]]: Entry } };

/** Some texts, for a page that wants its own. */
export type SomeTexts = { [Section in keyof Texts]?: Partial<Texts[Section]> };

export const LANGUAGES = ["en", "de", "es", "fr", "ja"] as const;
export type Language = (typeof LANGUAGES)[number];

const loaders: Record<Exclude<Language, "en">, () => Promise<Texts>> = {
  de: async () => (await import("./de.js")).de,
  es: async () => (await import("./es.js")).es,
  fr: async () => (await import("./fr.js")).fr,
  ja: async () => (await import("./ja.js")).ja,
};
const loaded = new Map<Language, Texts>([["en", en]]);

/** The language for a locale such as `de-AT`; English where there is no other. */
export function languageOf(locale: string): Language {
  const wanted = locale.toLowerCase().split("-")[0];
  return LANGUAGES.find((language) => language === wanted) ?? "en";
}

/** The texts of a language if they are here already. */
export const textsAtHand = (language: Language): Texts | undefined => loaded.get(language);

/** The texts of a language; English when they cannot be loaded. */
export async function loadTexts(language: Language): Promise<Texts> {
  const known = loaded.get(language);
  if (known || language === "en") return known ?? en;
  try {
    const texts = await loaders[language]();
    loaded.set(language, texts);
    return texts;
  } catch {
    return en;
  }
}

/** `texts` with a page's own words in their places. */
export function withOwn(texts: Texts, own: SomeTexts | undefined): Texts {
  if (!own) return texts;
  const sections = Object.entries(texts).map(([name, section]) => [name, { ...section, ...own[name as keyof Texts] }]);
  return Object.fromEntries(sections) as Texts;
}

/** A locale that Intl takes; a wrong one must not stop a page. */
export function safeLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? "en";
  } catch {
    return "en";
  }
}
