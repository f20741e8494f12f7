/** Who is signed in in this tab. Tokens live in sessionStorage: they end with the tab, and never stand in a URL. */
import { part } from "./part.js";

const SESSION = "session";
const EARLY = 60;
let renewing;

// A tab that was duplicated has the same refresh token, which is good for one use: whoever renews it tells the others,
// and tells it again when one asks that was just being loaded.
export const others = new BroadcastChannel(SESSION);
others.onmessage = ({ data: { asked, used, tokens } }) => {
  if (asked && session()?.before === asked) others.postMessage({ used: asked, tokens: session() });
  if (used && session()?.refresh === used) keep(tokens);
};

/** `claims` of the ID token, `token` for the API, `refresh` token, `expires` in Unix seconds; or null. */
export const session = () => JSON.parse(sessionStorage.getItem(SESSION));
export const keep = (tokens) => sessionStorage.setItem(SESSION, JSON.stringify(tokens));
export const forget = () => sessionStorage.removeItem(SESSION);

/** The visitor as the ID token names them, or null. */
export function visitor() {
  const claims = session()?.claims;
  return claims ? { id: claims.sub, name: claims.name || claims.email || claims.sub } : null;
}

/** A token for the API, renewed in time or at once; "" when the visitor has to sign in again. */
export async function token(renew = false) {
  const known = session();
  if (!known) return "";
  if (!renew && known.expires - EARLY > Date.now() / 1000) return known.token;
  renewing ??= part(import("./renewal.js"))
    .then(({ renewed }) => renewed())
    .finally(() => (renewing = undefined));
  return renewing;
}
