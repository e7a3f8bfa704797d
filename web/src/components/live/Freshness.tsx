// Up to which instant everything is told, and whether the page hears of more.

import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Connection } from '../../api/stream';
import { useFormat } from '../../lib/format';

export function Freshness({ exactAsOf, connection }: { exactAsOf: string | null; connection: Connection }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Group component="span" gap={8} display="inline-flex">
      <span className={connection === 'open' ? 'live-dot' : 'lost-dot'} aria-hidden />
      <span>{t(`live.connection.${connection}`)}</span>
      {exactAsOf && <time dateTime={exactAsOf} title={format.inOwnZone(exactAsOf) ?? exactAsOf} className="numbers">{t('live.exact', { when: format.exact(exactAsOf) })}</time>}
      {!exactAsOf && <Text span inherit>{t('live.nothingTold')}</Text>}
    </Group>
  );
}
