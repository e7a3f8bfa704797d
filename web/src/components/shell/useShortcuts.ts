// Keys that work everywhere but in fields: `/` to search, `g` and a letter to go, `?` for help.

import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { useLinks } from '../../lib/links';

export const GO_KEYS: Record<string, string> = {
  o: '/',
  v: '/live',
  l: '/lifecycle',
  r: '/rfm',
  s: '/segments',
  p: '/people',
  c: '/campaigns',
  j: '/journeys',
  m: '/deliveries',
  e: '/sources',
};

/** How long after `g` the second key may come. */
const PAIR_MS = 1200;

const writing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate();
  const { to } = useLinks();
  // Outlives the listener, which is renewed whenever the address changes.
  const pressedG = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
      const page = GO_KEYS[event.key];
      if (page && Date.now() - pressedG.current < PAIR_MS) {
        pressedG.current = 0;
        void navigate(to(page));
      } else if (event.key === 'g') {
        pressedG.current = Date.now();
      } else if (event.key === '?') {
        onHelp();
      } else if (event.key === '/') {
        event.preventDefault();
        const field = document.querySelector<HTMLInputElement>('[data-search]');
        if (field) field.focus();
        else void navigate(to('/people'), { state: { search: true } });
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, to, onHelp]);
}
