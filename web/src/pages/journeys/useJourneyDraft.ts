// A journey while it is written: its changes, taken back and done again, and how it is kept.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { journeys, useForgetJourneys } from './api';
import { begin, redo, undo, write } from './model/history';
import type { Journey, JourneyInput } from './types';

export function useJourneyDraft(journey: Journey) {
  const queries = useQueryClient();
  const forget = useForgetJourneys();
  const [history, setHistory] = useState(() => begin(journey.definition));
  const [kept, setKept] = useState(() => JSON.stringify(journey.definition));
  /** Another one after every change that did not come from a form: forms then begin anew. */
  const [generation, setGeneration] = useState(0);
  const draft = history.now;
  const unsaved = JSON.stringify(draft) !== kept;
  useLeaveWarning(unsaved);

  const change = (next: JourneyInput, about: string | null = null) => setHistory((old) => write(old, next, about));
  const renew = () => setGeneration((old) => old + 1);
  const turn = (how: typeof undo) => () => {
    setHistory(how);
    renew();
  };
  const save = useMutation({
    mutationFn: async () => ({ sent: JSON.stringify(draft), saved: await journeys.update(journey.id, draft) }),
    onSuccess: async ({ sent, saved }) => {
      setKept(sent);
      queries.setQueryData(['journey', journey.id], saved);
      await forget(journey.id);
    },
  });
  return {
    draft, change, renew, generation, unsaved, save,
    undo: history.past.length > 0 ? turn(undo) : null,
    redo: history.future.length > 0 ? turn(redo) : null,
  };
}

export type JourneyDraft = ReturnType<typeof useJourneyDraft>;

/** Asks before the tab is closed over something that is not saved. */
function useLeaveWarning(unsaved: boolean) {
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [unsaved]);
}

const writing = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Ctrl+Z, Ctrl+Shift+Z (or Ctrl+Y) and Ctrl+S. Fields take back their own letters. */
export function useDraftKeys({ undo: back, redo: forth, save, unsaved }: JourneyDraft) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      const act = (what: (() => void) | null) => {
        event.preventDefault();
        what?.();
      };
      if (key === 's') act(unsaved && !save.isPending ? () => save.mutate() : null);
      else if (writing(event.target)) return;
      else if (key === 'z') act(event.shiftKey ? forth : back);
      else if (key === 'y') act(forth);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [back, forth, save, unsaved]);
}
