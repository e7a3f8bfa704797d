// Decides between log-in and pages, and maps addresses to pages, each its own chunk.

import { Center, Loader } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Route, Routes } from 'react-router';
import { storedKey } from './api/key';
import { SessionProvider, useSessionQuery } from './api/session';
import { ErrorPanel } from './components/ErrorPanel';
import { Shell } from './components/shell/Shell';
import { loadPart, loadParts } from './i18n';

const OverviewPage = lazy(() => import('./pages/overview/OverviewPage'));
const LivePage = lazy(() => import('./pages/live/LivePage'));
const LifecyclePage = lazy(() => loadParts('lifecycle', 'messages', 'campaigns', 'journeys', 'said').then(() => import('./pages/lifecycle/LifecyclePage')));
const RfmPage = lazy(() => import('./pages/rfm/RfmPage'));
const SegmentsPage = lazy(() => import('./pages/segments/SegmentsPage'));
const SegmentPage = lazy(() => import('./pages/segments/SegmentPage'));
const PeoplePage = lazy(() => import('./pages/people/PeoplePage'));
const PersonPage = lazy(() => loadParts('person', 'messages').then(() => import('./pages/people/PersonPage')));
const SourcesPage = lazy(() => loadPart('sources').then(() => import('./pages/sources/SourcesPage')));
const DataPage = lazy(() => loadPart('data').then(() => import('./pages/data/DataPage')));
const SettingsPage = lazy(() => loadParts('data', 'messages', 'channels').then(() => import('./pages/settings/SettingsPage')));
const CampaignsPage = lazy(() => loadParts('messages', 'campaigns').then(() => import('./pages/campaigns/CampaignsPage')));
const CampaignPage = lazy(() => loadParts('messages', 'campaigns', 'said').then(() => import('./pages/campaigns/CampaignPage')));
const WizardPage = lazy(() => loadParts('messages', 'campaigns', 'said').then(() => import('./pages/campaigns/WizardPage')));
const JourneysPage = lazy(() => loadParts('messages', 'campaigns', 'journeys').then(() => import('./pages/journeys/JourneysPage')));
const JourneyPage = lazy(() => loadParts('messages', 'campaigns', 'journeys', 'said').then(() => import('./pages/journeys/JourneyPage')));
const DeliveriesPage = lazy(() => loadPart('messages').then(() => import('./pages/deliveries/DeliveriesPage')));
const LoginPage = lazy(() => import('./pages/login/LoginPage'));
const NotFoundPage = lazy(() => import('./pages/NotFoundPage'));

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center mih="40vh">
      <Loader aria-label={t('common.loading')} />
    </Center>
  );
}

export function App() {
  const session = useSessionQuery();
  const [, signedIn] = useState(0);

  if (session.isPending) return <Waiting />;
  if (session.isError) return <ErrorPanel error={session.error} retry={() => void session.refetch()} page />;
  const locked = !session.data.open && !storedKey();
  return (
    <SessionProvider value={session.data}>
      <Suspense fallback={<Waiting />}>
        {locked ? (
          <LoginPage onSignedIn={() => signedIn((times) => times + 1)} />
        ) : (
          <Routes>
            <Route element={<Shell />}>
              <Route index element={<OverviewPage />} />
              <Route path="live" element={<LivePage />} />
              <Route path="lifecycle" element={<LifecyclePage />} />
              <Route path="rfm" element={<RfmPage />} />
              <Route path="segments" element={<SegmentsPage />} />
              <Route path="segments/:id" element={<SegmentPage />} />
              <Route path="people" element={<PeoplePage />} />
              <Route path="people/:id" element={<PersonPage />} />
              <Route path="campaigns" element={<CampaignsPage />} />
              <Route path="campaigns/new" element={<WizardPage key="new" />} />
              <Route path="campaigns/:id" element={<CampaignPage />} />
              <Route path="campaigns/:id/edit" element={<WizardPage />} />
              <Route path="journeys" element={<JourneysPage />} />
              <Route path="journeys/:id" element={<JourneyPage />} />
              <Route path="deliveries" element={<DeliveriesPage />} />
              <Route path="sources" element={<SourcesPage />} />
              <Route path="data" element={<DataPage />} />
              <Route path="settings" element={<SettingsPage />} />
              <Route path="*" element={<NotFoundPage />} />
            </Route>
          </Routes>
        )}
      </Suspense>
    </SessionProvider>
  );
}
