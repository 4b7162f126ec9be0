/** A resolved configuration as one line, every setting with its value, as in a config file. */
import { configRecord } from '@nanscope/settings';

export function configWords(config: object): string {
  return Object.entries(configRecord(config))
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}
