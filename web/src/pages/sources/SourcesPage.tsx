// How events come here: every client library with the set-up that works with this server, and whether
// something has come from it.

import { SimpleGrid, TextInput } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import type { ShownEvent } from '../../lib/live';
import { useLive } from '../../lib/useLive';
import { SourceCard } from './SourceCard';
import { SOURCES, sourceOf } from './sources';

const ImportsSection = lazy(() => import('./ImportsSection'));

export default function SourcesPage() {
  const { t } = useTranslation();
  const { query, state } = useLive({ events: true });
  const [written, setWritten] = useState('');
  const target = { url: location.origin, host: location.host, key: written.trim() || 'YOUR_KEY' };
  const last = new Map<string, ShownEvent>();
  // Newest first: the first of a source is its last.
  for (const event of state?.events ?? []) {
    const source = sourceOf(event.properties);
    if (!last.has(source)) last.set(source, event);
  }
  return (
    <Page title={t('nav.sources')} lead={t('sources.lead')}>
      <Section title={t('sources.key')} lead={t('sources.keyLead')}>
        <pre className="definition" style={{ margin: '0 0 12px' }}>perennial key create --data-dir DIR --scope ingest</pre>
        <TextInput
          label={t('sources.keyLabel')}
          placeholder="pk_…"
          value={written}
          onChange={(event) => setWritten(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          maw={560}
          dir="ltr"
        />
      </Section>
      <Query query={query}>
        {() => (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            {SOURCES.map((source) => <SourceCard key={source.id} source={source} target={target} last={last.get(source.id)} />)}
          </SimpleGrid>
        )}
      </Query>
      <Suspense fallback={null}>
        <ImportsSection />
      </Suspense>
    </Page>
  );
}
