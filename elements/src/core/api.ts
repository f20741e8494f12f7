/** Calls the video API: JSON in and out, one `Failure` for everything that goes wrong, patience where repeating is safe. */
import { Failure, type FailureKind } from "./failure.js";
import { pause, SECOND } from "./time.js";

/** Answers a JWT, or "" to go without one. `renew` says that the last one was refused. */
export type TokenSource = (renew?: boolean) => Promise<string> | string;

export interface CallOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Makes a POST safe to repeat. */
  idempotencyKey?: string;
  /** Sends no token: the route needs none. */
  anonymous?: boolean;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
  /** How long to go on trying while the failure is temporary, in milliseconds; 0 for one attempt. */
  patience?: number;
}

const ATTEMPT_MS = 20 * SECOND;
const PATIENCE_MS = 20 * SECOND;
const FIRST_WAIT_MS = SECOND;
const LONGEST_WAIT_MS = 15 * SECOND;
const REPORT_MS = 50;
const BY_STATUS: Readonly<Record<number, FailureKind>> = {
  400: "invalid",
  401: "signed-out",
  403: "forbidden",
  404: "missing",
  409: "conflict",
  413: "invalid",
  415: "invalid",
  422: "conflict",
  429: "busy",
  502: "refused",
};

export class Api {
  /** `base` has no slash at its end. */
  constructor(
    readonly base: string,
    private readonly token: TokenSource,
  ) {}

  get = <T>(path: string, options?: CallOptions): Promise<T> => this.call("GET", path, options);
  post = <T>(path: string, body?: unknown, options?: CallOptions): Promise<T> => this.call("POST", path, { ...options, body });
  patch = <T>(path: string, body: unknown, options?: CallOptions): Promise<T> => this.call("PATCH", path, { ...options, body });
  delete = <T>(path: string, options?: CallOptions): Promise<T> => this.call("DELETE", path, options);

  /** The parsed answer; undefined for 204. Rejects with a Failure, or with the signal's AbortError. */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const repeatable = method !== "POST" || Boolean(options.idempotencyKey);
    const end = Date.now() + (options.patience ?? PATIENCE_MS);
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return (await this.attempt(method, path, options, false)) as T;
      } catch (error) {
        if (!(error instanceof Failure) || !error.temporary || error.kind === "offline") throw error;
        // A 429 did nothing, so even a POST may be repeated.
        if (!repeatable && error.status !== 429) throw error;
        const rest = Math.max(wait, error.retryAfter * SECOND);
        if (Date.now() + rest > end) throw error;
        await pause(rest * (0.75 + Math.random() / 2), options.signal);
        options.signal?.throwIfAborted();
      }
    }
  }

  private async attempt(method: string, path: string, options: CallOptions, renewed: boolean): Promise<unknown> {
    const jwt = options.anonymous ? "" : await this.token(renewed);
    options.signal?.throwIfAborted();
    const headers = new Headers();
    if (jwt) headers.set("Authorization", `Bearer ${jwt}`);
    if (options.body !== undefined) headers.set("Content-Type", "application/json");
    if (options.idempotencyKey) headers.set("Idempotency-Key", options.idempotencyKey);
    const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit" };
    if (options.body !== undefined) init.body = JSON.stringify(options.body);
    if (options.keepalive) init.keepalive = true;
    const response = await ask(this.base + path, init, options.signal);
    if (response.ok) return response.status === 204 ? undefined : parsed(response, options.signal);
    if (response.status === 401 && jwt && !renewed) return this.attempt(method, path, options, true);
    throw await failed(response);
  }
}

/** `fetch` with an end, and with a Failure in the place of its TypeError. */
export async function ask(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const watch = watchPolicy(url);
  const limit = AbortSignal.timeout(ATTEMPT_MS);
  try {
    return await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    signal?.throwIfAborted();
    // Browsers report the violation in a task of its own, which may come after the refusal.
    if (!limit.aborted) await pause(REPORT_MS);
    throw new Failure(watch.blocked ? "blocked" : navigator.onLine ? "unreachable" : "offline", { detail: `${url}: ${String(error)}` });
  } finally {
    watch.end();
  }
}

/** Notices when the page's Content-Security-Policy refuses requests to the origin of `url`. */
function watchPolicy(url: string): { readonly blocked: boolean; end: () => void } {
  const { origin } = new URL(url, document.baseURI);
  const state = { blocked: false, end: () => document.removeEventListener("securitypolicyviolation", note) };
  function note({ blockedURI, disposition }: SecurityPolicyViolationEvent): void {
    if (disposition === "enforce" && blockedURI.startsWith(origin)) state.blocked = true;
  }
  document.addEventListener("securitypolicyviolation", note);
  return state;
}

async function parsed(response: Response, signal?: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure("unreachable", { status: response.status, detail: `the answer is cut or not JSON: ${String(error)}` });
  }
}

async function failed(response: Response): Promise<Failure> {
  const body = (await response.json().catch(() => null)) as { error?: { type?: string; messages?: unknown } } | null;
  const type = body?.error?.type ?? "";
  // What stands between the page and the API answers as it likes.
  const messages = [body?.error?.messages].flat().filter((message): message is string => typeof message === "string");
  const { status } = response;
  const kind = type === "quota_exceeded" ? "quota" : (BY_STATUS[status] ?? (status >= 500 ? "busy" : "failed"));
  return new Failure(kind, { status, type, messages, retryAfter: Number(response.headers.get("Retry-After")) || 0 });
}
