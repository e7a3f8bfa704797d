// One segment: a new one, or a saved one with its size over time and members.

import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { body, client } from '../../api/client';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { SavedSegment } from './SavedSegment';
import { SegmentForm } from './SegmentForm';

function NewSegment() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  return (
    <Page title={t('segment.new')} lead={t('segment.newLead')}>
      <SegmentForm initial={{ name: params.get('name') ?? '', description: '', definition: params.get('definition') ?? '' }} />
    </Page>
  );
}

function KnownSegment({ id }: { id: string }) {
  const asOf = useAsOf();
  const query = useQuery({
    queryKey: ['segment', id, asOf.chosen],
    queryFn: () => body(client.GET('/api/segments/{id}', { params: { path: { id }, query: { as_of: asOf.chosen } } })),
    refetchInterval: asOf.refetchInterval,
  });
  return <Query query={query} height={420}>{(segment) => <SavedSegment segment={segment} />}</Query>;
}

export default function SegmentPage() {
  const { id = 'new' } = useParams();
  return id === 'new' ? <NewSegment /> : <KnownSegment key={id} id={id} />;
}
