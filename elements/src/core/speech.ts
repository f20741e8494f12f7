import type { SubtitleLanguage } from "./types.js";

/** Languages whose speech becomes captions. The type holds this list and the API's together; `auto` is found out. */
const HEARD: Readonly<Record<SubtitleLanguage, true>> = {
  auto: true,
  bg: true,
  ca: true,
  cs: true,
  da: true,
  de: true,
  el: true,
  en: true,
  es: true,
  fi: true,
  fr: true,
  hr: true,
  it: true,
  nl: true,
  no: true,
  pl: true,
  pt: true,
  ro: true,
  ru: true,
  sk: true,
  sv: true,
  tr: true,
  uk: true,
};

export const SPEECH_LANGUAGES = Object.keys(HEARD) as readonly SubtitleLanguage[];

export const isSpeechLanguage = (code: string): code is SubtitleLanguage => Object.hasOwn(HEARD, code);
