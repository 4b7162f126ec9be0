/**
 * What decorates a result - the text of a label, a picture, a replay, a section of a report - is made where it can be.
 * Where it throws, the result stands without it, and one line says what is missing and why.
 */
import { errorLine } from './user-error.ts';

/** Makes decorations, and keeps a line for each that could not be made. */
export class Decorations {
  readonly #leftOut = new Set<string>();

  /** What could not be made, a line each: `the spread: left out, ...`. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut];
  }

  /** @returns What `make` returns; undefined where it throws. */
  make<Made>(what: string, make: () => Made): Made | undefined {
    try {
      return make();
    } catch (error) {
      return this.#miss(what, error);
    }
  }

  /** As `make`, of what takes its time. */
  async makeLater<Made>(what: string, make: () => Promise<Made>): Promise<Made | undefined> {
    try {
      return await make();
    } catch (error) {
      return this.#miss(what, error);
    }
  }

  #miss(what: string, error: unknown): undefined {
    this.#leftOut.add(`${what}: left out, ${errorLine(error)}`);
    return undefined;
  }
}

/** A clause of a sentence that stands without it; where it cannot be made, the clause says so. */
export function inWords(what: string, make: () => string): string {
  const decorations = new Decorations();
  return decorations.make(what, make) ?? decorations.leftOut.join('');
}
