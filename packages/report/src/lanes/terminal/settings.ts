/** Settings and machines on which the two sides differ: the former make the numbers incomparable, the latter are told. */
import type { ResultRecord } from '@nanscope/record';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, paragraph, span } from '../../text/line.ts';

export function settingsSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const { configuration = [], environment = [] } = result.comparison ?? {};
  const lines: Line[] = [];
  if (configuration.length > 0) {
    lines.push(heading('Settings that must be equal and are not', page, `reference ${glyphs.arrow} target`));
    for (const { name, reference, target } of configuration) {
      const text = `${name}: ${reference} ${glyphs.arrow} ${target}`;
      lines.push(...paragraph(text, 'bad', width, 3 + glyphs.fail.length, span(glyphs.fail, 'bad')));
    }
  }
  // An eval runs both lanes on this machine; its differences are the backends, told under Devices.
  if (environment.length > 0 && result.kind === 'compare') {
    if (lines.length > 0) lines.push([]);
    lines.push(heading('Machines and versions', page, `reference ${glyphs.arrow} target`));
    for (const { name, reference, target } of environment) {
      lines.push(...paragraph(`${name}: ${reference} ${glyphs.arrow} ${target}`, 'dim', width, 2));
    }
  }
  return lines;
}
