/** The pictures of the videos in a list: one question for the addresses of all, and another one where an address has ended. */
import { failureOf } from "../core/failure.js";
import { mediaOf, publicId } from "../core/playback.js";
import type { Service } from "../core/service.js";
import { online, pause, SECOND } from "../core/time.js";
import type { Asset } from "../core/types.js";

const TRIES = 3;
const WAIT_MS = 4 * SECOND;

interface Picture {
  /** Which playback ID the address belongs to: it changes with who may watch. */
  key: string;
  /** "" where there is no picture. */
  url: string;
  refused: boolean;
}

export class Pictures {
  readonly #known = new Map<string, Picture>();
  /** Those that are to be found again, all with one question. */
  readonly #lost = new Map<string, Asset>();

  constructor(
    private readonly service: Service,
    private readonly changed: () => void,
    private readonly signal: AbortSignal,
  ) {}

  /** The address of a video's picture; "" while it has none. */
  of(asset: Asset): string {
    const known = this.#known.get(asset.id);
    return known?.key === keyOf(asset) ? known.url : "";
  }

  /** Finds the addresses that are not known yet. Without them the list is no worse, so a failure is only tried again. */
  async want(assets: readonly Asset[]): Promise<void> {
    const wanted = assets.filter((asset) => pictured(asset) && this.#known.get(asset.id)?.key !== keyOf(asset));
    if (wanted.length === 0) return;
    for (const asset of wanted) {
      const refused = this.#known.get(asset.id)?.refused ?? false;
      this.#known.set(asset.id, { key: keyOf(asset), url: "", refused });
    }
    const open = wanted.filter(publicId);
    if (open.length) this.#find(open);
    await this.#prepared(wanted.filter((asset) => !open.includes(asset)));
  }

  /** The picture at an address did not come. Once, the address may have ended or the network failed; twice, there is none. */
  refuse(asset: Asset): void {
    const known = this.#known.get(asset.id);
    if (!known?.url) return;
    this.#known.set(asset.id, { key: known.key, url: "", refused: true });
    this.changed();
    if (!known.refused) void this.#again(asset);
  }

  /** Somebody else is here. */
  forget(): void {
    this.#known.clear();
    this.#lost.clear();
  }

  async #again(asset: Asset): Promise<void> {
    this.#lost.set(asset.id, asset);
    if (this.#lost.size > 1) return;
    await pause(WAIT_MS, this.signal);
    await online(this.signal);
    if (this.signal.aborted) return;
    const lost = [...this.#lost.values()];
    this.#lost.clear();
    for (const { id } of lost) {
      this.service.playback.forget(id);
      this.#known.set(id, { key: "", url: "", refused: true });
    }
    await this.want(lost);
  }

  async #prepared(assets: readonly Asset[]): Promise<void> {
    for (let tries = 1; assets.length > 0; tries += 1) {
      try {
        await this.service.playback.preparePictures(assets);
        return this.#find(assets);
      } catch (error) {
        if (tries === TRIES || !failureOf(error).temporary || this.signal.aborted) return this.#lose(assets);
        await pause(WAIT_MS * tries, this.signal);
        await online(this.signal);
        if (this.signal.aborted) return;
      }
    }
  }

  #find(assets: readonly Asset[]): void {
    for (const asset of assets) {
      const known = this.#known.get(asset.id);
      if (known?.key === keyOf(asset)) known.url = this.service.playback.picture(asset) ?? "";
    }
    if (!this.signal.aborted) this.changed();
  }

  #lose(assets: readonly Asset[]): void {
    for (const { id } of assets) this.#known.delete(id);
  }
}

const keyOf = (asset: Asset): string => publicId(asset) ?? "signed";

const pictured = (asset: Asset): boolean =>
  asset.status === "ready" && mediaOf(asset) === "video" && Boolean(asset.playback_ids?.length);
