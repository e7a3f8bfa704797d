// Campaigns to begin with, which come with the server, as cards that open the wizard filled in. What a play needs
// and the workspace does not have is made after a question.

import { Badge, Button, Group, Modal, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { outreach, type Play, usePlays } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useLinks } from '../../lib/links';
import { useOutreachNames } from '../../lib/outreach';

/** Name and purpose of a play in the language of the page; of one that has no words yet, the server's. */
export function usePlayWords() {
  const { t, i18n } = useTranslation();
  return ({ id, name, description }: Play) => {
    const key = id.replaceAll('-', '_');
    if (!i18n.exists(`plays.of.${key}.name`)) return { name, lead: description };
    return { name: t(`plays.of.${key}.name`), lead: t(`plays.of.${key}.lead`) };
  };
}

export function Plays() {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const words = usePlayWords();
  return (
    <Query query={usePlays()} height={320}>
      {({ plays }) => (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md" component="ul" m={0} p={0} aria-label={t('plays.title')}>
          {plays.map((play) => (
            <Paper key={play.id} component="li" p="md" withBorder style={{ listStyle: 'none' }} data-play={play.id}>
              <Group justify="space-between" wrap="nowrap" align="flex-start">
                <AppLink to={`/campaigns/new?play=${encodeURIComponent(play.id)}`} fw={600} size="sm">{words(play).name}</AppLink>
                <Badge size="sm" variant="default" tt="none" fw={500} style={{ flex: 'none' }}>{names.channel(play.channel)}</Badge>
              </Group>
              <Text size="sm" c="dimmed" mt={4}>{words(play).lead}</Text>
            </Paper>
          ))}
        </SimpleGrid>
      )}
    </Query>
  );
}

/** What "New campaign" offers: an empty one, or a play. */
export function Gallery({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const links = useLinks();
  return (
    <Modal opened={opened} onClose={onClose} title={t('campaigns.new')} size="xl" radius="lg" closeButtonProps={{ 'aria-label': t('plays.close') }}>
      <Stack gap="md">
        <Group justify="space-between" align="center">
          <Text size="sm" c="dimmed" style={{ flex: '1 1 240px' }}>{t('plays.lead')}</Text>
          <Button component={Link} to={links.to('/campaigns/new')} variant="default" leftSection={<IconPlus size={16} />} data-autofocus>{t('plays.empty')}</Button>
        </Group>
        <Plays />
      </Stack>
    </Modal>
  );
}

/** Asks before the segments of a play are made. */
export function PrepareSegments({ play }: { play: Play }) {
  const { t } = useTranslation();
  const links = useLinks();
  const queries = useQueryClient();
  const words = usePlayWords();
  const missing = play.segments.filter(({ exists }) => !exists);
  const make = useMutation({
    mutationFn: () => outreach.preparePlay(play.id),
    onSuccess: () => Promise.all([queries.invalidateQueries({ queryKey: ['plays'] }), queries.invalidateQueries({ queryKey: ['segments'] })]),
  });
  return (
    <Page title={words(play).name} lead={<AppLink to="/campaigns" size="sm">{t('campaigns.title')}</AppLink>}>
      <Section title={t('plays.needs')} lead={t('plays.needsLead')}>
        <Stack gap="md">
          <Stack gap="sm" component="ul" m={0} p={0} aria-label={t('nav.segments')}>
            {missing.map(({ id, name, definition }) => (
              <li key={id} style={{ listStyle: 'none' }} data-missing={id}>
                <Text size="sm" fw={600}>{name}</Text>
                <span className="definition" style={{ display: 'block' }}>{definition}</span>
              </li>
            ))}
          </Stack>
          {make.isError && <ErrorPanel error={make.error} />}
          <Group gap="sm">
            <Button loading={make.isPending} onClick={() => make.mutate()}>{t('plays.make')}</Button>
            <Button component={Link} to={links.to('/campaigns')} variant="default">{t('plays.back')}</Button>
          </Group>
        </Stack>
      </Section>
    </Page>
  );
}
