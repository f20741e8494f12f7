/** Makes configured addresses uniform: with or without blanks and slashes they mean the same. */
import { Failure } from "./failure.js";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+)$/;
/** `https://…`, `http://…`, or a path on the page's own host. */
const KIND = /^(https?:\/\/|\/(?!\/))/i;

/**
 * An address without blanks around it, query, fragment, and slash at its end. One that begins with a slash is on the
 * page's own host. Throws a Failure `misconfigured` that names the setting when it is empty, a placeholder, or anything that
 * a Content-Security-Policy cannot name.
 */
export function address(value: string | undefined, setting: string): string {
  const text = (value ?? "").trim();
  if (!text || text.includes("EXAMPLE")) throw wrong(setting, text, "is not filled in");
  let url: URL;
  try {
    url = new URL(text, document.baseURI);
  } catch {
    throw wrong(setting, text, "is not an address such as https://videos.example.com");
  }
  if (!KIND.test(text) || url.username || url.password || url.hostname.startsWith("[")) {
    throw wrong(setting, text, "is not an address such as https://videos.example.com");
  }
  if (url.protocol !== "https:" && !LOOPBACK.test(url.hostname) && !text.startsWith("/")) {
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
