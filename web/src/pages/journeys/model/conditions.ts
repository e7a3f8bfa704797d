// Conditions on fields of an answer, as rows.

import type { Json } from '../../../api/types';
import { type Condition, conditionOf, hasValue } from '../../../lib/rows';

/** Whether a row says something. */
export const wholeCondition = ({ property, op, value }: Condition) => property !== '' && (!hasValue(op) || value.trim() !== '');

/** What is written as rows; null: rows cannot show all of it. */
export function answerConditions(where: unknown): Condition[] | null {
  if (where === undefined) return [];
  if (!Array.isArray(where)) return null;
  const rows = where.map((one) => (typeof one === 'object' && one !== null ? conditionOf(one as Json, 'property') : null));
  return rows.some((one) => one === null) ? null : (rows as Condition[]);
}
