/** Signs visitors in with any OpenID Connect issuer: authorization code with PKCE, no secret, no library. */
import config from "../config.js";
import { discovery, exchange, home, otherIssuer } from "./issuer.js";

const ATTEMPT = "sign-in";
const NOT_SIGNED_IN = "You were not signed in. Try again.";

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
  const { authorization_response_iss_parameter_supported: named } = await discovery();
  if ((named || query.has("iss")) && query.get("iss") !== config.issuer) throw otherIssuer(query.get("iss"));
  if (query.has("error")) throw new Error(NOT_SIGNED_IN);
  const grant = { grant_type: "authorization_code", code: query.get("code"), code_verifier: attempt.verifier };
  if (!(await exchange({ ...grant, redirect_uri: home() }, attempt.nonce))) throw new Error(NOT_SIGNED_IN);
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
