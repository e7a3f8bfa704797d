// Where a segment is used: other segments and lifecycle states.

import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/types';
import { AppLink } from '../../components/AppLink';

export function UsedIn({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  if (segment.used_in.length === 0) return <Text size="sm" c="dimmed">{t('segments.unused')}</Text>;
  return (
    <Group gap={8}>
      {segment.used_in.map((use) => (
        <AppLink key={`${use.kind}${use.id}`} size="sm" to={use.kind === 'segment' ? `/segments/${encodeURIComponent(use.id)}` : '/lifecycle'}>
          {use.kind === 'segment' ? use.name : t('segments.state', { name: use.name })}
        </AppLink>
      ))}
    </Group>
  );
}
