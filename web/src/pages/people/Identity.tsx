// Ids and attributes of a person.

import { Badge, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { User } from '../../api/types';
import { Section } from '../../components/Page';
import { useFormat } from '../../lib/format';
import { Facts } from './Facts';

export function Identity({ user }: { user: User }) {
  const { t } = useTranslation();
  const format = useFormat();
  const attributes = Object.entries(user.attributes);
  const ids = (label: string, all: string[]) => all.length > 0 && (
    <div>
      <Text size="xs" c="dimmed" mb={4}>{label}</Text>
      <Group gap={6}>{all.map((id) => <Badge key={id} variant="default" tt="none" fw={500} maw="100%">{id}</Badge>)}</Group>
    </div>
  );
  return (
    <Section title={t('person.identity')}>
      <Stack gap="md">
        {ids(t('person.userIds'), user.user_ids)}
        {ids(t('person.anonymousIds'), user.anonymous_ids)}
        {attributes.length === 0 ? (
          <Text size="sm" c="dimmed">{t('person.noAttributes')}</Text>
        ) : (
          <Facts label={t('people.attributes')} rows={attributes.map(([name, value]) => [name, format.value(value)])} />
        )}
      </Stack>
    </Section>
  );
}
