// A wide table scrolls inside its own frame, by keyboard too, and never widens the page.

import type { ReactNode } from 'react';

interface Props {
  label: string;
  /** Below this width in pixels the content scrolls sideways. */
  minWidth?: number;
  /** Above this height in pixels the content scrolls. */
  maxHeight?: number;
  children: ReactNode;
}

export function Scroll({ label, minWidth, maxHeight, children }: Props) {
  return (
    // A scrolling region must be reachable by keyboard. It holds what is only heard, too, which would
    // widen the page otherwise.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} style={{ position: 'relative', overflow: 'auto', maxHeight, marginTop: maxHeight ? 8 : 0 }}>
      <div style={{ minWidth }}>{children}</div>
    </div>
  );
}
