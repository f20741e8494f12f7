/** Signs visitors in and out with any OpenID Connect issuer: authorization code with PKCE, no secret, no library. */
import config from "../config.js";
import { ApiError } from "./api.js";
import { forget, keep, session } from "./session.js";

const ATTEMPT = "sign-in";
// How an issuer refuses a grant. Any other failure says nothing about the session.
const REFUSALS = [400, 401];
const NOT_SIGNED_IN = "You were not signed in. Try again.";
let discovered;

const home = () => new URL("./", document.baseURI).href;

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
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT));
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, "", home() + (attempt?.hash ?? ""));
  if (query.get("state") !== attempt?.state) throw new Error("This sign-in was not begun here. Sign in again.");
  if (query.has("error")) throw new Error(NOT_SIGNED_IN);
  const grant = { grant_type: "authorization_code", code: query.get("code"), code_verifier: attempt.verifier };
  if (!(await exchange({ ...grant, redirect_uri: home() }, attempt.nonce))) throw new Error(NOT_SIGNED_IN);
}

/** Forget the tokens here, and end the session at the issuer if it says how. */
export async function signOut() {
  forget();
  const { end_session_endpoint: endpoint } = await discovery().catch(() => ({}));
  // Cognito has a name of its own for where to go afterwards.
  const query = { client_id: config.clientId, post_logout_redirect_uri: home(), logout_uri: home() };
  location.assign(endpoint ? `${endpoint}?${new URLSearchParams(query)}` : home());
}

/** New tokens for the refresh token; false when the issuer gives none any more. */
export async function renew() {
  const { refresh } = session();
  return Boolean(refresh) && exchange({ grant_type: "refresh_token", refresh_token: refresh });
}

/** Keep the tokens that a grant brings; false when the issuer refuses it. */
async function exchange(grant, nonce) {
  const { token_endpoint: endpoint } = await discovery();
  const body = new URLSearchParams({ client_id: config.clientId, ...grant });
  const response = await asked(endpoint, { method: "POST", body });
  if (REFUSALS.includes(response?.status)) return false;
  const answer = await read(response);
  if (!answer[config.token]) return false;
  const claims = claimsOf(answer.id_token) ?? session()?.claims;
  if (nonce && claims?.nonce !== nonce) throw new Error("This sign-in is somebody else's. Sign in again.");
  keep({
    claims,
    token: answer[config.token],
    refresh: answer.refresh_token ?? session()?.refresh,
    expires: Date.now() / 1000 + (answer.expires_in ?? 300),
  });
  return true;
}

async function discovery() {
  discovered ??= await read(await asked(`${config.issuer}/.well-known/openid-configuration`));
  return discovered;
}

const asked = (url, options) => fetch(url, options).catch(() => null);

async function read(response) {
  if (response?.ok) return response.json();
  throw new ApiError("The sign-in service cannot be reached. Try again in a moment.", { type: "offline", temporary: true });
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function claimsOf(jwt) {
  if (!jwt) return undefined;
  const bytes = Uint8Array.from(atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
