// Sign and colour of each kind of step.

import { type Icon, IconArrowsSplit2, IconBolt, IconBulb, IconClock, IconDice5, IconDoorExit, IconHourglassHigh, IconLogin2, IconRoute, IconSend, IconSitemap, IconUserEdit, IconWorldQuestion } from '@tabler/icons-react';
import type { StepKind } from '../types';

export const ICONS: Record<StepKind | 'entry', Icon> = {
  entry: IconLogin2,
  wait: IconClock,
  wait_for: IconHourglassHigh,
  split: IconArrowsSplit2,
  random: IconDice5,
  learn: IconBulb,
  message: IconSend,
  best_channel: IconRoute,
  webhook: IconWorldQuestion,
  update: IconUserEdit,
  emit: IconBolt,
  journey: IconSitemap,
  exit: IconDoorExit,
};

/** Names of the component library's colours. */
export const COLOURS: Record<StepKind | 'entry', string> = {
  entry: 'teal',
  wait: 'yellow',
  wait_for: 'yellow',
  split: 'violet',
  random: 'violet',
  learn: 'violet',
  message: 'blue',
  best_channel: 'blue',
  webhook: 'indigo',
  update: 'grape',
  emit: 'grape',
  journey: 'cyan',
  exit: 'gray',
};

/** The palette, by what people look for. */
export const GROUPS: { name: 'time' | 'paths' | 'messages' | 'data' | 'leave'; kinds: StepKind[] }[] = [
  { name: 'time', kinds: ['wait', 'wait_for'] },
  { name: 'paths', kinds: ['split', 'random', 'learn'] },
  { name: 'messages', kinds: ['message', 'best_channel'] },
  { name: 'data', kinds: ['webhook', 'update', 'emit'] },
  { name: 'leave', kinds: ['journey', 'exit'] },
];
