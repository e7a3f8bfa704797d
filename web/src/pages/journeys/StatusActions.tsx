// Start, publish, let people in, pause, resume, stop and delete, each after seeing what it does and to how many.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconTrash, IconUpload, IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { body, client } from '../../api/client';
import type { Definition } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { CONTROL } from '../campaigns/draft';
import { Problems } from '../campaigns/content/Problems';
import { Facts } from '../people/Facts';
import { EnterDialog } from './EnterDialog';
import { journeys, useForgetJourneys, useJourneyReport } from './api';
import { savedSegment } from './model/audience';
import { PublishDialog } from './PublishDialog';
import type { Journey, JourneyAction } from './types';
import { useJourneyWords } from './words';

/** A draft, and one that was stopped, is started by publishing it. */
type Asked = JourneyAction | 'start' | 'delete' | 'publish' | 'enter';

const OFFERED: Record<Journey['status'], Asked[]> = {
  draft: ['start', 'delete'],
  running: ['pause', 'stop'],
  paused: ['resume', 'stop'],
  stopped: ['start', 'delete'],
};

const ICONS = { start: IconPlayerPlay, resume: IconPlayerPlay, pause: IconPlayerPause, stop: IconPlayerStop, delete: IconTrash, publish: IconUpload, enter: IconUserPlus };

export function StatusActions({ journey, unsaved }: { journey: Journey; unsaved: boolean }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked | null>(null);
  const live = journey.status === 'running' || journey.status === 'paused';
  const byRequest = journey.status === 'running' && journey.definition.entry.kind === 'api';
  const offered: Asked[] = [...(byRequest ? (['enter'] as const) : []), ...(live && (journey.changed || unsaved) ? (['publish'] as const) : []), ...OFFERED[journey.status]];
  const close = () => setAsked(null);
  return (
    <>
      {offered.map((action) => {
        const Icon = ICONS[action];
        const strong = action === 'start' || action === 'resume' || action === 'publish';
        const grave = action === 'stop' || action === 'delete';
        // What is started or published is what is saved.
        const early = unsaved && (action === 'start' || action === 'publish');
        return (
          <Button key={action} variant={strong ? 'filled' : 'default'} {...(grave && { c: 'var(--bad)' })} disabled={early} title={early ? t('journeyAction.saveFirst') : undefined} leftSection={<Icon size={16} />} aria-haspopup="dialog" onClick={() => setAsked(action)}>
            {t(`journeyAction.${action}`)}
          </Button>
        );
      })}
      {asked === 'publish' && <PublishDialog journey={journey} onClose={close} />}
      {asked === 'enter' && <EnterDialog journey={journey} onClose={close} />}
      {asked && asked !== 'publish' && asked !== 'enter' && <Confirm journey={journey} action={asked} onClose={close} />}
    </>
  );
}

function Confirm({ journey, action, onClose }: { journey: Journey; action: Exclude<Asked, 'publish' | 'enter'>; onClose: () => void }) {
  const { t } = useTranslation();
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const forget = useForgetJourneys();
  const { id } = journey;
  const act = useMutation({
    mutationFn: async () => {
      if (action === 'start') return journeys.publish(id, { version: journey.version, moves: {} });
      if (action !== 'delete') return journeys.act(id, action);
      await journeys.remove(id);
      return null;
    },
    onSuccess: async (after) => {
      if (after) {
        queries.setQueryData(['journey', id], after);
        onClose();
        await forget(id);
        return;
      }
      await navigate(links.to('/journeys'));
      queries.removeQueries({ queryKey: ['journey', id] });
      await forget();
    },
  });
  const wrong = action === 'start' && journey.problems.some(({ error }) => error);
  const grave = action === 'stop' || action === 'delete';
  return (
    <Modal opened onClose={onClose} title={t(`journeyAsk.${action}`, { name: journey.definition.name })} closeButtonProps={{ 'aria-label': t('common.close') }} data-confirm={action}>
      <Stack>
        <Text size="sm">{t(`journeyLead.${action}`)}</Text>
        {action === 'start' && <ToCome journey={journey} />}
        {action === 'start' && <Problems problems={journey.problems} />}
        {(action === 'pause' || action === 'resume' || action === 'stop') && <Inside journey={journey} />}
        {wrong && <Text size="sm" c="var(--bad)">{t('journeyLead.wrong')}</Text>}
        {act.isError && <ErrorPanel error={act.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button {...(grave && { color: 'red.8' })} disabled={wrong} loading={act.isPending} onClick={() => act.mutate()}>{t(`journeyAction.${action}`)}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Who would come in, as far as can be told before. */
function ToCome({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const { audience, control = CONTROL, transactional, entry, steps } = journey.definition;
  const saved = savedSegment(audience);
  const definition = saved === null ? audience : { type: 'segment', id: saved };
  const count = useQuery({
    queryKey: ['journey-audience', definition],
    queryFn: ({ signal }) => body(client.POST('/api/segments/preview', { body: { definition: definition as Definition }, signal })),
    enabled: definition !== undefined,
  });
  const sends = steps.filter(({ do: action }) => action.kind === 'message' || action.kind === 'best_channel').length;
  const rows: [string, React.ReactNode][] = [
    [t('entry.title'), words.entry(entry)],
    [t('entry.audience'), definition === undefined ? t('audience.mode.everybody') : count.data ? t('review.people', { shown: format.count(count.data.count) }) : '…'],
    [t('numbers.control'), transactional ? '–' : format.percent(control)],
    [t('review.sends'), format.count(sends)],
  ];
  return (
    <>
      <Facts label={t('review.title')} rows={rows} />
      {count.isError && <ErrorPanel error={count.error} />}
    </>
  );
}

/** Who is in now. */
function Inside({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useJourneyReport(journey.id, {}, 'paused');
  if (!data) return null;
  return <Notice color="blue" data-inside={data.waiting}>{t('review.inside', { shown: format.count(data.waiting) })}</Notice>;
}
