/** The cases of our own: relations, those of the float64 oracle, and those of the kernels around attention. */
import {
  type ConformCase,
  idFilter,
  type KernelCase,
  kernelCases,
  metamorphicCases,
  oracleCases,
} from '@nanscope/conform';
import { nearest, UserError } from '@nanscope/errors';

export type AnyCase = ConformCase | KernelCase;

const own: readonly AnyCase[] = [...metamorphicCases, ...oracleCases, ...kernelCases];

/** In the order they are run. @param attentionOnly for an implementation that brings no other kernels */
export function ownCases(filter: string | undefined, attentionOnly = false): readonly AnyCase[] {
  const wanted = idFilter(filter);
  return own.filter((each) => wanted(each.id) && !(attentionOnly && 'problem' in each));
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
