// Journeys are made here: empty, or of a play. Each is a draft at once; it does nothing before it is started.

import { Badge, Button, Group, Modal, Paper, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { body, client } from '../../api/client';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { journeys, useForgetJourneys, useJourneyPlays } from './api';
import { emptyJourney } from './model/begin';
import { ENTRY } from './model/scene';
import type { JourneyInput, JourneyPlay } from './types';

interface Wanted {
  input: JourneyInput;
  /** Saved segments that it names and that are not there yet. */
  segments: JourneyPlay['segments'];
  /** It was asked for by an address: that leads to the draft from now on, and to what was filled in. */
  addressed?: boolean;
}

export function useMake() {
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const forget = useForgetJourneys();
  return useMutation({
    mutationFn: async ({ input, segments }: Wanted) => {
      for (const { id, name, definition } of segments) await body(client.POST('/api/segments', { body: { id, name, definition } }));
      return journeys.create(input);
    },
    onSuccess: async ({ id }, { addressed = false }) => {
      await forget();
      const at = `/journeys/${encodeURIComponent(id)}`;
      await navigate(links.to(addressed ? `${at}?step=${encodeURIComponent(ENTRY)}` : at), { replace: addressed });
    },
    // Also after a failure: some segments may be there by now.
    onSettled: () => Promise.all(['journey-plays', 'segments'].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  });
}

/** Name and purpose of a play in the language of the page; of one that has no words yet, the server's. */
function usePlayWords() {
  const { t, i18n } = useTranslation();
  return ({ id, name, description }: JourneyPlay) => {
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
            {plays.map((play) => {
              const { name, lead } = words(play);
              const segments = play.segments.filter(({ exists }) => !exists);
              return (
                <Paper key={play.id} component="li" p="md" withBorder style={{ listStyle: 'none' }} data-play={play.id}>
                  <Group justify="space-between" wrap="nowrap" align="flex-start">
                    <Text fw={600} size="sm">{name}</Text>
                    <Badge size="sm" variant="default" tt="none" fw={500} style={{ flex: 'none' }}>{t('journeyPlays.steps', { shown: format.count(play.definition.steps.length) })}</Badge>
                  </Group>
                  <Text size="sm" c="dimmed" mt={4}>{lead}</Text>
                  {segments.length > 0 && <Text size="xs" c="dimmed" mt={4}>{t('journeyPlays.makes', { names: segments.map((segment) => segment.name).join(', ') })}</Text>}
                  <Button mt="sm" size="compact-sm" variant="light" loading={make.isPending && make.variables.input.name === name} disabled={make.isPending} onClick={() => make.mutate({ input: { ...play.definition, name }, segments })} aria-label={t('journeyPlays.useOf', { name })}>{t('journeyPlays.use')}</Button>
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
            if (name.trim() !== '') make.mutate({ input: emptyJourney(name.trim()), segments: [] });
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
