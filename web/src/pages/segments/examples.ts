// Definitions to begin with, made of events the workspace really has.

import type { Catalogue } from '../../api/types';

const quoted = (name: string) => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Up to three definitions in text form. */
export function exampleDefinitions(catalogue: Catalogue | undefined): string[] {
  const [most, next] = (catalogue?.events ?? []).filter(({ derived }) => !derived).toSorted((a, b) => b.count - a.count);
  const name = quoted(most?.name ?? 'Purchase');
  const other = next ? quoted(next.name) : name;
  return [
    `did ${name} at least 3 times in last 30d`,
    `did ${name} and not did ${name} in last 60d`,
    next ? `did ${other} and not did ${name} in last 7d` : 'did any event in last 7d',
  ];
}
