/** The state of one video, shared by all elements that show it, and the only place that changes it. */
import { Failure, failureOf, isAbort } from "./failure.js";
import type { Service } from "./service.js";
import { online, pause, SECOND, shown } from "./time.js";
import type { Asset } from "./types.js";
import { isUnfinished } from "./unfinished.js";

export interface AssetState {
  /** `missing`: there is no such video, or it is somebody else's. `gone`: it has just been deleted. */
  readonly status: "first" | "ready" | "missing" | "gone" | "failed";
  readonly busy: boolean;
  readonly asset: Asset | undefined;
  readonly failure: Failure | undefined;
}

const FOLLOW_FIRST_MS = SECOND;
const FOLLOW_LONGEST_MS = 30 * SECOND;

export class OneAsset extends EventTarget {
  #state: AssetState = { status: "first", busy: false, asset: undefined, failure: undefined };
  #watchers = 0;
  #life = new AbortController();
  #reading = new AbortController();
  #changes = 0;
  #overlapped = false;

  constructor(
    private readonly service: Service,
    readonly id: string,
  ) {
    super();
  }

  get state(): AssetState {
    return this.#state;
  }

  /** Listens to changes until the signal aborts; the first to listen has the asset read. */
  watch(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.addEventListener("change", listener, { signal });
    signal.addEventListener("abort", () => this.#leave());
    this.#watchers += 1;
    if (this.#watchers === 1) this.#enter();
  }

  /**
   * Runs a change of this asset; `after` says what the asset is then. Answers of changes that overlap may each lack the
   * other, and a change that failed may have been made all the same: then it is read. Rejects as `work` does.
   */
  async change<T>(work: () => Promise<T>, after: (answer: T) => Asset | undefined): Promise<T> {
    this.#changes += 1;
    this.#overlapped ||= this.#changes > 1;
    try {
      const answer = await work();
      const asset = after(answer);
      if (this.#overlapped || !asset) await this.read();
      else this.service.tell("asset", asset);
      return answer;
    } catch (error) {
      await this.read();
      throw error;
    } finally {
      this.#changes -= 1;
      this.#overlapped &&= this.#changes > 0;
    }
  }

  /** Reads it anew. The answer to an older question is dropped. What has been deleted stays so. */
  async read(): Promise<void> {
    if (this.#state.status === "gone") return;
    this.#reading.abort();
    const reading = (this.#reading = new AbortController());
    this.#set({ busy: true, failure: undefined });
    try {
      const { data } = await this.service.api.get<{ data: Asset }>(`/assets/${encodeURIComponent(this.id)}`, { signal: reading.signal });
      if (reading === this.#reading) this.service.tell("asset", data);
    } catch (error) {
      if (reading !== this.#reading || isAbort(error)) return;
      const failure = failureOf(error);
      if (failure.kind === "missing") this.#vanish();
      else this.#set({ status: this.#state.asset ? "ready" : "failed", busy: false, failure });
      if (failure.kind === "offline") void online(reading.signal).then(() => (reading.signal.aborted ? undefined : this.read()));
    }
  }

  #enter(): void {
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.service.on("asset", (asset) => asset.id === this.id && this.#arrived(asset), signal);
    this.service.on("gone", (id) => id === this.id && this.#left(), signal);
    this.service.on("resumed", () => this.#state.failure?.kind === "signed-out" && void this.read(), signal);
    void this.read();
    void this.#follow(signal);
  }

  #leave(): void {
    this.#watchers -= 1;
    if (this.#watchers > 0) return;
    this.#life.abort();
    this.#reading.abort();
  }

  #arrived(asset: Asset): void {
    if (this.#state.status === "gone") return;
    // What is under way was asked before this was known.
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#set({ status: "ready", busy: false, asset, failure: undefined });
  }

  #vanish(): void {
    const known = Boolean(this.#state.asset);
    this.service.tell("gone", this.id);
    if (!known) this.#set({ status: "missing", busy: false, failure: undefined });
  }

  #left(): void {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#set({ status: "gone", busy: false, failure: undefined });
  }

  /** Asks while the asset is unfinished, ever less often, and not at all while nobody looks. */
  async #follow(signal: AbortSignal): Promise<void> {
    for (let wait = FOLLOW_FIRST_MS; !signal.aborted; wait = Math.min(wait * 1.4, FOLLOW_LONGEST_MS)) {
      await pause(wait, signal);
      await this.#changedUntilUnfinished(signal);
      await shown(signal);
      await online(signal);
      if (signal.aborted) return;
      const before = JSON.stringify(this.#state.asset);
      await this.read();
      if (JSON.stringify(this.#state.asset) !== before) wait = FOLLOW_FIRST_MS;
    }
  }

  #changedUntilUnfinished(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        const { asset, status, failure } = this.#state;
        // Without a session there is no answer.
        const asks = asset && status === "ready" && isUnfinished(asset) && failure?.kind !== "signed-out";
        if (!signal.aborted && !asks) return;
        this.removeEventListener("change", check);
        signal.removeEventListener("abort", check);
        resolve();
      };
      this.addEventListener("change", check);
      signal.addEventListener("abort", check);
      check();
    });
  }

  #set(change: Partial<AssetState>): void {
    this.#state = { ...this.#state, ...change };
    this.dispatchEvent(new Event("change"));
  }
}
