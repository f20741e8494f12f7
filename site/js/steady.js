/**
 * Holds an UpChunk upload and lets it go on, by hand and by the network, but only between chunks: resumed or back online
 * while a chunk is on its way, UpChunk would send the next one beside it, under a wrong range.
 */

// UpChunk gives up at once when a connection breaks (status 0); for these it is to try the same chunk again.
const PASSING = [0, 408, 429, 500, 502, 503, 504];
const TRIES = 100;
const SECONDS_BETWEEN = 2;
const MOMENT = 50;

export function steady(upload) {
  let held = false;
  let resting = false;
  let over = false;

  const settle = () => {
    const wait = held || !navigator.onLine;
    if (wait && !upload.paused) upload.pause();
    if (!wait && upload.paused && resting && !over) upload.resume();
  };
  // After what it is about, UpChunk's own work is done: paused, it does nothing any more.
  const rest = (milliseconds = 0) =>
    setTimeout(() => {
      resting = upload.paused;
      settle();
    }, milliseconds + MOMENT);

  Object.assign(upload, { retryCodes: PASSING, attempts: TRIES, delayBeforeAttempt: SECONDS_BETWEEN });
  upload.on("attempt", () => (resting = false));
  upload.on("chunkSuccess", () => rest());
  upload.on("attemptFailure", () => rest(SECONDS_BETWEEN * 1000));
  upload.on("offline", settle);
  upload.on("online", () => setTimeout(settle, MOMENT));
  return {
    get held() {
      return held;
    },
    /** Pause, or go on. */
    hold(wanted) {
      held = wanted;
      settle();
    },
    /** The address is known: UpChunk begins, unless it is paused. */
    begun: () => rest(),
    /** Stop for good. */
    stop() {
      over = true;
      upload.abort();
    },
  };
}
