// Campaigns to begin with, as cards that open the wizard filled in.

import { Group, Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { AppLink } from '../../components/AppLink';
import { PLAYS } from './plays';

export function Plays() {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md" component="ul" m={0} p={0} aria-label={t('plays.title')}>
      {PLAYS.map((id) => (
        <Paper key={id} component="li" p="md" style={{ listStyle: 'none' }}>
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <AppLink to={`/campaigns/new?play=${id}`} fw={600} size="sm">{t(`plays.${id}.name`)}</AppLink>
          </Group>
          <Text size="sm" c="dimmed" mt={4}>{t(`plays.${id}.lead`)}</Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
