/** What a run was given, as one line: the settings that are not the defaults. All of them are in its run.json. */
import { configRecord, type Flag } from '@nanscope/settings';

function isDefault(flag: Flag | undefined, value: unknown): boolean {
  if (!flag) return false;
  const defaults = [flag.default, flag.kind === 'choice' ? flag.torchDefault : undefined];
  return defaults.some((one) => one !== undefined && JSON.stringify(one) === JSON.stringify(value));
}

export function configWords(config: object, flags: readonly Flag[]): string {
  const given = Object.entries(configRecord(config)).filter(
    ([name, value]) =>
      !isDefault(
        flags.find((flag) => flag.name === name),
        value,
      ),
  );
  return given.length === 0 ? 'the defaults' : given.map(([name, value]) => `${name}: ${value}`).join(', ');
}
