/** Notes on the settings before anything runs: which policy `--like` chose, and a table that is read as text. Lines of progress. */
import { policyChoice } from '@nanscope/settings';

interface Inputs {
  readonly like?: string;
  readonly data?: string;
}

/** @param say a line of progress */
export function sayInputs({ like, data }: Inputs, say: (line: string) => void): void {
  if (like !== undefined) say(`policy    ${policyChoice(like).because}`);
  if (data !== undefined && /\.[ct]sv$/i.test(data))
    say(
      `warning: ${data} is read as plain text, each line with all its columns. Convert it to .jsonl, and name the column with --text-field.`,
    );
}
