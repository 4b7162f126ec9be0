/** `--fail-on`: which findings make the exit code 1, given or by where the command runs. Pure. */

/** A loss that is not finite; two devices that differ; a position that sees its future. */
export const findingNames = ['nan', 'differ', 'leak'] as const;
export type Finding = (typeof findingNames)[number];

/** Reporters that a CI system reads. */
const forCI = new Set(['junit', 'github']);

const isTruthy = (value: string | undefined) => value !== undefined && !/^(|0|false|no|off)$/i.test(value);

/**
 * @param ci the variable `CI` of the environment
 * @returns the findings that fail; undefined on a terminal, where the harness decides by what was asked for
 */
export function failOnOf(
  { failOn, reporter = [] }: { readonly failOn?: readonly Finding[]; readonly reporter?: readonly string[] },
  ci: string | undefined,
): readonly Finding[] | undefined {
  if (failOn) return failOn;
  const inCI = isTruthy(ci) || reporter.some((text) => forCI.has(text.split('=', 1)[0]!));
  return inCI ? findingNames : undefined;
}
