// People as journeys name them: a saved segment by its id, or a definition.

import { segmentOf } from '../../campaigns/draft';

const ID = /^[A-Za-z0-9_-]+$/;

/** The id of the saved segment that is meant, if it is one and nothing else. */
export function savedSegment(value: unknown): string | null {
  if (typeof value === 'string') return ID.test(value.trim()) ? value.trim() : null;
  return segmentOf(value);
}
