// A text editor that knows the segment language: colours, names to complete, problems underlined.
// Always left to right, because the language is.

import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Catalogue, Problem } from '../../api/types';
import { completeFrom } from './completion';
import { rangeOf, segmentLanguage } from './language';

export interface CodeEditorProps {
  value: string;
  onChange: (value: string) => void;
  problems: Problem[];
  catalogue: Catalogue | undefined;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--editor-keyword)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--editor-string)' },
  { tag: tags.number, color: 'var(--editor-number)' },
  { tag: tags.function(tags.name), color: 'var(--editor-function)' },
]);

const look = EditorView.theme({
  '&': { border: '1px solid var(--mantine-color-default-border)', borderRadius: '8px', background: 'var(--page-background)', fontSize: '14px' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '1px' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', padding: '12px 0', minHeight: '110px', caretColor: 'var(--mantine-color-text)' },
  '.cm-line': { padding: '0 12px' },
  '.cm-cursor': { borderInlineStartColor: 'var(--mantine-color-text)' },
  '.cm-tooltip': { background: 'var(--mantine-color-body)', color: 'var(--mantine-color-text)', border: '1px solid var(--hairline)', borderRadius: '8px', overflow: 'hidden' },
  '.cm-placeholder': { color: 'var(--mantine-color-placeholder)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy #e5484d 1.5px', textUnderlineOffset: '4px' },
});

export default function CodeEditor({ value, onChange, problems, catalogue }: CodeEditorProps) {
  const { t } = useTranslation();
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, catalogue });
  latest.current = { onChange, catalogue };
  const label = t('segment.editor');

  useEffect(() => {
    const view = new EditorView({
      parent: holder.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          bracketMatching(),
          segmentLanguage,
          syntaxHighlighting(colours),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', dir: 'ltr' }),
          placeholder('did "Purchase" at least 3 times in last 30d where amount > 50'),
          autocompletion({ override: [completeFrom(() => latest.current.catalogue)], icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => update.docChanged && latest.current.onChange(update.state.doc.toString())),
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
    // The editor owns its text once it exists; the effect below follows changes from outside.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label]);

  useEffect(() => {
    const view = editor.current;
    if (view && view.state.doc.toString() !== value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    }
  }, [value]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const marks = problems.flatMap((problem) => {
      const range = rangeOf(view.state.doc.toString(), problem);
      return range ? [{ ...range, severity: 'error' as const, message: [problem.message, problem.hint].filter(Boolean).join('\n') }] : [];
    });
    view.dispatch(setDiagnostics(view.state, marks));
  }, [problems]);

  return <div ref={holder} dir="ltr" data-editor />;
}
