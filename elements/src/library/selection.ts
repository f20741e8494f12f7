/** Which of the videos on the page are chosen. */
export class Selection {
  readonly #ids = new Set<string>();
  #last = "";

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Chooses one or leaves it out; with `range` all between it and the one before, in the order of the page. */
  toggle(id: string, order: readonly string[], range: boolean): void {
    const chosen = !this.#ids.has(id);
    const from = order.indexOf(this.#last);
    const to = order.indexOf(id);
    const ids = range && from >= 0 && to >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    for (const one of ids) this.#put(one, chosen);
    this.#last = id;
  }

  all(order: readonly string[]): void {
    for (const id of order) this.#ids.add(id);
  }

  drop(id: string): void {
    this.#ids.delete(id);
  }

  clear(): void {
    this.#ids.clear();
    this.#last = "";
  }

  /** Leaves out what is not on the page any more. */
  keep(order: readonly string[]): void {
    const there = new Set(order);
    for (const id of this.#ids) if (!there.has(id)) this.#ids.delete(id);
  }

  #put(id: string, chosen: boolean): void {
    if (chosen) this.#ids.add(id);
    else this.#ids.delete(id);
  }
}
