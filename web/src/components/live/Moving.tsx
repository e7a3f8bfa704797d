// A number that moves by itself: it lights up for a moment when it grows or shrinks.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import classes from './Moving.module.css';

export function Moving({ value, children }: { value: number | null; children: ReactNode }) {
  const before = useRef(value);
  const [moved, setMoved] = useState<{ way: 'up' | 'down'; times: number } | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = value;
    if (last === null || value === null || last === value) return;
    const way = value > last ? 'up' : 'down';
    setMoved((old) => ({ way, times: (old?.times ?? 0) + 1 }));
  }, [value]);
  // Another key starts the animation anew.
  return <span key={moved?.times ?? 0} className={moved ? classes[moved.way] : undefined} data-moved={moved?.way}>{children}</span>;
}
