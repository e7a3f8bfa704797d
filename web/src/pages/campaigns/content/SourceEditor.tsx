// An editor for HTML, MJML and text with values in braces. Loaded when it is first needed.

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type RefObject, useEffect, useRef } from 'react';

export interface SourceEditorProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Filled with what puts a text where the cursor is. */
  insert: RefObject<((text: string) => void) | null>;
}

/** Inside a tag, and inside a quoted value of it, which may hold values in braces. */
interface Place {
  tag: boolean;
  quote: '"' | "'" | null;
}

const markup = StreamLanguage.define<Place>({
  startState: () => ({ tag: false, quote: null }),
  token(stream, state) {
    if (stream.match(/^\{\{.*?(\}\}|$)/)) return 'variableName.function';
    if (stream.match(/^\{%.*?(%\}|$)/)) return 'keyword';
    if (state.quote) return quoted(stream, state);
    if (state.tag) return inTag(stream, state);
    if (stream.match(/^<!--.*?(-->|$)/)) return 'comment';
    if (stream.match(/^<\/?[a-zA-Z][\w:-]*/)) {
      state.tag = true;
      return 'keyword';
    }
    stream.next();
    stream.eatWhile(/[^<{]/);
    return null;
  },
});

function quoted(stream: StringStream, state: Place): string {
  if (stream.eat(state.quote!)) state.quote = null;
  else {
    stream.next();
    stream.eatWhile(state.quote === '"' ? /[^"{]/ : /[^'{]/);
  }
  return 'string';
}

function inTag(stream: StringStream, state: Place): string | null {
  if (stream.match(/^\/?>/)) {
    state.tag = false;
    return 'keyword';
  }
  if (stream.match(/^[\w:-]+/)) return 'number';
  const mark = stream.next();
  if (mark !== '"' && mark !== "'") return null;
  state.quote = mark;
  return 'string';
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--editor-keyword)' },
  { tag: tags.string, color: 'var(--editor-string)' },
  { tag: tags.number, color: 'var(--editor-number)' },
  { tag: tags.function(tags.variableName), color: 'var(--editor-function)', fontWeight: '600' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)' },
]);

const look = EditorView.theme({
  '&': { border: '1px solid var(--mantine-color-default-border)', borderRadius: '8px', background: 'var(--page-background)', fontSize: '13px', maxHeight: '520px' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '1px' },
  '.cm-scroller': { overflow: 'auto' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', padding: '10px 0', minHeight: '200px', caretColor: 'var(--mantine-color-text)' },
  '.cm-line': { padding: '0 12px', unicodeBidi: 'plaintext' },
  '.cm-cursor': { borderInlineStartColor: 'var(--mantine-color-text)' },
});

export default function SourceEditor({ label, value, onChange, insert }: SourceEditorProps) {
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const changed = useRef(onChange);
  changed.current = onChange;

  useEffect(() => {
    const view = new EditorView({
      parent: holder.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          bracketMatching(),
          markup,
          syntaxHighlighting(colours),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'true', dir: 'auto' }),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => update.docChanged && changed.current(update.state.doc.toString())),
        ],
      }),
    });
    editor.current = view;
    insert.current = (text) => {
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    };
    return () => {
      insert.current = null;
      view.destroy();
    };
    // The editor owns its text once it exists; the effect below follows changes from outside.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label]);

  useEffect(() => {
    const view = editor.current;
    if (view && view.state.doc.toString() !== value) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={holder} dir="ltr" data-editor />;
}
