// Journeys are made here: empty, or of a play. Each is a draft at once; it does nothing before it is started.

import { Badge, Button, Group, Modal, Paper, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { journeys, useForgetJourneys, useJourneyPlays } from './api';
import { emptyJourney } from './model/begin';
import type { JourneyInput } from './types';

function useMake() {
  const links = useLinks();
  const navigate = useNavigate();
  const forget = useForgetJourneys();
  return useMutation({
    mutationFn: (input: JourneyInput) => journeys.create(input),
    onSuccess: async ({ id }) => {
      await forget();
      await navigate(links.to(`/journeys/${encodeURIComponent(id)}`));
    },
  });
}

/** Name and purpose of a play in the language of the page; of one that has no words yet, the server's. */
function usePlayWords() {
  const { t, i18n } = useTranslation();
  return ({ id = '', name, description = '' }: JourneyInput) => {
    const key = id.replaceAll('-', '_');
    if (!i18n.exists(`journeyPlays.of.${key}.name`)) return { name, lead: description };
    return { name: t(`journeyPlays.of.${key}.name`), lead: t(`journeyPlays.of.${key}.lead`) };
  };
}

export function JourneyPlays() {
  const { t } = useTranslation();
  const format = useFormat();
  const words = usePlayWords();
  const make = useMake();
  return (
    <Query query={useJourneyPlays()} height={160}>
      {({ plays }) => (
        <Stack gap="md">
          {make.isError && <ErrorPanel error={make.error} />}
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md" component="ul" m={0} p={0} aria-label={t('journeyPlays.title')}>
            {plays.map(({ journey }) => {
              const { id: _id, ...rest } = journey;
              const { name, lead } = words(journey);
              return (
                <Paper key={journey.id ?? journey.name} component="li" p="md" withBorder style={{ listStyle: 'none' }} data-play={journey.id}>
                  <Group justify="space-between" wrap="nowrap" align="flex-start">
                    <Text fw={600} size="sm">{name}</Text>
                    <Badge size="sm" variant="default" tt="none" fw={500} style={{ flex: 'none' }}>{t('journeyPlays.steps', { shown: format.count(journey.steps.length) })}</Badge>
                  </Group>
                  <Text size="sm" c="dimmed" mt={4}>{lead}</Text>
                  <Button mt="sm" size="compact-sm" variant="light" loading={make.isPending && make.variables.name === name} onClick={() => make.mutate({ ...rest, name })} aria-label={t('journeyPlays.useOf', { name })}>{t('journeyPlays.use')}</Button>
                </Paper>
              );
            })}
          </SimpleGrid>
        </Stack>
      )}
    </Query>
  );
}

export function NewJourney({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const make = useMake();
  const [name, setName] = useState('');
  return (
    <Modal opened onClose={onClose} title={t('journeys.new')} size="xl" closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack gap="lg">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') make.mutate(emptyJourney(name.trim()));
          }}
        >
          <Group align="flex-end" gap="sm">
            <TextInput style={{ flex: '1 1 260px' }} label={t('entry.name')} placeholder={t('journeys.namePlaceholder')} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
            <Button type="submit" disabled={name.trim() === ''} loading={make.isPending}>{t('journeys.makeEmpty')}</Button>
          </Group>
        </form>
        {make.isError && <ErrorPanel error={make.error} />}
        <Text size="sm" c="dimmed">{t('journeys.orPlay')}</Text>
        <JourneyPlays />
      </Stack>
    </Modal>
  );
}
