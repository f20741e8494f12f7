/** What a page says about its issuer, checked and made uniform. */
import { address } from "../core/address.js";
import { Failure } from "../core/failure.js";

export type TokenUse = "id_token" | "access_token";

export interface GivenSettings {
  issuer?: string | undefined;
  clientId?: string | undefined;
  scope?: string | undefined;
  tokenUse?: string | undefined;
  audience?: string | undefined;
  redirectUri?: string | undefined;
  postLogoutRedirectUri?: string | undefined;
}

export interface SessionSettings {
  /** Without a slash at its end. */
  issuer: string;
  clientId: string;
  scope: string;
  tokenUse: TokenUse;
  audience: string;
  redirectUri: string;
  postLogoutRedirectUri: string;
}

export const DEFAULT_SCOPE = "openid profile email";

const LOOPBACK = /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;

export const isLoopback = (url: string): boolean => LOOPBACK.test(url);

/** Throws a Failure `misconfigured` that names the setting. `page` is the address of the page. */
export function checked(given: GivenSettings, page: string): SessionSettings {
  const issuer = address(given.issuer, "issuer");
  if (issuer.startsWith("http:") && !isLoopback(issuer)) throw wrong("issuer", issuer, "must begin with https://");
  const clientId = (given.clientId ?? "").trim();
  if (!clientId || /EXAMPLE/.test(clientId)) throw wrong("clientId", clientId, "is not filled in");
  const scope = (given.scope ?? "").trim().replace(/\s+/g, " ") || DEFAULT_SCOPE;
  if (!scope.split(" ").includes("openid")) throw wrong("scope", scope, 'must contain "openid"');
  const tokenUse = (given.tokenUse ?? "").trim() || "id_token";
  if (tokenUse !== "id_token" && tokenUse !== "access_token") {
    throw wrong("tokenUse", tokenUse, 'must be "id_token" or "access_token"');
  }
  const redirectUri = pageOf(given.redirectUri, "redirectUri", page);
  return {
    issuer,
    clientId,
    scope,
    tokenUse,
    audience: (given.audience ?? "").trim(),
    redirectUri,
    postLogoutRedirectUri: given.postLogoutRedirectUri?.trim()
      ? pageOf(given.postLogoutRedirectUri, "postLogoutRedirectUri", page)
      : redirectUri,
  };
}

/** An address of this site, letter for letter as the issuer knows it; without one, the folder of the page. */
function pageOf(value: string | undefined, setting: string, page: string): string {
  const text = (value ?? "").trim();
  let url: URL;
  try {
    url = new URL(text || "./", page);
  } catch {
    throw wrong(setting, text, "is not an address");
  }
  // What was begun is kept for one origin: an answer to another one is lost.
  if (url.origin !== new URL(page).origin) throw wrong(setting, text, `must be a page of ${new URL(page).origin}`);
  url.hash = "";
  if (!text) url.search = "";
  return url.href;
}

function wrong(setting: string, text: string, what: string): Failure {
  return new Failure("misconfigured", { detail: `${setting} ${JSON.stringify(text)} ${what}` });
}
