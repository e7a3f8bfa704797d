// How many messages each would have got, and what kept others from being sent.

import { Group, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { BacktestResult } from '../../api/backtests';
import { type Format, useFormat } from '../../lib/format';
import { AppLink } from '../AppLink';
import { useChartLook } from '../charts/useChartLook';
import { Notice } from '../Notice';
import { NumbersTable } from '../NumbersTable';
import { Reason } from '../outreach/Reason';
import { Section } from '../Page';
import { ShareBar } from '../ShareBar';
import { Counts } from './Counts';
import { atMost, type Bucket, bucketsOf } from './spread';

export function Messages({ result }: { result: BacktestResult }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { messages, worst } = result;
  return (
    <Section title={t('backtest.messages')} lead={worst ? t('backtest.sentInAll', { shown: format.count(result.sent) }) : t('backtest.noMessages')}>
      <Spread messages={messages}>
        {worst && <Text size="sm" mt={4} data-worst={worst.messages}>{t('backtest.worst', { shown: format.count(worst.messages) })} <AppLink to={`/people/${encodeURIComponent(worst.user)}`} size="sm" underline="always"><bdi>{worst.user}</bdi></AppLink></Text>}
      </Spread>
      {result.waiting > 0 && <Text size="sm" mt="sm">{t('backtest.waiting', { shown: format.count(result.waiting) })}</Text>}
      <Reasons title={t('backtest.withheld')} counts={result.withheld} />
      <Reasons title={t('backtest.delayed')} counts={result.delayed} />
      <Reasons title={t('backtest.heldOut')} counts={result.groups} />
      {result.limits.map(({ limit, most, over }) => (
        <Notice key={limit} mt="md" color="yellow" data-limit={limit} title={t(`backtest.limit.${limit}`, { most: format.count(most), over: format.count(over) })}>{t('backtest.limitLead')}</Notice>
      ))}
    </Section>
  );
}

/** Everybody by how many messages they got, in a few rows; every number is behind a button if rows hold several. */
function Spread({ messages, children }: Pick<BacktestResult, 'messages'> & { children: ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const people = messages.reduce((sum, { users }) => sum + users, 0);
  if (people === 0) return children;
  const buckets = bucketsOf(messages);
  const largest = Math.max(...buckets.map(({ users }) => users));
  const share = (users: number) => percentOf(users / people, format);
  const [half, nineTenths] = [atMost(messages, 0.5), atMost(messages, 0.9)];
  return (
    <>
      <Table verticalSpacing={5} maw={640} className="numbers" aria-label={t('backtest.messages')} data-spread={people}>
        <Table.Thead>
          <Table.Tr><Table.Th scope="col">{t('backtest.perPerson')}</Table.Th><Table.Th scope="col" ta="end">{t('common.users')}</Table.Th><Table.Th scope="col" ta="end">{t('common.share')}</Table.Th></Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {buckets.map((bucket) => <BucketRow key={bucket.to} bucket={bucket} share={share(bucket.users)} length={bucket.users / largest} />)}
        </Table.Tbody>
      </Table>
      <Text size="sm" mt="sm">{t('backtest.atMost', { half: format.count(half), most: format.count(nineTenths) })}</Text>
      {children}
      {buckets.some(({ from, to }) => from < to) && (
        <NumbersTable caption={t('backtest.eachNumber')} columns={[t('backtest.perPerson'), t('common.users'), t('common.share')]} rows={messages.map((one) => [format.count(one.messages), format.count(one.users), share(one.users)])} />
      )}
    </>
  );
}

/** With as many digits as it takes to be more than nothing. */
function percentOf(share: number, format: Format): string {
  const digits = share > 0 ? Math.max(1, Math.ceil(-Math.log10(share * 100))) : 1;
  return format.percent(share, digits);
}

function BucketRow({ bucket, share, length }: { bucket: Bucket; share: string; length: number }) {
  const format = useFormat();
  const look = useChartLook();
  return (
    <Table.Tr data-bucket={bucket.users}>
      <Table.Th scope="row" fw={450} style={{ whiteSpace: 'nowrap' }}>{format.range(bucket.from, bucket.to)}</Table.Th>
      <Table.Td ta="end">{format.count(bucket.users)}</Table.Td>
      <Table.Td w="55%">
        <Group gap="xs" wrap="nowrap">
          <ShareBar share={length} colour={look.accent} />
          <Text size="xs" c="dimmed" w={52} ta="end">{share}</Text>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Reasons({ title, counts }: { title: string; counts: Record<string, number> }) {
  if (Object.keys(counts).length === 0) return null;
  return (
    <>
      <Text size="sm" fw={600} mt="md">{title}</Text>
      <Counts title={title} counts={counts} name={(reason) => <Reason code={reason} />} />
    </>
  );
}
