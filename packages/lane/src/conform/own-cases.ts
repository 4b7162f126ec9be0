/** The cases that come along: relations, and those of the float64 oracle. */
import { type ConformCase, idFilter, metamorphicCases, oracleCases } from '@nanscope/conform';
import { nearest, UserError } from '@nanscope/errors';

const own = [...metamorphicCases, ...oracleCases];

/** In the order they are run. */
export function ownCases(filter: string | undefined): readonly ConformCase[] {
  const wanted = idFilter(filter);
  return own.filter(({ id }) => wanted(id));
}

/** @throws UserError `conform/no-cases` */
export function refuseNoCases(filter: string | undefined): never {
  const near = nearest(
    filter ?? '',
    own.map(({ id }) => id),
  );
  throw new UserError(
    'conform/no-cases',
    `--filter ${filter}: expected a part of a case id such as ${near ?? own[0]!.id}, or a whole one with * and ?, found no case that has it.`,
  );
}
