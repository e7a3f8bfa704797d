// The people behind the numbers of a journey, as segments of its events.

const quoted = (text: string) => JSON.stringify(text);

/** Who ever came in. */
export const enteredDefinition = (journey: string) => `did "Journey Entered" where journey = ${quoted(journey)}`;

/** Who ever came to a step. */
export function reachedDefinition(journey: string, step: string): string {
  const where = `where journey = ${quoted(journey)} and step = ${quoted(step)}`;
  return `did "Journey Entered" ${where} or did "Journey Moved" ${where}`;
}

/** Who went out: of a step, for a reason. */
export function exitedDefinition(journey: string, of: { step?: string; reason?: string }): string {
  const more = [of.step !== undefined && ` and from = ${quoted(of.step)}`, of.reason !== undefined && ` and reason = ${quoted(of.reason)}`].filter(Boolean).join('');
  return `did "Journey Exited" where journey = ${quoted(journey)}${more}`;
}
