/** What the issuer is asked, with oauth4webapi. Loaded when it is needed: not to show who is signed in. */
import * as oauth from "oauth4webapi";
import { ask } from "../core/api.js";
import { claimsOf } from "../core/jwt.js";
import { SECOND } from "../core/time.js";
import type { Attempt } from "./keep.js";
import { described, Problem, problemOf } from "./problem.js";
import { isLoopback, type SessionSettings } from "./settings.js";
import type { TokenAnswer } from "./tokens.js";

/** Errors of a token endpoint that say nothing about the grant. */
const PASSING = ["temporarily_unavailable", "server_error", "slow_down"];

/** The issuer took a grant definitely not. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

const documents = new Map<string, Promise<oauth.AuthorizationServer>>();

/** What the issuer says about itself, asked once. */
export function discovered({ issuer }: SessionSettings): Promise<oauth.AuthorizationServer> {
  const known = documents.get(issuer);
  if (known) return known;
  const document = discover(issuer);
  documents.set(issuer, document);
  document.catch(() => documents.delete(issuer));
  return document;
}

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const response = await asked(() => oauth.discoveryRequest(new URL(issuer), requests(issuer)));
  if (!response.ok) throw unexpected(response, `${issuer}/.well-known/openid-configuration`);
  const said = await bodyOf(response.clone());
  const named = typeof said["issuer"] === "string" ? said["issuer"] : "";
  // Auth0 writes its own name with a slash at the end, and others without: what counts is its own spelling.
  if (named.replace(/\/+$/, "") !== issuer) throw otherIssuer(named, issuer);
  const document = await asked(() => oauth.processDiscoveryResponse(new URL(named), response));
  for (const name of ["authorization_endpoint", "token_endpoint"] as const) {
    const endpoint = document[name] ?? "";
    if (!endpoint.startsWith("https://") && !isLoopback(endpoint)) {
      throw new Problem("refused", `the issuer's ${name} is ${JSON.stringify(endpoint)}`);
    }
  }
  return document;
}

/** An attempt to sign in, and the address that it begins at. */
export async function begin(
  settings: SessionSettings,
  page: string,
  anew: boolean,
): Promise<{ attempt: Attempt; address: string }> {
  const server = await discovered(settings);
  const attempt: Attempt = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    redirectUri: settings.redirectUri,
    page,
    at: Date.now(),
  };
  const address = new URL(server.authorization_endpoint ?? "");
  const query = {
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: attempt.redirectUri,
    scope: settings.scope,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
    ...(settings.audience && { audience: settings.audience }),
    ...(anew && { prompt: "login" }),
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return { attempt, address: address.href };
}

/** The tokens for the issuer's answer to an attempt. Throws a Problem. */
export async function complete(settings: SessionSettings, attempt: Attempt, answer: URLSearchParams): Promise<TokenAnswer> {
  const server = await discovered(settings);
  let code: URLSearchParams;
  try {
    code = oauth.validateAuthResponse(server, { client_id: settings.clientId }, answer, attempt.state);
  } catch (error) {
    throw otherIssuer(answer.get("iss") ?? "", settings.issuer, described(error));
  }
  const response = await asked(() =>
    oauth.authorizationCodeGrantRequest(
      server,
      { client_id: settings.clientId },
      oauth.None(),
      code,
      attempt.redirectUri,
      attempt.verifier,
      requests(settings.issuer),
    ),
  );
  await checkAnswered(response, server.token_endpoint ?? "").catch((error: unknown) => {
    throw error instanceof Refusal ? new Problem("refused", error.message) : error;
  });
  const client = await clientFor(settings, response);
  return asked(() => oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: attempt.nonce, requireIdToken: true }));
}

/** New tokens for a refresh token. Throws a Refusal when it is not taken, and a Problem when nothing is known. */
export async function refresh(settings: SessionSettings, token: string): Promise<TokenAnswer> {
  const server = await discovered(settings);
  const response = await asked(() =>
    oauth.refreshTokenGrantRequest(server, { client_id: settings.clientId }, oauth.None(), token, requests(settings.issuer)),
  );
  await checkAnswered(response, server.token_endpoint ?? "");
  const client = await clientFor(settings, response);
  return asked(() => oauth.processRefreshTokenResponse(server, client, response));
}

/**
 * Revokes a refresh token. The answer is not read, so the issuer needs no CORS there, and the request outlives the page.
 */
export function revoke(endpoint: string, settings: SessionSettings, token: string): void {
  const body = new URLSearchParams({ client_id: settings.clientId, token, token_type_hint: "refresh_token" });
  void fetch(endpoint, { method: "POST", body, mode: "no-cors", credentials: "omit", keepalive: true }).catch(() => undefined);
}

/** Where the session at the issuer ends; undefined when the issuer has no such place. */
export function farewell(
  server: oauth.AuthorizationServer,
  settings: SessionSettings,
  idToken: string | undefined,
): string | undefined {
  if (!server.end_session_endpoint) return undefined;
  const address = new URL(server.end_session_endpoint);
  const query = {
    client_id: settings.clientId,
    post_logout_redirect_uri: settings.postLogoutRedirectUri,
    // Cognito's name for the same.
    logout_uri: settings.postLogoutRedirectUri,
    // Cognito does not use it, so it need not stand in an address there.
    ...(idToken && !/^https:\/\/cognito-idp\./.test(settings.issuer) && { id_token_hint: idToken }),
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

const requests = (issuer: string) => ({
  [oauth.allowInsecureRequests]: isLoopback(issuer),
  [oauth.customFetch]: (url: string, { method, headers, body, redirect }: oauth.CustomFetchOptions<string, URLSearchParams | undefined>) =>
    ask(url, { method, headers, redirect, credentials: "omit", cache: "no-store", ...(body && { body }) }),
});

/** The client, with a clock set by the token that has just been made: the visitor's own may be off. */
async function clientFor(settings: SessionSettings, response: Response): Promise<oauth.Client> {
  const { id_token: idToken } = await bodyOf(response.clone());
  const iat = typeof idToken === "string" ? claimsOf(idToken)?.["iat"] : undefined;
  const skew = typeof iat === "number" ? Math.round(iat - Date.now() / SECOND) : 0;
  return { client_id: settings.clientId, [oauth.clockSkew]: skew, [oauth.clockTolerance]: 30 };
}

async function checkAnswered(response: Response, endpoint: string): Promise<void> {
  if (response.ok) return;
  if (response.status >= 500 || response.status === 429) throw unexpected(response, endpoint);
  const { error, error_description: description } = await bodyOf(response).catch((): Record<string, unknown> => ({}));
  if (typeof error !== "string" || PASSING.includes(error)) throw unexpected(response, endpoint);
  throw new Refusal([error, description].filter(Boolean).join(": "));
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Problem("unreachable", `${response.url}: the answer is cut or not JSON`);
}

function unexpected({ status, type }: Response, url: string): Problem {
  return new Problem(status === 0 || status === 404 ? "refused" : "busy", `${url} answered ${status || type}`);
}

function otherIssuer(named: string, trusted: string, detail = ""): Problem {
  return new Problem("other-issuer", `the issuer calls itself ${JSON.stringify(named)}, but this page trusts ${trusted} only. ${detail}`.trim());
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error);
  }
}
