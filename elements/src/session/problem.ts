/** Why nobody could be signed in, in terms of what a visitor can do about it. */
import { Failure } from "../core/failure.js";

export type ProblemKind =
  /** The visitor or the issuer ended it: nothing is broken. */
  | "cancelled"
  /** An answer to a question that this tab has not asked. */
  | "foreign"
  /** The page has no secure address, so the browser lends it no cryptography. */
  | "insecure"
  /** The browser keeps nothing for this page. */
  | "storage"
  /** Another issuer answered than the one that the page trusts. */
  | "other-issuer"
  /** The issuer does not accept what the page asks for, or does not give what it needs. */
  | "refused"
  /** No answer, or not in time. */
  | "unreachable"
  /** The issuer has a problem that may go away. */
  | "busy"
  /** The page's Content-Security-Policy forbids the issuer's address. */
  | "blocked"
  | "offline"
  /** The configuration of the page is wrong. */
  | "misconfigured";

const TEMPORARY: readonly ProblemKind[] = ["cancelled", "foreign", "unreachable", "busy", "offline"];

export class Problem extends Error {
  override readonly name = "Problem";

  /** `detail` is for developers, in the console. */
  constructor(
    readonly kind: ProblemKind,
    readonly detail = "",
  ) {
    super(`${kind}: ${detail}`);
  }

  /** Whether the visitor may try again with success although nobody changes anything. */
  get temporary(): boolean {
    return TEMPORARY.includes(this.kind);
  }
}

/** Any thrown value as a Problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Failure) return new Problem(fromFailure(error), error.detail || error.message);
  const timeout = error instanceof DOMException && (error.name === "TimeoutError" || error.name === "AbortError");
  return new Problem(timeout ? "unreachable" : "refused", described(error));
}

function fromFailure({ kind }: Failure): ProblemKind {
  return kind === "offline" || kind === "blocked" || kind === "busy" || kind === "misconfigured" ? kind : "unreachable";
}

/** An error with the reasons below it, on one line. */
export function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${described(error.cause)}` : error.message;
}
