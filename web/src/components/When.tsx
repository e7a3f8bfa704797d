// An instant: in the workspace's zone, and on hover in the reader's own.

import { useFormat } from '../lib/format';

export function When({ at, dateOnly }: { at: string; dateOnly?: boolean }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.inOwnZone(at) ?? at} className="when">
      {dateOnly ? format.date(at) : format.dateTime(at)}
    </time>
  );
}
