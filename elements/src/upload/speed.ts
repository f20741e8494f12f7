/** How fast bytes go, over the last seconds. */
const WINDOW_MS = 12_000;

export class Speed {
  #marks: { at: number; sent: number }[] = [];
  #sent = 0;

  add(sent: number, at = performance.now()): void {
    this.#sent += Math.max(0, sent);
    this.#marks.push({ at, sent: this.#sent });
    while (this.#marks.length > 2 && at - (this.#marks[0]?.at ?? at) > WINDOW_MS) this.#marks.shift();
  }

  /** Bytes a second; 0 while it is not known. */
  at(now = performance.now()): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || now - last.at > WINDOW_MS || now - first.at < 1500) return 0;
    return ((last.sent - first.sent) * 1000) / (now - first.at);
  }

  clear(): void {
    this.#marks = [];
  }
}
