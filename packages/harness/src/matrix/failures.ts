/** Cells of a matrix that failed so far, against how many may. */
import { type CellResult, isFailure } from '@nanscope/lane';

export class Failures {
  readonly #bail: number | undefined;
  #count = 0;

  /** @param bail failures after which a matrix ends; default: never */
  constructor(bail: number | undefined) {
    this.#bail = bail;
  }

  add(results: readonly CellResult[]): void {
    if (this.#bail !== undefined) this.#count += results.filter(isFailure).length;
  }

  get count(): number {
    return this.#count;
  }

  get enough(): boolean {
    return this.#bail !== undefined && this.#count >= this.#bail;
  }

  /** That may still come; undefined without a limit. */
  get left(): number | undefined {
    return this.#bail === undefined ? undefined : this.#bail - this.#count;
  }
}
