// One message: why it was sent or not, and everything that happened to it.

import { Button, Drawer, Group, Stack, Text, ThemeIcon, Timeline, Title } from '@mantine/core';
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type DeliveryWhy, outreach } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Reason } from '../../components/outreach/Reason';
import { MessageState } from '../../components/outreach/StatusBadge';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { useOutreachNames } from '../../lib/outreach';

/** Properties whose values are reasons or codes. */
const CODES = new Set(['reason', 'code', 'group']);

/** The code of a message that may have arrived. */
const IN_DOUBT = 'in_doubt';

interface Props {
  id: string;
  names: Map<string, string>;
  onClose: () => void;
}

export default function DeliveryDrawer({ id, names, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ['deliveries', 'one', id], queryFn: () => outreach.delivery(id) });
  return (
    <Drawer opened onClose={onClose} position={i18n.dir() === 'rtl' ? 'left' : 'right'} size="lg" title={t('deliveries.one')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Query query={query} height={300}>{(why) => <Content why={why} names={names} />}</Query>
    </Drawer>
  );
}

function Content({ why: { delivery, reasons }, names }: { why: DeliveryWhy; names: Map<string, string> }) {
  const { t } = useTranslation();
  const words = useOutreachNames();
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Group gap="sm"><MessageState state={delivery.state} />{delivery.reason && <Text size="sm"><Reason code={delivery.reason} /> <Text span size="xs" c="dimmed" className="keep-ltr">{delivery.reason}</Text></Text>}</Group>
        <Text size="sm">
          <AppLink to={`/people/${encodeURIComponent(delivery.user)}`} size="sm">{delivery.user}</AppLink>{' · '}
          <AppLink to={`/campaigns/${encodeURIComponent(delivery.campaign)}`} size="sm">{names.get(delivery.campaign) ?? delivery.campaign}</AppLink>{' · '}
          {words.channel(delivery.channel)}{delivery.variant && ` · ${t('content.variant')} ${delivery.variant}`}
        </Text>
        <Text size="xs" c="dimmed" className="keep-ltr" style={{ overflowWrap: 'anywhere' }}>{delivery.id}</Text>
      </Stack>
      {delivery.state === 'failed' && <Retry id={delivery.id} doubtful={delivery.reason === IN_DOUBT} />}
      <section aria-label={t('deliveries.whyTitle')}>
        <Title order={3} size="sm" mb="xs">{t('deliveries.whyTitle')}</Title>
        <Stack component="ol" gap="sm" m={0} p={0} data-why>
          {reasons.map((step, at) => <WhyRow key={`${step.about} ${at}`} step={step} />)}
        </Stack>
      </section>
      <section aria-label={t('deliveries.steps')}>
        <Title order={3} size="sm" mb="sm">{t('deliveries.steps')}</Title>
        <Timeline active={delivery.steps.length} bulletSize={12} lineWidth={2}>
          {delivery.steps.map((step) => <Timeline.Item key={`${step.event} ${step.at}`} title={<Text size="sm" fw={600}>{step.event}</Text>}><StepFacts step={step} /></Timeline.Item>)}
        </Timeline>
      </section>
    </Stack>
  );
}

/** Sends a failed message again; one that may have arrived is left alone. */
function Retry({ id, doubtful }: { id: string; doubtful: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const retry = useMutation({ mutationFn: () => outreach.retry(id), onSuccess: () => queries.invalidateQueries({ queryKey: ['deliveries'] }) });
  if (doubtful) return <Text size="sm" c="dimmed">{t('retry.inDoubt')}</Text>;
  return (
    <Stack gap="xs" align="flex-start">
      <Button size="compact-sm" variant="light" leftSection={<IconRefresh size={14} />} loading={retry.isPending} onClick={() => retry.mutate()} data-retry>{t('retry.again')}</Button>
      {retry.isError && <ErrorPanel error={retry.error} />}
    </Stack>
  );
}

function WhyRow({ step }: { step: DeliveryWhy['reasons'][number] }) {
  const { t } = useTranslation();
  const words = useOutreachNames();
  const Mark = step.passed ? IconCheck : IconX;
  // What is a bare reason is told in the language of the page.
  const [first = ''] = step.because.split(' ');
  const told = words.reason(first);
  const known = told !== first;
  return (
    <Group component="li" gap="sm" align="flex-start" wrap="nowrap" style={{ listStyle: 'none' }} data-about={step.about} data-passed={step.passed}>
      <ThemeIcon size={22} radius="xl" variant="light" color={step.passed ? 'teal' : 'red'} role="img" aria-label={step.passed ? t('deliveries.passed') : t('deliveries.refused')}><Mark size={14} stroke={2.4} aria-hidden /></ThemeIcon>
      <div>
        <Text size="sm" fw={600}>{words.about(step.about)}</Text>
        <Text size="sm" c="dimmed">{known ? <>{told} <bdi>{step.because.slice(first.length + 1)}</bdi></> : <bdi>{step.because}</bdi>}</Text>
      </div>
    </Group>
  );
}

function StepFacts({ step }: { step: DeliveryWhy['delivery']['steps'][number] }) {
  const format = useFormat();
  return (
    <>
      <Text size="xs" c="dimmed">{format.exact(step.at)}</Text>
      {Object.entries(step.properties).map(([name, value]) => (
        <Text key={name} size="xs" style={{ overflowWrap: 'anywhere' }}>
          <bdi><Text span inherit c="dimmed">{name}</Text> {value}</bdi>{CODES.has(name) && <> (<Reason code={value} size="xs" />)</>}
        </Text>
      ))}
    </>
  );
}
