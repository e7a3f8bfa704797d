// A share as a bar that grows in the direction of reading. The number stands beside it in words.

interface Props {
  /** From 0 to 1. */
  share: number;
  colour: string;
}

export function ShareBar({ share, colour }: Props) {
  return (
    <div aria-hidden style={{ flex: 1, height: 8, borderRadius: 4, background: 'var(--page-background)' }}>
      <div style={{ width: `${share * 100}%`, height: 8, borderRadius: 4, background: colour }} />
    </div>
  );
}
