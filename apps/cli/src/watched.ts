/** A run of lanes as a terminal sees it: progress on standard error, Ctrl-C as a signal, both taken down at the end. */
import type { ExperimentHooks, RunHooks } from '@nanscope/harness';
import type { Continuation } from '@nanscope/lane';
import { CellProgress, EvalProgress } from './progress.ts';

/** Wrappers pass on a signal that the whole process group was sent anyway: an echo is no second wish. */
const ECHO_MILLISECONDS = 500;

interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node; not after one came, whose echo would kill what is about to leave by itself. */
  end(): void;
}

/** Ctrl-C and SIGTERM as an AbortSignal: the first stops the lanes and keeps what they have, a second leaves at once. */
export function interruption(): Interruption {
  const controller = new AbortController();
  let first = 0;
  const handler = () => {
    if (!controller.signal.aborted) first = performance.now();
    else if (performance.now() - first > ECHO_MILLISECONDS) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    end() {
      if (controller.signal.aborted) return;
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

/**
 * @param unit what is counted in the progress line: `batches`, `steps`, `cases`
 * @param work gets what to call on the way
 */
export async function watched<Result>(
  config: string,
  unit: ConstructorParameters<typeof EvalProgress>[2],
  work: (hooks: RunHooks) => Promise<Result>,
): Promise<Result> {
  const progress = new EvalProgress(process.stderr, process.env, unit);
  progress.stage(`config    ${config}`);
  const interrupted = interruption();
  const hooks: RunHooks = {
    onStage: (what) => progress.stage(what),
    onDecision: (decided) => progress.decision(decided),
    onLane: (role, message) => progress.lane(role, message),
    signal: interrupted.signal,
  };
  return work(hooks).finally(() => {
    progress.end();
    interrupted.end();
  });
}

/** The same of an experiment: many small runs on each device. @param unit what is counted in the progress line */
export async function watchedCells<Result>(
  unit: ConstructorParameters<typeof CellProgress>[2],
  work: (hooks: ExperimentHooks) => Promise<Result>,
): Promise<Result> {
  const progress = new CellProgress(process.stderr, process.env, unit);
  const interrupted = interruption();
  const hooks: ExperimentHooks = {
    onStage: (what) => progress.stage(what),
    onProgress: (device, observed, asked) => progress.cells(device, observed, asked),
    signal: interrupted.signal,
  };
  return work(hooks).finally(() => {
    progress.end();
    interrupted.end();
  });
}

// What a generated row looks like on standard output, and the one line on standard error of a row that met a NaN.

/** A terminal takes some control characters for orders; they are shown as U+FFFD instead. Line breaks and tabs stay. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (/[\n\t]/.test(character) ? character : '\uFFFD'));
}

/** The text of a row, on a terminal after its prompt; nothing where a row ended before its first token; with more than one row, below the beginning of its prompt. */
export function continuationText(
  { row, prompt, text, ended }: Continuation,
  { many, terminal }: { readonly many: boolean; readonly terminal: boolean },
): string {
  if (text === '' && ended === 'non-finite') return '';
  const shown = terminal ? harmless(text) : text;
  // On a terminal a person reads on from the prompt; a pipe gets what was generated, and nothing else.
  if (!many) return `${terminal ? harmless(prompt) : ''}${shown}\n`;
  const line = harmless(prompt).replace(/\s+/g, ' ');
  return `[${row}] ${line.length > 60 ? `${line.slice(0, 59)}…` : line}\n${shown}\n`;
}

/** One object on one line. */
export function continuationJson({ row, prompt, text, tokens, ended, logits }: Continuation): string {
  return `${JSON.stringify({ row, prompt, text, tokens, ended, ...(logits && { logits }) })}\n`;
}

/** @param command Shows where the non-finite value is born. */
export function nonFiniteLine({ row, tokens, logits }: Continuation, command: string): string {
  if (!logits) return '';
  const classes = [
    [logits.nan, 'NaN'],
    [logits.posInf, '+Inf'],
    [logits.negInf, '-Inf'],
  ] as const;
  const counts = classes.flatMap(([count, name]) => (count > 0 ? [`${count} ${name}`] : [])).join(', ');
  return `row ${row} stopped at step ${tokens.length}: ${counts} among its ${logits.size} logits, so there is no next token. See where it is born: ${command}`;
}
