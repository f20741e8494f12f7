/** What a video's tracks are to people: captions, chapters, and the sound that captions can be made from. */
import { languageName } from "../core/format.js";
import { SPEECH_LANGUAGES } from "../core/speech.js";
import type { Asset, SubtitleLanguage, Track } from "../core/types.js";

/** The API counts the characters of a name. */
export const NAME_LIMIT = 255;

/** Languages that captions are often in. */
const CAPTION_LANGUAGES = [
  ...["ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fa", "fi", "fil", "fr", "fr-CA", "he", "hi"],
  ...["hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sr", "sv", "sw"],
  ...["ta", "te", "th", "tr", "uk", "ur", "vi", "zh-Hans", "zh-Hant"],
];

const present = (asset: Asset): Track[] => (asset.tracks ?? []).filter(({ status }) => status !== "deleted");
const texts = (asset: Asset): Track[] => present(asset).filter(({ type }) => type === "text");

export const captionsOf = (asset: Asset): Track[] => texts(asset).filter(({ text_type: kind }) => !kind || kind === "subtitles");
export const chaptersOf = (asset: Asset): Track[] => texts(asset).filter(({ text_type: kind }) => kind === "chapters");

/** The sound that speech is heard in. */
export function soundOf(asset: Asset): Track | undefined {
  const sounds = present(asset).filter(({ type, status }) => type === "audio" && (!status || status === "ready"));
  return sounds.find(({ primary }) => primary) ?? sounds[0];
}

export const isMade = ({ text_source: source }: Track): boolean => Boolean(source?.startsWith("generated"));

/** A track's name for people. */
export const nameOf = (track: Track, locale: string): string =>
  track.name?.trim() || languageName(track.language_code?.trim() || "und", locale);

/** Languages in which captions can still be made from the speech: none is made twice. */
export function hearable(asset: Asset): SubtitleLanguage[] {
  const made = captionsOf(asset).filter((track) => isMade(track) && track.status !== "errored");
  if (made.some(({ language_code: code, status }) => code === "auto" && status === "preparing")) return [];
  const had = new Set(made.map(({ language_code: code }) => (code ?? "").split("-")[0]));
  return SPEECH_LANGUAGES.filter((code) => (code === "auto" ? made.length === 0 : !had.has(code)));
}

const same = (one: string | undefined, other: string): boolean =>
  (one ?? "").normalize("NFC").trim().toLowerCase() === other.normalize("NFC").trim().toLowerCase();

/** The text track that has this name already; of chapters too, for a name is given once. */
export const namesake = (asset: Asset, name: string): Track | undefined => texts(asset).find((track) => same(track.name, name));

/** `name`, or with a number behind it where it is taken. */
export function freeName(asset: Asset, name: string): string {
  for (let count = 2, free = name; ; count += 1) {
    if (!namesake(asset, free)) return free;
    free = `${name} ${count}`;
  }
}

/** Languages with their names, in the order of a dictionary; `first` comes before all. */
export function named<T extends string>(codes: readonly T[], locale: string, first?: T): { code: T; name: string }[] {
  const rest = codes.filter((code) => code !== first).map((code) => ({ code, name: languageName(code, locale) }));
  return rest.sort((one, other) => one.name.localeCompare(other.name, locale));
}

/** Languages to choose from for a file of captions. */
export const captionLanguages = (locale: string): { code: string; name: string }[] => named(CAPTION_LANGUAGES, locale);

/** The one of `codes` that is closest to the visitor's language. */
export const closest = (codes: readonly string[], locale: string): string =>
  codes.find((code) => code === locale) ?? codes.find((code) => code === locale.split("-")[0]) ?? "en";

/** The address of a file as the API takes it; undefined for one that it cannot fetch. */
export function fileAddress(text: string): string | undefined {
  if (!URL.canParse(text.trim())) return undefined;
  const url = new URL(text.trim());
  const bare = url.protocol === "https:" && !url.username && !url.password && !url.port;
  const open = url.hostname.includes(".") && !/^[\d.]+$|^\[/.test(url.hostname);
  return bare && open && url.href.length <= 2048 ? url.href : undefined;
}

export const withTracks = (asset: Asset, added: readonly Track[]): Asset => {
  const ids = new Set(added.map(({ id }) => id));
  return { ...asset, tracks: [...(asset.tracks ?? []).filter(({ id }) => !ids.has(id)), ...added] };
};

export const withoutTrack = (asset: Asset, track: string): Asset => ({
  ...asset,
  tracks: (asset.tracks ?? []).filter(({ id }) => id !== track),
});
