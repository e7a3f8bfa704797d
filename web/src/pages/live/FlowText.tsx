// How many came and went, as in +3 −1.

import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { LiveFlow } from '../../api/types';
import { useFormat } from '../../lib/format';

export function FlowText({ flow, size = 'sm' }: { flow: LiveFlow; size?: 'xs' | 'sm' }) {
  const { t } = useTranslation();
  const format = useFormat();
  const dim = (n: number, colour: string) => (n === 0 ? 'dimmed' : colour);
  return (
    <Text component="span" size={size} className="numbers keep-ltr" style={{ whiteSpace: 'nowrap' }}>
      <span aria-hidden>
        <Text span inherit c={dim(flow.entered, 'var(--good)')}>+{format.count(flow.entered)}</Text>{' '}
        <Text span inherit c={dim(flow.left, 'var(--bad)')}>−{format.count(flow.left)}</Text>
      </span>
      <span className="visually-hidden">{t('live.flow', { entered: format.count(flow.entered), left: format.count(flow.left) })}</span>
    </Text>
  );
}
