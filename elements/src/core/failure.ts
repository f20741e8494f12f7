/** What went wrong, in terms of what a visitor can do about it. Elements say the sentence for a kind in their language. */

export type FailureKind =
  /** The device has no network. */
  | "offline"
  /** No answer, although the device seems to have a network. */
  | "unreachable"
  /** The page's Content-Security-Policy forbids this address: whoever runs the site has to allow it. */
  | "blocked"
  /** The service or Mux is busy; the same request may work later. */
  | "busy"
  /** Nobody is signed in any more. */
  | "signed-out"
  /** This visitor or this page may not do it. */
  | "forbidden"
  /** There is no such thing, or it is somebody else's. */
  | "missing"
  /** The state of the thing does not allow it now. */
  | "conflict"
  /** A limit of the owner or of the whole service is reached. */
  | "quota"
  /** The request was not understood; trying again does not help. */
  | "invalid"
  /** Mux refused it for a reason that only whoever runs the site can end. */
  | "refused"
  /** The configuration of the page is wrong; `detail` names what. */
  | "misconfigured"
  /** Anything else. */
  | "failed";

const TEMPORARY: readonly FailureKind[] = ["offline", "unreachable", "busy"];

export interface FailureFacts {
  /** HTTP status, 0 without an answer. */
  status?: number;
  /** `error.type` of the API. */
  type?: string;
  /** `error.messages` of the API, for the console; visitors do not see them. */
  messages?: readonly string[];
  /** Seconds after which the service wants to be asked again. */
  retryAfter?: number;
  /** For developers, in the console. */
  detail?: string;
}

export class Failure extends Error {
  override readonly name = "Failure";
  readonly status: number;
  readonly type: string;
  readonly messages: readonly string[];
  readonly retryAfter: number;
  readonly detail: string;

  constructor(
    readonly kind: FailureKind,
    facts: FailureFacts = {},
  ) {
    super([kind, facts.status, ...(facts.messages ?? []), facts.detail].filter(Boolean).join(" · "));
    this.status = facts.status ?? 0;
    this.type = facts.type ?? "";
    this.messages = facts.messages ?? [];
    this.retryAfter = facts.retryAfter ?? 0;
    this.detail = facts.detail ?? "";
  }

  /** Whether the same request may work later without anybody changing anything. */
  get temporary(): boolean {
    return TEMPORARY.includes(this.kind);
  }
}

/** Any thrown value as a Failure. Aborts are the caller's to tell apart, with `isAbort`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure("failed", { detail: String(error) });
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
