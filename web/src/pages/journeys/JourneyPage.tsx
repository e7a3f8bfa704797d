// One journey: the canvas on which it is written, the same canvas with its numbers, and its text.

import { Button, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { StatusBadge } from '../../components/outreach/StatusBadge';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { loadPart } from '../../i18n';
import { useParam } from '../../lib/params';
import { useJourney } from './api';
import { StatusActions } from './StatusActions';
import { TextTab } from './TextTab';
import type { Journey } from './types';
import { useDraftKeys, useJourneyDraft } from './useJourneyDraft';

// The library of the canvas comes with the first view that draws one.
const DesignTab = lazy(() => import('./DesignTab'));
const NumbersTab = lazy(() => import('./report/NumbersTab'));
const BacktestTab = lazy(() => loadPart('backtest').then(() => import('./report/BacktestTab')));

const VIEWS = ['design', 'numbers', 'text', 'backtest'] as const;
type View = (typeof VIEWS)[number];

export default function JourneyPage() {
  const { id = '' } = useParams();
  const query = useJourney(id);
  return <Query query={query} height={520}>{(journey) => <Known key={id} journey={journey} />}</Query>;
}

function Known({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const { status } = journey;
  const draft = useJourneyDraft(journey);
  useDraftKeys(draft);
  const [view, setView] = useParam('view', VIEWS, status === 'draft' ? 'design' : 'numbers');
  const { unsaved, save } = draft;
  return (
    <Page
      title={draft.draft.name || journey.id}
      lead={
        <Group component="span" gap="sm">
          <AppLink to="/journeys" size="sm">{t('nav.journeys')}</AppLink>
          <span data-status={status}><StatusBadge status={status} /></span>
          {journey.published !== null && <span>{t('journey.version', { number: journey.published })}</span>}
          {journey.published !== null && journey.changed && <span>{t('journey.changed')}</span>}
          {draft.draft.description && <span><bdi>{draft.draft.description}</bdi></span>}
        </Group>
      }
      actions={
        <>
          {unsaved && <Text size="xs" c="dimmed" role="status">{t('wizard.unsaved')}</Text>}
          <Button variant="default" leftSection={<IconDeviceFloppy size={16} />} loading={save.isPending} disabled={!unsaved} onClick={() => save.mutate()}>{t('journey.save')}</Button>
          <StatusActions journey={journey} unsaved={unsaved} />
        </>
      }
    >
      {save.isError && <ErrorPanel error={save.error} />}
      <Tabs value={view} onChange={(next) => next && setView(next)} keepMounted={false}>
        <Tabs.List aria-label={t('journey.views')}>
          {VIEWS.map((one) => <Tabs.Tab key={one} value={one}>{t(`journey.view.${one}`)}</Tabs.Tab>)}
        </Tabs.List>
        {VIEWS.map((one) => (
          <Tabs.Panel key={one} value={one} pt="md">
            <Suspense fallback={<Stack role="status" aria-label={t('common.loading')}><Skeleton height={520} radius="lg" /></Stack>}>
              <Shown view={one} journey={journey} draft={draft} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}

function Shown({ view, journey, draft }: { view: View; journey: Journey; draft: ReturnType<typeof useJourneyDraft> }) {
  switch (view) {
    case 'design': return <DesignTab journey={journey} draft={draft} />;
    case 'numbers': return <NumbersTab journey={journey} draft={draft} />;
    case 'text': return <TextTab draft={draft} />;
    default: return <BacktestTab journey={journey} />;
  }
}
