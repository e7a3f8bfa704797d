// One colour per lifecycle state and RFM group, the same on every page and chart.

const STATES: Record<string, string> = {
  new: '#3b82f6',
  active: '#10b981',
  loyal: '#8b5cf6',
  at_risk: '#f59e0b',
  dormant: '#94a3b8',
  churned: '#ef4444',
  none: '#cbd5e1',
};

const GROUPS: Record<string, string> = {
  champions: '#0f766e',
  loyal: '#2dd4bf',
  potential_loyalists: '#38bdf8',
  new: '#3b82f6',
  promising: '#818cf8',
  needing_attention: '#fcd34d',
  about_to_sleep: '#fdba74',
  at_risk: '#f87171',
  cannot_lose_them: '#b91c1c',
  hibernating: '#94a3b8',
  inactive: '#cbd5e1',
};

const OTHERS = ['#0ea5e9', '#22c55e', '#a855f7', '#eab308', '#f43f5e', '#14b8a6', '#6366f1', '#f97316'];

function fallback(key: string): string {
  let hash = 0;
  for (const letter of key) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  return OTHERS[hash % OTHERS.length]!;
}

export const stateColour = (key: string): string => STATES[key] ?? fallback(key);
export const groupColour = (key: string): string => GROUPS[key] ?? fallback(key);

/** Black or white, whichever reads better on this colour (WCAG relative luminance). */
export function inkOn(colour: string): string {
  const channel = (at: number) => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#0b1215' : '#ffffff';
}
