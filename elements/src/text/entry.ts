/** A text with places for values, and how it is filled in. */

/** One form for each plural category of the language; `n` picks it. */
export interface Plural {
  zero?: string;
  one?: string;
  two?: string;
  few?: string;
  many?: string;
  other: string;
}

export type Entry = string | Plural;
export type Values = Record<string, string | number>;

// First strong isolate and its end: a title in Arabic does not turn the sentence around it, and the other way.
const ISOLATE = "\u2068";
const END = "\u2069";

/** The text for the values: numbers in the language's digits and separators, texts isolated from the direction around them. */
export function fill(entry: Entry, values: Values, locale: string): string {
  const form = typeof entry === "string" ? entry : pick(entry, Number(values["n"] ?? 0), locale);
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : ISOLATE + value + END;
  });
}

function pick(plural: Plural, n: number, locale: string): string {
  if (n === 0 && plural.zero !== undefined) return plural.zero;
  return plural[new Intl.PluralRules(locale).select(n)] ?? plural.other;
}
