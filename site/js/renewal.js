/** Renews the session with its refresh token, of several tabs one after the other. */
import { exchange } from "./issuer.js";
import { forget, keep, others, session } from "./session.js";

// A tab that is just being loaded, on a busy machine, takes its time.
const MOMENT = 5000;

/** A new token for the API; "" when the visitor has to sign in again. */
export async function renewed() {
  const { refresh: used } = session() ?? {};
  const good = await alone(async () => {
    if (!session() || session().refresh !== used) return true;
    if (!(await renew())) return false;
    keep({ ...session(), before: used });
    others.postMessage({ used, tokens: session() });
    return true;
  });
  if (!good && used) await answered(used);
  if (!good && session()?.refresh === used) {
    forget();
    dispatchEvent(new Event("session-ended"));
  }
  return session()?.token ?? "";
}

/** Another tab may have used this refresh token: a moment in which it can say so. */
async function answered(used) {
  others.postMessage({ asked: used });
  for (const end = Date.now() + MOMENT; Date.now() < end && session()?.refresh === used; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One tab after the other, where the browser can do that. */
const alone = (work) => (navigator.locks ? navigator.locks.request("renewal", work) : work());

/** New tokens for the refresh token; false when the issuer gives none any more. */
async function renew() {
  const { refresh } = session();
  return Boolean(refresh) && exchange({ grant_type: "refresh_token", refresh_token: refresh });
}
