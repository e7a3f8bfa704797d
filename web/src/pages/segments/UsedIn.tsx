// Where a segment is used: other segments, lifecycle states and stage frameworks.

import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/types';
import { AppLink } from '../../components/AppLink';

function place(use: Segment['used_in'][number]): string {
  if (use.kind === 'segment') return `/segments/${encodeURIComponent(use.id)}`;
  return use.kind === 'lifecycle' ? '/lifecycle' : '/live';
}

export function UsedIn({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  if (segment.used_in.length === 0) return <Text size="sm" c="dimmed">{t('segments.unused')}</Text>;
  return (
    <Group gap={8}>
      {segment.used_in.map((use) => (
        <AppLink key={`${use.kind}${use.id}`} size="sm" to={place(use)}>
          {use.kind === 'lifecycle' ? t('segments.state', { name: use.name }) : use.name}
        </AppLink>
      ))}
    </Group>
  );
}
