/**
 * Mistakes of a user: each is one clear line and exit code 2, found before anything is written. The command line runs in the
 * process of the test, up to the point where lanes would start; cli.test.ts spawns it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { UserError } from '@nanscope/errors';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { commands } from '../../apps/cli/src/commands/index.ts';
import { run } from '../../apps/cli/src/run.ts';
import { workspace } from './cli.ts';

/** A folder for a test file of mistakes, which checks after each test that nothing was written. */
export function refusals() {
  const { at, text } = workspace();
  const out = at('out');

  beforeEach(() => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true); // Progress: "checking inputs".
  });
  afterEach(() => {
    vi.restoreAllMocks();
    expect(existsSync(out), 'nothing was written').toBe(false);
  });

  /** The one line that `nanscope ARGS` ends with. */
  async function refusal(...args: string[]): Promise<string> {
    const outcome = await run(args, commands).then(
      (code) => new Error(`left ${code}`),
      (error: unknown) => error,
    );
    if (!(outcome instanceof UserError)) throw outcome;
    expect(outcome.exitCode).toBe(2);
    expect(outcome.message).not.toMatch(/\n|undefined|\[object/);
    return outcome.message;
  }

  const refused = (...args: string[]) => refusal('eval', '--out', out, ...args);

  function file(name: string, content: string | Uint8Array): string {
    writeFileSync(at(name), content);
    return at(name);
  }

  return { at, text, refusal, refused, file };
}
