/** A few things at a time; the others wait for their turn, in the order in which they came. */
export class Turns {
  #free;
  #waiting = [];

  constructor(atOnce) {
    this.#free = atOnce;
  }

  get full() {
    return this.#free < 1;
  }

  /** Answers when it is the caller's turn: a function that ends the turn, which may be called again. */
  async take() {
    if (this.full) await new Promise((begin) => this.#waiting.push(begin));
    else this.#free -= 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
