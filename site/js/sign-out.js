/** Signs visitors out, here and at the issuer. */
import config from "../config.js";
import { pause } from "./api.js";
import { asked, discovery, home } from "./issuer.js";
import { forget, session } from "./session.js";

// Nobody waits longer for the issuer in order to sign out.
const FAREWELL_SECONDS = 2;

/** Forget the tokens here, revoke them, and end the session at the issuer if it says how. */
export async function signOut() {
  const token = session()?.refresh;
  forget();
  const known = await Promise.race([discovery().catch(() => ({})), pause(FAREWELL_SECONDS)]);
  if (token && known?.revocation_endpoint) {
    const body = new URLSearchParams({ client_id: config.clientId, token, token_type_hint: "refresh_token" });
    // Kept alive, it arrives even when the page is left before the answer.
    const revoked = asked(known.revocation_endpoint, { method: "POST", body, keepalive: true });
    await Promise.race([revoked, pause(FAREWELL_SECONDS)]);
  }
  // Cognito has a name of its own for where to go afterwards.
  const query = { client_id: config.clientId, post_logout_redirect_uri: home(), logout_uri: home() };
  const endpoint = known?.end_session_endpoint;
  location.assign(endpoint ? `${endpoint}?${new URLSearchParams(query)}` : home());
}
