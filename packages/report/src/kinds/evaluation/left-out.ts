/** What decorates a result and could not be made, a line each: the numbers and the verdict stand without it. */
import type { ResultRecord } from '@nanscope/record';
import type { Page } from '../../terminal/page.ts';
import { type Line, paragraph, span } from '../../text/line.ts';

/** The lines of a result and of its lanes, each said once. */
export function leftOutOf({ leftOut = [], target, reference }: ResultRecord): string[] {
  return [...new Set([leftOut, target?.leftOut ?? [], reference?.leftOut ?? []].flat())];
}

export function leftOutLines(lines: readonly string[], { width, glyphs }: Page): Line[] {
  const mark = span(glyphs.warn, 'warn');
  return lines.flatMap((line) => paragraph(line, 'plain', width, 2 + glyphs.warn.length, mark));
}
