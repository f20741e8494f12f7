/** The issuer's answer in the address of the page, and the address without it. */
import { Problem } from "./problem.js";

/** What issuers put into the address. Google adds the last four. */
const OURS = ["code", "state", "iss", "session_state", "error", "error_description", "error_uri", "scope", "authuser", "prompt", "hd"];

/** Errors of RFC 6749, OpenID Connect Core and JAR that say that the visitor, or nobody at all, ended it. */
const CANCELLED = ["access_denied", "login_required", "interaction_required", "account_selection_required", "consent_required"];
const BUSY = ["temporarily_unavailable", "server_error"];
const KNOWN = [
  ...CANCELLED,
  ...BUSY,
  "invalid_request",
  "unauthorized_client",
  "unsupported_response_type",
  "invalid_scope",
  "invalid_request_uri",
  "invalid_request_object",
  "request_not_supported",
  "request_uri_not_supported",
  "registration_not_supported",
];

/** The answer in the address `page`, if there is one at all; only addresses with the path of `redirectUri` get any. */
export function answerIn(page: string, redirectUri: string): URLSearchParams | null {
  const url = new URL(page);
  const { searchParams: query } = url;
  if (url.pathname !== new URL(redirectUri).pathname) return null;
  if (query.has("state") && (query.has("code") || query.has("error"))) return query;
  const error = query.get("error");
  // An error that the issuer could not connect with any question comes without `state`.
  return error !== null && (query.has("error_description") || query.has("iss") || KNOWN.includes(error)) ? query : null;
}

/** The address without the answer; what else is in it stays. */
export function withoutAnswer(page: string): string {
  const url = new URL(page);
  for (const name of OURS) url.searchParams.delete(name);
  return url.href;
}

/** What an answer with an error means; null without one. */
export function refusalIn(answer: URLSearchParams): Problem | null {
  const error = answer.get("error");
  if (error === null) return null;
  const detail = [error, answer.get("error_description")].filter(Boolean).join(": ");
  if (CANCELLED.includes(error)) return new Problem("cancelled", detail);
  return new Problem(BUSY.includes(error) ? "busy" : "refused", detail);
}
