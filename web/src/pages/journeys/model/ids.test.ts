import { expect, it } from 'vitest';
import { idsIn } from './ids';

it('reads one id a line, each once', () => {
  expect(idsIn(' ada\r\nbob, the second\n\nada\n')).toEqual(['ada', 'bob, the second']);
  expect(idsIn(' \n')).toEqual([]);
});
