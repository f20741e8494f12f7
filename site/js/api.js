/** Calls the video API: JSON in and out, errors as sentences for people, and patience where trying again is safe. */

const ATTEMPTS = 4;
const LONGEST_WAIT = 10;
export const SESSION_ENDED = "Your session has ended. Sign in again.";
const SENTENCES = {
  401: SESSION_ENDED,
  403: "This page may not use the video service.",
  413: "That is too much at once.",
  429: "That was a little fast. Try again in a moment.",
};

/** What went wrong. `message` can be shown as it is; `temporary` means that the same call may work later. */
export class ApiError extends Error {
  constructor(message, { status = 0, type = "", temporary = false, wait = 0 } = {}) {
    super(message);
    Object.assign(this, { status, type, temporary, wait });
  }
}

/** A function (method, path, body) for the API at `base`; `token(renew)` answers a JWT, or "" to go without. */
export function connect(base, token = async () => "") {
  async function once(method, path, body, options, renew) {
    const headers = { ...options.headers };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let jwt;
    let response;
    try {
      jwt = await token(renew);
      if (jwt) headers.Authorization = `Bearer ${jwt}`;
      response = await fetch(base + path, { ...options, method, headers, body: body && JSON.stringify(body) });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const reason = navigator.onLine ? "The video service cannot be reached." : "You are offline.";
      throw new ApiError(`${reason} Check your connection.`, { type: "offline", temporary: true });
    }
    const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const { status } = response;
    if (status === 401 && !renew && jwt) return once(method, path, body, options, true);
    const temporary = status >= 500 || (status === 429 && answer.error?.type !== "quota_exceeded");
    const usual = temporary ? "The video service is busy. Try again in a moment." : "That did not work.";
    throw new ApiError(sentence(answer.error?.messages) || SENTENCES[status] || usual, {
      status,
      temporary,
      type: answer.error?.type,
      wait: Number(response.headers.get("Retry-After")),
    });
  }

  return async (method, path, body, options = {}) => {
    const repeatable = method !== "POST" || options.headers?.["Idempotency-Key"];
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(method, path, body, options);
      } catch (error) {
        if (!error.temporary || !repeatable || attempt === ATTEMPTS || error.type === "offline") throw error;
        await pause(Math.min(error.wait || attempt, LONGEST_WAIT));
      }
    }
  };
}

export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The API's messages as one text; `errors` of an asset and `error` of an upload have them too. */
export function sentence(messages = []) {
  const text = messages.filter((message) => typeof message === "string").join(" ");
  return text && text[0].toUpperCase() + text.slice(1);
}

/** Asks until `ask` answers true: soon at first, then ever less often, and not at all while nobody looks. */
export async function poll(ask, { signal, first = 1, longest = 20 } = {}) {
  for (let wait = first; !signal?.aborted; wait = Math.min(wait * 1.4, longest)) {
    if (document.hidden) {
      await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
      wait = first;
    }
    await pause(wait);
    try {
      if (signal?.aborted || (await ask())) return;
    } catch (error) {
      if (!error.temporary) throw error;
    }
  }
}
