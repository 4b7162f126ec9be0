import { expect, it } from 'vitest';
import { idFilter } from './run-suite.ts';

const ids = ['oracle:policy=safe;mask=none', 'oracle:policy=torch-2.5;mask=none', 'onnx:test_attention_4d'];
const chosen = (pattern?: string) => ids.filter(idFilter(pattern));

it('chooses by a part of the id, or by the whole with * and ?', () => {
  expect(chosen()).toEqual(ids);
  expect(chosen('safe')).toEqual([ids[0]]);
  expect(chosen('oracle:*')).toEqual(ids.slice(0, 2));
  expect(chosen('*torch-2?5*')).toEqual([ids[1]]);
  expect(chosen('test_*')).toEqual([]);
});

it('takes a dot and a bracket as they are', () => {
  expect(chosen('torch-2x5')).toEqual([]);
  expect(['a(b', 'ab'].filter(idFilter('*(*'))).toEqual(['a(b']);
});
