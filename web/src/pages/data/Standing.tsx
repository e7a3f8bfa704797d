// Small answers: how far a name has come, and what its values are.

import { Badge, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SchemaAttribute, SchemaEvent, SeenValues } from '../../api/types';
import { useFormat } from '../../lib/format';

const COLOURS = { proposed: 'gray', live: 'teal', blocked: 'red' } as const;

export function StatusBadge({ of }: { of: SchemaEvent | SchemaAttribute }) {
  const { t } = useTranslation();
  if ('discarded' in of && of.discarded?.blocked) return <Badge size="sm" color="red" variant="dot">{t('data.discarded')}</Badge>;
  if (!of.declared) return <Text size="xs" c="dimmed">{t('data.notDeclared')}</Text>;
  const status = of.declared.status ?? 'live';
  return <Badge size="sm" color={COLOURS[status]} variant="dot">{t(`data.statuses.${status}`)}</Badge>;
}

/** Types with their shares; one alone needs none. */
export function Types({ seen }: { seen: SeenValues | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!seen) return <Text size="xs" c="dimmed">–</Text>;
  return (
    <Group gap={6}>
      {seen.types.map(({ type, share }) => (
        <Text key={type} size="xs" component="span" fw={seen.types.length > 1 && share < 0.1 ? 700 : undefined}>
          {t(`data.type.${type}`)}{seen.types.length > 1 && ` ${format.percent(share)}`}
        </Text>
      ))}
    </Group>
  );
}
