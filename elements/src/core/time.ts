/** Waits that can be ended. All times are milliseconds. */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** Resolves after a time, or at once when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}

/** Resolves when the page is shown; nobody asks for anything while nobody looks. */
export function shown(signal?: AbortSignal): Promise<void> {
  return until(document, "visibilitychange", () => !document.hidden, signal);
}

/** Resolves when the browser says that there is a network. */
export function online(signal?: AbortSignal): Promise<void> {
  return until(window, "online", () => navigator.onLine, signal);
}

function until(target: EventTarget, event: string, holds: () => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (holds() || signal?.aborted) return resolve();
    const check = () => {
      if (!holds() && !signal?.aborted) return;
      target.removeEventListener(event, check);
      signal?.removeEventListener("abort", check);
      resolve();
    };
    target.addEventListener(event, check);
    signal?.addEventListener("abort", check);
  });
}
