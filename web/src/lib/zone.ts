// Wall-clock times of the workspace's zone ⇄ instants, through the browser's own zone data.

/** Milliseconds the zone's wall clock is ahead of UTC at an instant. */
function offsetAt(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant);
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
  return wall - Math.floor(instant / 1000) * 1000;
}

/** `YYYY-MM-DDTHH:MM` as read on a clock in the zone. */
export function wallTime(instant: string | number, zone: string): string {
  const at = typeof instant === 'number' ? instant : Date.parse(instant);
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 16);
}

/** The instant at which a clock in the zone shows this wall time (`YYYY-MM-DDTHH:MM`). A time
 * that the zone skips is read with the offset from before the jump. */
export function instantOf(wall: string, zone: string): string {
  const naive = Date.parse(`${wall.length === 10 ? `${wall}T00:00` : wall}:00.000Z`);
  const first = naive - offsetAt(naive, zone);
  const second = naive - offsetAt(first, zone);
  return new Date(second).toISOString();
}

/** An instant some days before another. */
export function daysBefore(instant: string, days: number): string {
  return new Date(Date.parse(instant) - days * 86_400_000).toISOString();
}
