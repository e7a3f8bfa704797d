// What boxes and lines of the canvas need of it.

import { createContext, useContext } from 'react';
import type { Place } from '../model/edit';
import type { Point } from '../model/layout';
import type { JourneyInput, JourneyReport, StepKind, StepReport } from '../types';
import type { JourneyWords } from '../words';

export interface CanvasLife {
  journey: JourneyInput;
  /** Its id, once it is saved. */
  id: string;
  words: JourneyWords;
  rtl: boolean;
  /** Numbers are shown and nothing is changed. */
  report: JourneyReport | null;
  numbers: (step: string) => StepReport | undefined;
  /** Problems by step: an error, or something unwise. */
  flaws: Map<string | null, boolean>;
  /** The box on which keys act. */
  current: string;
  /** The box that is open beside the canvas. */
  opened: string;
  onFocus: (id: string) => void;
  /** `byKey`: the focus goes along. */
  onOpen: (id: string, byKey?: boolean) => void;
  onInsert: (place: Place, kind: StepKind) => void;
  onConnect: (place: Place, to: string | undefined) => void;
  onWaiting: (step: string) => void;
  /** Moves the picture so far that a point is on it. */
  onReveal: (point: Point) => void;
  /** The line whose palette is open. */
  palette: string | null;
  onPalette: (edge: string | null) => void;
}

const Context = createContext<CanvasLife | null>(null);

export const CanvasProvider = Context.Provider;

export function useCanvas(): CanvasLife {
  const life = useContext(Context);
  if (!life) throw new Error('useCanvas outside of a canvas');
  return life;
}
