/** What the issuer is asked: where things are, and for tokens. */
import config from "../config.js";
import { ApiError } from "./api.js";
import { keep, session } from "./session.js";

// How an issuer refuses a grant. Any other failure says nothing about the session.
const REFUSALS = [400, 401];
const PATIENCE = 15_000;
let discovered;

export const home = () => new URL("./", document.baseURI).href;

/** Keep the tokens that a grant brings; false when the issuer refuses it. */
export async function exchange(grant, nonce) {
  const { token_endpoint: endpoint } = await discovery();
  const body = new URLSearchParams({ client_id: config.clientId, ...grant });
  const response = await asked(endpoint, { method: "POST", body });
  // Signed out meanwhile, or renewed by another tab: what comes now is for nobody.
  if (grant.refresh_token && session()?.refresh !== grant.refresh_token) return Boolean(session());
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

export async function discovery() {
  const url = `${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  discovered ??= await read(await asked(url));
  if (discovered.issuer !== config.issuer) throw otherIssuer(discovered.issuer);
  return discovered;
}

export function otherIssuer(named) {
  const said = `The sign-in service calls itself ${named ?? "nothing at all"}, but this site trusts ${config.issuer} only.`;
  return new Error(`${said} Whoever runs the site has to mend this.`);
}

export const asked = (url, options) => fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...options }).catch(() => null);

async function read(response) {
  if (response?.ok) return response.json();
  throw new ApiError("The sign-in service cannot be reached. Try again in a moment.", { type: "offline", temporary: true });
}

function claimsOf(jwt) {
  if (!jwt) return undefined;
  const bytes = Uint8Array.from(atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
