// Where a campaign or a message stands, as a word with its colour.

import { Group, Text } from '@mantine/core';
import { useOutreachNames } from '../../lib/outreach';
import { Dot } from '../StateBadge';

const STATUS: Record<string, string> = {
  draft: '#94a3b8',
  scheduled: '#3b82f6',
  running: '#10b981',
  paused: '#f59e0b',
  stopped: '#ef4444',
  ended: '#64748b',
};

const STATE: Record<string, string> = {
  planned: '#94a3b8',
  held_out: '#8b5cf6',
  withheld: '#f59e0b',
  queued: '#38bdf8',
  sent: '#3b82f6',
  delivered: '#14b8a6',
  opened: '#10b981',
  clicked: '#0f766e',
  failed: '#ef4444',
  bounced: '#b91c1c',
  complained: '#b91c1c',
};

export const messageColour = (state: string): string => STATE[state] ?? '#94a3b8';

export function StatusBadge({ status }: { status: string }) {
  const names = useOutreachNames();
  return <Marked colour={STATUS[status] ?? '#94a3b8'} text={names.status(status)} />;
}

export function MessageState({ state }: { state: string }) {
  const names = useOutreachNames();
  return <Marked colour={messageColour(state)} text={names.state(state)} />;
}

function Marked({ colour, text }: { colour: string; text: string }) {
  return (
    <Group gap={8} wrap="nowrap" component="span" display="inline-flex">
      <Dot colour={colour} />
      <Text component="span" size="sm" fw={550}>{text}</Text>
    </Group>
  );
}
