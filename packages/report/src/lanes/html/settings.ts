/** Settings and machines on which the two sides differ. */
import type { ComparisonRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { type Section, section, table } from '../../html/parts.ts';

interface Compared {
  readonly command: string;
  readonly comparison?: Pick<ComparisonRecord, 'configuration' | 'environment'> | undefined;
}

export function settings({ comparison }: Compared): Section[] {
  if (!comparison) return [];
  const { configuration, environment } = comparison;
  const rows = (all: typeof configuration) =>
    all.map(({ name, target, reference }) => ({ cells: [name, target, reference] }));
  const head = ['name', 'target', 'reference'];
  if (configuration.length + environment.length === 0) return [];
  return [
    section(
      'differences',
      'Settings and machines that differ',
      configuration.length > 0 && table('Settings that must be equal and are not', head, rows(configuration)),
      environment.length > 0 &&
        table('Machines and versions: told, never a reason to fail', head, rows(environment)),
      configuration.length === 0 && html`<p>No setting differs that must be equal.</p>`,
    ),
  ];
}
