/**
 * Signs visitors in with any OpenID Connect issuer: authorization code with PKCE, no secret, no library.
 * Tokens live in sessionStorage: they end with the tab, and never stand in a URL.
 */
import config from "../config.js";

const SESSION = "session";
const ATTEMPT = "sign-in";
const EARLY = 60;

let discovered;
let renewing;

export const home = () => new URL("./", document.baseURI).href;

/** The visitor as the ID token names them, or null. */
export function visitor() {
  const claims = stored(SESSION)?.claims;
  return claims ? { id: claims.sub, name: claims.name || claims.email || claims.sub } : null;
}

/** Leave for the issuer's page; `location.hash` is there again afterwards. */
export async function signIn() {
  const attempt = { state: random(), nonce: random(), verifier: random(), hash: location.hash };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(attempt.verifier));
  const { authorization_endpoint: endpoint } = await discovery();
  const query = {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: home(),
    scope: config.scope,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
  location.assign(`${endpoint}?${new URLSearchParams(query)}`);
}

/** Back from the issuer: exchange the code in the address for tokens. Throws an Error to be shown. */
export async function completeSignIn() {
  const query = new URLSearchParams(location.search);
  if (!query.has("state")) return;
  const attempt = stored(ATTEMPT);
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, "", home() + (attempt?.hash ?? ""));
  if (query.get("state") !== attempt?.state) throw new Error("This sign-in was not begun here. Sign in again.");
  if (query.has("error")) throw new Error("You were not signed in. Try again.");
  const grant = { grant_type: "authorization_code", code: query.get("code"), code_verifier: attempt.verifier };
  await exchange({ ...grant, redirect_uri: home() }, attempt.nonce);
}

/** Forget the tokens here, and end the session at the issuer if it says how. */
export async function signOut() {
  sessionStorage.removeItem(SESSION);
  const { end_session_endpoint: endpoint } = await discovery().catch(() => ({}));
  // Cognito has a name of its own for where to go afterwards.
  const query = { client_id: config.clientId, post_logout_redirect_uri: home(), logout_uri: home() };
  location.assign(endpoint ? `${endpoint}?${new URLSearchParams(query)}` : home());
}

/** A token for the API, renewed in time or at once; "" when the visitor has to sign in again. */
export async function token(renew = false) {
  const session = stored(SESSION);
  if (!session) return "";
  if (!renew && session.expires - EARLY > Date.now() / 1000) return session.token;
  renewing ??= renewed(session).finally(() => (renewing = undefined));
  return renewing;
}

async function renewed({ refresh }) {
  try {
    if (!refresh) throw new Error("no refresh token");
    await exchange({ grant_type: "refresh_token", refresh_token: refresh });
  } catch (error) {
    // A network that fails says nothing about the session.
    if (error instanceof TypeError) throw error;
    sessionStorage.removeItem(SESSION);
    dispatchEvent(new Event("session-ended"));
  }
  return stored(SESSION)?.token ?? "";
}

async function exchange(grant, nonce) {
  const { token_endpoint: endpoint } = await discovery();
  const body = new URLSearchParams({ client_id: config.clientId, ...grant });
  const response = await fetch(endpoint, { method: "POST", body });
  const answer = await response.json();
  if (!response.ok || !answer[config.token]) throw new Error("You were not signed in. Try again.");
  const claims = claimsOf(answer.id_token) ?? stored(SESSION)?.claims;
  if (nonce && claims?.nonce !== nonce) throw new Error("This sign-in is somebody else's. Sign in again.");
  const session = {
    claims,
    token: answer[config.token],
    refresh: answer.refresh_token ?? stored(SESSION)?.refresh,
    expires: Date.now() / 1000 + (answer.expires_in ?? 300),
  };
  sessionStorage.setItem(SESSION, JSON.stringify(session));
}

function discovery() {
  discovered ??= fetch(`${config.issuer}/.well-known/openid-configuration`)
    .then((response) => response.json())
    .catch(() => {
      discovered = undefined;
      throw new Error("The sign-in service cannot be reached. Try again in a moment.");
    });
  return discovered;
}

const stored = (name) => JSON.parse(sessionStorage.getItem(name));
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function claimsOf(jwt) {
  if (!jwt) return undefined;
  const bytes = Uint8Array.from(atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
