import { describe, expect, it } from 'vitest';
import type { JourneyStep, StepReport } from '../types';
import { wentBy } from './counts';

const report = (part: Partial<StepReport>): StepReport => ({ step: 's', name: 's', kind: 'wait_for', published: true, entered: 0, waiting: 0, moved: [], exited: [], message: null, ...part });
const moved = (path: string, to: string, count: number) => ({ path, name: path, to, count });
const split = (first?: string, second?: string): JourneyStep => ({ id: 's', do: { kind: 'random', paths: [{ id: 'a', ...(first && { next: first }) }, { id: 'b', ...(second && { next: second }) }] } });

describe('people on a line', () => {
  it('are those who moved along it', () => {
    const numbers = report({ moved: [moved('a', 'x', 3), moved('b', 'y', 4), moved('a', 'older', 2)] });
    expect(wentBy(split('x', 'y'), 'a', numbers)).toBe(5);
    expect(wentBy(split('x', 'y'), 'b', numbers)).toBe(4);
  });

  it('are those who completed the journey where one line ends it', () => {
    const numbers = report({ moved: [moved('a', 'x', 3)], exited: [{ reason: 'completed', count: 6 }, { reason: 'goal', count: 9 }] });
    expect(wentBy(split('x'), 'b', numbers)).toBe(6);
  });

  it('cannot be told where several lines end it', () => {
    const numbers = report({ exited: [{ reason: 'completed', count: 6 }] });
    expect(wentBy(split(), 'a', numbers)).toBeNull();
  });

  it('are also those whom a message did not reach, unless they have a line of their own', () => {
    const numbers = report({ moved: [moved('next', 'x', 3), moved('unreachable', 'x', 2)] });
    const message = (unreachable?: string): JourneyStep => ({ id: 's', next: 'x', do: { kind: 'message', message: { channel: 'email', content: {} }, ...(unreachable && { unreachable }) } });
    expect(wentBy(message(), 'next', numbers)).toBe(5);
    expect(wentBy(message('x'), 'next', numbers)).toBe(3);
    expect(wentBy(message('x'), 'unreachable', numbers)).toBe(2);
  });

  it('are none where a report does not know the step', () => expect(wentBy(split('x', 'y'), 'a', undefined)).toBe(0));
});
