/** One thing done to many videos, a few at a time, with what became of each. */
import { failureOf, type Failure } from "../core/failure.js";
import type { Asset } from "../core/types.js";

export type Deed = "delete" | "publish" | "hide";

const AT_ONCE = 3;

export class Batch {
  done = 0;
  /** What would fail for all others as well, and so ended it. */
  stopped: Failure | undefined;
  readonly failures = new Map<string, Failure>();
  #succeeded = 0;

  constructor(
    readonly deed: Deed,
    readonly assets: readonly Asset[],
    private readonly changed: () => void,
  ) {}

  get running(): boolean {
    return !this.stopped && this.done < this.assets.length;
  }

  /** How many it is not done to: those that failed, and those that were not tried. */
  get undone(): number {
    return this.assets.length - this.#succeeded;
  }

  /** Begins with no further one. */
  stop(why: Failure): void {
    this.stopped = why;
  }

  /** Does it to all. Those that fail are in `failures`; those that were not tried, nowhere. */
  async run(act: (asset: Asset) => Promise<void>): Promise<void> {
    const waiting = [...this.assets];
    const work = async () => {
      for (let asset = waiting.shift(); asset && !this.stopped; asset = waiting.shift()) await this.#try(asset, act);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.changed();
  }

  async #try(asset: Asset, act: (asset: Asset) => Promise<void>): Promise<void> {
    try {
      await act(asset);
      this.#succeeded += 1;
    } catch (error) {
      const failure = failureOf(error);
      this.failures.set(asset.id, failure);
      if (failure.kind === "signed-out" || failure.kind === "offline" || failure.kind === "blocked") this.stop(failure);
    }
    this.done += 1;
    this.changed();
  }
}
