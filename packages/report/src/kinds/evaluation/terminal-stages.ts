/** Stages in numbers: how many agree, and from which on they do not. */
import { fromJsonNumber, type ResultRecord, type StageComparison } from '@nanscope/record';
import { counted, stageWords } from '@nanscope/words';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, paragraph, span } from '../../text/line.ts';

const MOST = 4;

/** What a distance is held against. */
export const exactWords = (exact: 'target' | 'reference' | undefined): string =>
  exact ? `against the ${exact}'s model in float64` : 'against each other, without a float64';

/** The part of what rounding explains that the worst of these stages takes. */
function worstShare(stages: readonly StageComparison[]): number {
  const shares = stages.map(({ apart, target = apart, reference = apart, allowed }) => {
    const most = Math.max(fromJsonNumber(target), fromJsonNumber(reference));
    return most === 0 ? 0 : most / fromJsonNumber(allowed);
  });
  return Math.max(0, ...shares);
}

/** `10 stages agree; the worst takes 12 % of what rounding explains`. */
export function agreeingWords(stages: readonly StageComparison[], what: string): string {
  const agreeing = stages.filter(({ passed }) => passed);
  if (agreeing.length === 0) return '';
  const percent = Math.max(1, Math.ceil(worstShare(agreeing) * 100));
  return `${counted(agreeing.length, what)} ${agreeing.length === 1 ? 'agrees' : 'agree'}; the worst takes ${percent} % of what rounding explains`;
}

export const isGradient = ({ name }: StageComparison): boolean => name.startsWith('grad.');

export function stagesSection({ comparison }: ResultRecord, page: Page): Line[] {
  const { stages: all, exact } = comparison?.stages ?? { stages: [] };
  if (all.length === 0) return [];
  const { width, glyphs } = page;
  const lines: Line[] = [heading('Stages', page, exactWords(exact))];
  for (const [stages, what] of [
    [all.filter((stage) => !isGradient(stage)), 'stage'],
    [all.filter(isGradient), 'gradient'],
  ] as const) {
    const agreeing = agreeingWords(stages, what);
    if (agreeing !== '')
      lines.push(...paragraph(agreeing, 'plain', width, 4, span(`  ${glyphs.pass}`, 'good')));
    const apart = stages.filter(({ passed }) => !passed);
    for (const stage of apart.slice(0, MOST))
      lines.push(
        ...labelled(span(`  ${glyphs.fail}`, 'bad'), 4, `${stage.name}: ${stageWords(stage)}`, 'bad', width),
      );
    const rest = apart.length - MOST;
    if (rest > 0) lines.push(...paragraph(`and ${counted(rest, `more ${what}`)}`, 'dim', width, 4));
  }
  return lines;
}
