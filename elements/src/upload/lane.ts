/** Lets tasks begin one after another, with a time between two beginnings. */
import { pause } from "../core/time.js";

export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  /** By the clock that nobody sets. */
  #from = 0;

  constructor(private readonly gap: number) {}

  /** Runs `task` when those before it have ended and its time has come. An aborted wait runs nothing and rejects. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(async () => {
      signal?.throwIfAborted();
      await pause(this.#from - performance.now(), signal);
      signal?.throwIfAborted();
      this.#from = performance.now() + this.gap;
      return task();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Nothing begins within the next `milliseconds`. */
  hold(milliseconds: number): void {
    this.#from = Math.max(this.#from, performance.now() + milliseconds);
  }
}
