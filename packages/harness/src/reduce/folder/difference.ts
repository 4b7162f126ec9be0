/** In what two cases that are neighbours differ, in words. Pure. */

import { type Case, type CaseRow, lengthOf } from '@nanscope/lane';
import { cutName } from '@nanscope/model';

const grids = [
  ['attention_mask', 'attentionMask'],
  ['input_ids', 'inputIds'],
  ['labels', 'labels'],
  ['position_ids', 'positionIds'],
] as const satisfies readonly (readonly [string, keyof CaseRow])[];

const lists = [
  ['layer', 'layers'],
  ['head', 'heads'],
  ['query head of a head', 'queries'],
  ['number of a head', 'dims'],
  ['channel', 'channels'],
  ['unit of the MLP', 'units'],
  ['token of the vocabulary', 'vocabulary'],
  ['position of the table', 'positions'],
] as const satisfies readonly (readonly [string, keyof Case])[];

const MOST_CELLS = 4;

function cellWords(smallest: Case, other: Case): string[] {
  return grids.flatMap(([name, grid]) => {
    const changed = smallest.rows.flatMap((row, r) =>
      row[grid].flatMap((value, t) => {
        const there = other.rows[r]![grid][t]!;
        return value === there ? [] : [`${name}[${r}][${t}] is ${there} instead of ${value}`];
      }),
    );
    const more = changed.length - MOST_CELLS;
    return more > 0 ? [...changed.slice(0, MOST_CELLS), `${more} more of ${name}`] : changed;
  });
}

/** @param other a neighbour: a single step of a reduction away from `smallest` */
export function differenceWords(smallest: Case, other: Case): string {
  const sameShape = other.rows.length === smallest.rows.length && lengthOf(other) === lengthOf(smallest);
  const counts = lists.flatMap(([name, field]) => {
    const [from, to] = [smallest[field]?.length ?? 0, other[field]?.length ?? 0];
    return from === to ? [] : [`${to} instead of ${from} of its ${name}s`];
  });
  const constant = smallest.weights.filter((name) => !other.weights.includes(name));
  const words = [
    ...(sameShape ? cellWords(smallest, other) : []),
    ...(other.rows.length === smallest.rows.length
      ? []
      : [`${other.rows.length} instead of ${smallest.rows.length} rows`]),
    ...(lengthOf(other) === lengthOf(smallest)
      ? []
      : [`${lengthOf(other)} instead of ${lengthOf(smallest)} tokens a row`]),
    ...counts,
    ...(constant.length > 0
      ? [`constant: ${constant.map((name) => cutName(name, smallest)).join(', ')}`]
      : []),
  ];
  return words.join('; ');
}
