/** Numbers, times and titles for people, in their language. */

/** Seconds as `0:06`, `12:30`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [first, ...rest] = parts[0] ? parts : parts.slice(1);
  return [String(first), ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** Bytes as `12.5 MB`; less than a kilobyte is a part of one. */
export function bytes(count: number, locale: string): string {
  const units = ["kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length, count < 1000 ? 1 : Math.floor(Math.log10(count) / 3));
  const options = { style: "unit", unit: units[step - 1] ?? "kilobyte", unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale, options).format(count / 1000 ** step);
}

/** A day such as `Nov 30, 2026`; "" for what is no time. */
export function day(time: string, locale: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(date);
}

/** How long ago, such as `5 minutes ago`; a day for what is older than a week. */
export function ago(time: string, locale: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size, limit] of [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 7 * 86400]] as const) {
    if (-seconds < limit) return format.format(Math.round(seconds / size), unit);
  }
  return day(time, locale);
}

/** The name of a language such as `de`, in the visitor's; the code itself where it is none that the browser knows. */
export function languageName(code: string, locale: string): string {
  if (!code) return "";
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** At most `limit` UTF-16 units of a text, cut between what people see as characters. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    if (kept.length + segment.length > limit) break;
    kept += segment;
  }
  return kept;
}

/** A file's name as a title: without its ending and without what titles may not hold. */
export function titleOfFile(name: string): string {
  const bare = name.replace(/\.[A-Za-z0-9]{1,5}$/, "").replace(/[\p{Cc}\p{Cs}\p{Cn}]/gu, " ").trim();
  return cut(bare.normalize("NFC"), 512);
}
