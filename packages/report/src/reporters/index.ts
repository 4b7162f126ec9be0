/** The reporters by name. Each makes text of a result, or figures for event files; where that goes is the command line's business. */

import { type ReportSubject, renderJson } from '@nanscope/record';
import { renderHtml } from '../page/render.ts';
import type { RenderOptions } from '../terminal/style.ts';
import { renderJunit } from './junit.ts';
import { renderForTerminal, renderGithub, renderMarkdown } from './markdown.ts';
import { type ScalarRun, scalarsOf } from './scalars.ts';

export interface Reporter {
  /** Its file, or folder of event files, in the run folder where none is named; absent where it is meant for standard output. */
  readonly file?: string;
  /** In the beginning of each text it makes: a file without it is somebody else's, and is not replaced. */
  readonly own?: RegExp;
  /** Whether its lines may stand among those of the terminal report. */
  readonly amongOthers?: boolean;
  /** Whether it shows what lies beside the result in its folder. */
  readonly readsFiles?: boolean;
  readonly render?: (subject: ReportSubject, options: RenderOptions) => string;
  /** In the place of text. */
  readonly scalars?: (subject: ReportSubject) => readonly ScalarRun[];
}

export const reporters = {
  terminal: { render: renderForTerminal, own: /nanscope / },
  json: { render: ({ record }) => renderJson(record), own: /^\s*\{\s*"schema(Version)?":/ },
  html: { file: 'report.html', readsFiles: true, render: renderHtml, own: /^<!doctype html>[\s\S]*nanscope/ },
  junit: { file: 'junit.xml', readsFiles: true, render: renderJunit, own: /<testsuites name="nanscope"/ },
  github: { amongOthers: true, render: renderGithub, own: /^::(notice|warning|error) / },
  markdown: { render: renderMarkdown, own: /^## nanscope / },
  tensorboard: { file: 'tensorboard', readsFiles: true, scalars: scalarsOf },
} as const satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof reporters;
export const reporterNames = Object.keys(reporters) as readonly ReporterName[];
