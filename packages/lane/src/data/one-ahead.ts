/**
 * A source of batches whose next one can be asked for while the last is being computed: on a device that works on its own, rows are
 * read, tokenized and put together in that time. Never more than one ahead, so that memory stays flat.
 */
export class OneAhead<T> implements AsyncIterable<T> {
  readonly #source: AsyncIterator<T>;
  #asked: Promise<IteratorResult<T>> | undefined;

  constructor(source: AsyncIterable<T>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Asks for the next one, unless that was done. What goes wrong with it is thrown when its turn comes. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = this.#source.next();
    this.#asked.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        this.ask();
        const { done, value } = await this.#asked!;
        this.#asked = undefined;
        if (done) return;
        yield value;
      }
    } finally {
      await this.#source.return?.();
    }
  }
}
