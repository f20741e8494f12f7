/** Requests to the storage by XMLHttpRequest, the only way in which browsers tell how much of a body has gone. */
import { pause, SECOND } from "../core/time.js";
import { BrokenError, type Answer, type Put, type Transport } from "./protocol.js";

/** A request without any progress for this long is taken for lost. */
const STALLED_MS = 60 * SECOND;
const PROBE_MS = 10 * SECOND;

export class XhrTransport implements Transport {
  /** Origins whose answers this page has read: they let it. */
  readonly #reached = new Set<string>();

  put(request: Put): Promise<Answer> {
    const { url, range, body, signal, onProgress } = request;
    return new Promise((resolve, reject) => {
      const origin = new URL(url).origin;
      const xhr = new XMLHttpRequest();
      let blocked = false;
      let timer = 0;
      const note = ({ blockedURI, disposition }: SecurityPolicyViolationEvent) => {
        if (disposition === "enforce" && blockedURI.startsWith(origin)) blocked = true;
      };
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cancel);
        document.removeEventListener("securitypolicyviolation", note);
      };
      const broken = async () => {
        // The browser reports a violation in a task of its own, after the refusal.
        await pause(0);
        end();
        reject(new BrokenError(blocked));
      };
      const cancel = () => {
        end();
        xhr.abort();
        reject(signal.reason);
      };
      const live = () => {
        clearTimeout(timer);
        timer = window.setTimeout(() => {
          xhr.abort();
          void broken();
        }, STALLED_MS);
      };
      document.addEventListener("securitypolicyviolation", note);
      signal.addEventListener("abort", cancel);
      xhr.upload.onprogress = ({ loaded }) => {
        live();
        onProgress?.(loaded);
      };
      xhr.onload = () => {
        end();
        this.#reached.add(origin);
        resolve({ status: xhr.status, held: heldOf(header(xhr, "Range")), retryAfter: Number(header(xhr, "Retry-After")) || 0 });
      };
      xhr.onerror = () => void broken();
      try {
        xhr.open("PUT", url);
        xhr.setRequestHeader("Content-Range", range);
        live();
        xhr.send(body);
      } catch {
        void broken();
      }
    });
  }

  async unreadable(url: string): Promise<boolean> {
    const { origin } = new URL(url);
    if (this.#reached.has(origin)) return false;
    try {
      await fetch(origin, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PROBE_MS) });
      return true;
    } catch {
      return false;
    }
  }
}

/** Asking for a header that is not exposed to the page would be an error on the console. */
const header = (xhr: XMLHttpRequest, name: string): string | null =>
  new RegExp(`^${name}:`, "im").test(xhr.getAllResponseHeaders()) ? xhr.getResponseHeader(name) : null;

/** `bytes=0-1023` are 1024 bytes. */
export function heldOf(range: string | null): number | undefined {
  const last = /^bytes=0-(\d+)$/.exec(range ?? "")?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}
