/** Makes configured addresses uniform: with or without blanks and slashes they mean the same. */
import { Failure } from "./failure.js";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * An address without blanks around it, query, fragment, and slash at its end. Relative ones are resolved against the page.
 * Throws a Failure `misconfigured` that names the setting when it is empty, a placeholder, or not http(s).
 */
export function address(value: string | undefined, setting: string): string {
  const text = (value ?? "").trim();
  if (!text || /EXAMPLE/.test(text)) throw wrong(setting, text, "is not filled in");
  let url: URL;
  try {
    url = new URL(text, document.baseURI);
  } catch {
    throw wrong(setting, text, "is not an address such as https://videos.example.com");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && (LOOPBACK.test(url.hostname) || location.protocol === "http:"))) {
    throw wrong(setting, text, "must begin with https://");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

/** `base` with path segments behind it, each encoded. */
export const join = (base: string, ...segments: string[]): string =>
  [base.replace(/\/+$/, ""), ...segments.map(encodeURIComponent)].join("/");

function wrong(setting: string, text: string, what: string): Failure {
  return new Failure("misconfigured", { detail: `${setting} ${JSON.stringify(text)} ${what}` });
}
