// Who would get a message if it was due now: everybody who would not is counted with the reason.

import { Group, Stack, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type CampaignInput, type CampaignReach, outreach } from '../../../api/outreach';
import { ErrorPanel } from '../../../components/ErrorPanel';
import { Section } from '../../../components/Page';
import { Query } from '../../../components/Query';
import { Reason } from '../../../components/outreach/Reason';
import { useRested } from '../../../lib/debounce';
import { useFormat } from '../../../lib/format';
import { reachInput } from '../draft';

const REST_MS = 400;

export function useReach(draft: CampaignInput) {
  const asked = useRested(JSON.stringify(reachInput(draft)), REST_MS);
  return useQuery({
    queryKey: ['campaign-reach', asked],
    queryFn: ({ signal }) => outreach.reach(JSON.parse(asked) as CampaignInput, signal),
    placeholderData: keepPreviousData,
  });
}

function Line({ label, value, strong, sign }: { label: React.ReactNode; value: string; strong?: boolean; sign?: string }) {
  return (
    <Group component="li" justify="space-between" gap="sm" wrap="nowrap" py={4} style={{ listStyle: 'none', borderTop: strong ? '1px solid var(--hairline)' : 0 }}>
      <Text size="sm" fw={strong ? 600 : 400} component="span">{label}</Text>
      <Text size="sm" fw={strong ? 650 : 400} className="numbers keep-ltr" component="span">{sign}{value}</Text>
    </Group>
  );
}

/** The whole sum: audience less everybody who is left out. */
export function ReachLines({ reach }: { reach: CampaignReach }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Stack component="ul" gap={0} m={0} p={0} aria-label={t('reach.title')}>
      <Line strong label={t('reach.audience')} value={format.count(reach.audience)} />
      {reach.excluded.toSorted((a, b) => b.count - a.count).map(({ reason, count }) => <Line key={reason} label={<Reason code={reason} />} value={format.count(count)} sign="−" />)}
      <Line strong label={t('reach.reachable')} value={format.count(reach.reachable)} />
      <Line label={t('reach.control')} value={format.count(reach.control)} sign="−" />
      {reach.control_by_group.length > 1 && reach.control_by_group.map(({ reason, count }) => <Line key={`group ${reason}`} label={<Text span size="xs" c="dimmed" ps="md"><Reason code={reason} size="xs" /></Text>} value={format.count(count)} />)}
      <Line strong label={t('reach.messages')} value={format.count(reach.messages)} />
    </Stack>
  );
}

export function ReachPanel({ draft }: { draft: CampaignInput }) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useReach(draft);
  return (
    <Section title={t('reach.title')} lead={t('reach.lead')}>
      {query.isError ? <ErrorPanel error={query.error} retry={() => void query.refetch()} /> : (
        <Query query={query} height={120}>
          {(reach) => (
            <Stack gap="sm" style={{ opacity: query.isPlaceholderData ? 0.6 : 1 }}>
              <Group align="baseline" gap={8}>
                <Text fz={34} fw={680} lh={1} className="numbers" data-messages={reach.messages}>{format.count(reach.messages)}</Text>
                <Text size="sm" c="dimmed">{t('reach.of', { shown: format.count(reach.audience) })}</Text>
              </Group>
              <ReachLines reach={reach} />
              <Detectable reach={reach} />
            </Stack>
          )}
        </Query>
      )}
    </Section>
  );
}

/** How small an effect such a campaign could show. */
export function Detectable({ reach }: { reach: CampaignReach }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (reach.detectable === null) return <Text size="xs" c="dimmed">{t('reach.noDetectable')}</Text>;
  const points = format.count(Math.round(reach.detectable * 1000) / 10);
  return (
    <Text size="xs" c="dimmed">
      {reach.base_rate === null ? t('reach.detectable', { points }) : t('reach.detectableFrom', { points, rate: format.percent(reach.base_rate) })}
    </Text>
  );
}
