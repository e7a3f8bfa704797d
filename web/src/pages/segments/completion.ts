// Names to complete: events inside quotes, words of the language and properties elsewhere.

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Catalogue } from '../../api/types';
import { KEYWORDS } from './language';

export function completeFrom(catalogue: () => Catalogue | undefined) {
  return (context: CompletionContext): CompletionResult | null => {
    const quoted = context.matchBefore(/"[^"]*$/);
    if (quoted) {
      const options = (catalogue()?.events ?? []).map(({ name, count }): Completion => ({ label: name, detail: String(count), apply: applyName(name) }));
      return { from: quoted.from + 1, options, validFor: /^[^"]*$/ };
    }
    const word = context.matchBefore(/[\p{L}_$][\p{L}\p{N}_.$-]*/u);
    if (!word && !context.explicit) return null;
    const known = catalogue();
    const names = new Set([...(known?.attributes ?? []), ...(known?.events.flatMap((event) => event.properties) ?? [])].map(({ name }) => name));
    const options: Completion[] = [
      ...[...names].map((label): Completion => ({ label, type: 'property', boost: 1 })),
      ...KEYWORDS.map((label): Completion => ({ label, type: 'keyword' })),
    ];
    return { from: word?.from ?? context.pos, options, validFor: /^[\p{L}\p{N}_.$-]*$/u };
  };
}

/** Writes the name and its closing quote, if that is not there yet. */
function applyName(name: string): Completion['apply'] {
  return (view, _, from, to) => {
    const closed = view.state.sliceDoc(to, to + 1) === '"';
    const text = closed ? name : `${name}"`;
    view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + name.length + 1 } });
  };
}
