/** The table of recordings in docs/attention.md is what the manifests of golden/presets say. UPDATE_DOCS=1 writes it. */
import { policies, presetNames } from '@nanscope/attention';
import { it } from 'vitest';
import { notRun, type Recording, recordings } from '../conformance/preset-goldens.ts';
import { expectPart } from './pages.ts';

/** `left-padding, all-padding: other numbers`: problems with the same difference stand together. */
function differences({ manifest }: Recording): string {
  const problems = new Map<string, string[]>();
  for (const { what, problem } of manifest.differs)
    problems.set(what, [...(problems.get(what) ?? []), problem]);
  const said = [...problems].map(([what, where]) => `${where.join(', ')}: ${what}`);
  const guard = manifest.rowGuard ? [`its row guard is \`${manifest.rowGuard}\``] : [];
  return [...guard, ...said, ...manifest.notes].join('; ') || 'nowhere';
}

const versions = ({ manifest }: Recording) =>
  Object.entries(manifest.versions)
    .filter(([name]) => name !== 'numpy')
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

function table(): string {
  const rows = presetNames.flatMap((preset) => {
    const systems = recordings.filter(({ manifest }) => manifest.presets.includes(preset));
    if (systems.length === 0) {
      return [
        [`\`${preset}\``, `not recorded: ${notRun[preset]}`, '-', `read in ${policies[preset].source}`, '-'],
      ];
    }
    return systems.map((recording) => [
      `\`${preset}\``,
      recording.manifest.system,
      versions(recording),
      recording.manifest.compared,
      differences(recording),
    ]);
  });
  return [
    '| preset | system | versions | compared | where the system differs, and notes |',
    '|---|---|---|---|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

it('docs/attention.md has a row for every recording, and a reason for every preset without one', () => {
  expectPart('docs/attention.md', 'recordings', table());
});
