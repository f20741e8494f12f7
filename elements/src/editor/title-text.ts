/** What the API takes as a title. */
export const TITLE_LIMIT = 512;

/** A text as a title: in one form, without blanks around it and without what titles may not hold. */
export const tidyTitle = (text: string): string =>
  text.replace(/[\p{Cc}]+/gu, " ").replace(/\p{Cs}/gu, "").normalize("NFC").trim();

/** By how many characters, as the API counts them, a title is too long. */
export const excess = (title: string): number => Math.max(0, [...title].length - TITLE_LIMIT);
