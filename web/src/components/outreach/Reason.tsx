// Why a message was not sent, in words, with the code that stands for it beside.

import { Text } from '@mantine/core';
import { useOutreachNames } from '../../lib/outreach';

export function Reason({ code, size = 'sm' }: { code: string; size?: 'sm' | 'xs' }) {
  const names = useOutreachNames();
  const words = names.reason(code);
  return (
    <Text span size={size} title={code}>
      {words === code ? <bdi>{code}</bdi> : words}
    </Text>
  );
}
