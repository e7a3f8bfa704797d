// A lifecycle state or RFM group as a dot in its colour and its name.

import { Group, Text } from '@mantine/core';
import type { Key } from '../api/types';
import { groupColour, stateColour } from '../lib/colours';
import { useNames } from '../lib/names';

export function Dot({ colour, size = 10 }: { colour: string; size?: number }) {
  return <span aria-hidden style={{ width: size, height: size, borderRadius: '50%', background: colour, flex: 'none' }} />;
}

interface Props {
  of: Key;
  kind?: 'state' | 'group';
  fw?: number;
}

export function StateBadge({ of, kind = 'state', fw = 500 }: Props) {
  const names = useNames();
  return (
    <Group gap={8} wrap="nowrap" component="span" display="inline-flex">
      <Dot colour={kind === 'state' ? stateColour(of.key) : groupColour(of.key)} />
      <Text component="span" size="sm" fw={fw}>{kind === 'state' ? names.state(of) : names.group(of)}</Text>
    </Group>
  );
}
