/** What a generated row looks like on standard output, and the one line on standard error of a row that met a NaN. */
import type { Continuation } from '@nanscope/lane';

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
