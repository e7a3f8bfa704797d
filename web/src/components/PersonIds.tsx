// A short list of people by their ids.

import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../lib/format';
import { AppLink } from './AppLink';

interface Props {
  ids: string[];
  /** How many there are in all. */
  total: number;
}

export function PersonIds({ ids, total }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  if (ids.length === 0) return <Text size="sm" c="dimmed">{t('common.nobody')}</Text>;
  return (
    <Stack gap={0} component="ul" m={0} p={0}>
      {ids.map((id) => (
        <li key={id} style={{ listStyle: 'none', borderTop: '1px solid var(--hairline)', padding: '7px 0' }}>
          <AppLink to={`/people/${encodeURIComponent(id)}`} size="sm" style={{ overflowWrap: 'anywhere' }}>{id}</AppLink>
        </li>
      ))}
      {total > ids.length && <Text component="li" size="xs" c="dimmed" pt={8} style={{ listStyle: 'none' }}>{t('common.more', { shown: format.count(total - ids.length) })}</Text>}
    </Stack>
  );
}
