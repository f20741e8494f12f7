/** Tells the other tabs of the same site and visitor what has changed, and hears it from them. */
import type { Asset } from "./types.js";

export type News = { type: "asset"; detail: Asset } | { type: "gone"; detail: string };

export class Tabs {
  #channel: BroadcastChannel | undefined;

  constructor(
    private readonly base: string,
    private readonly heard: (news: News) => void,
  ) {}

  /** Whose news these are; "" for nobody, who has none. */
  open(owner: string): void {
    this.#channel?.close();
    this.#channel = undefined;
    if (!owner || typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(`video ${this.base} ${owner}`);
    this.#channel.addEventListener("message", ({ data }: MessageEvent<News>) => this.heard(data));
  }

  tell(news: News): void {
    this.#channel?.postMessage(news);
  }
}
