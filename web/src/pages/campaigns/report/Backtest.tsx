// What the campaign would have done over a past period of what really happened: whom it would have found, and what
// would have become of each message.

import { Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type BacktestResult, backtests } from '../../../api/backtests';
import type { Campaign } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { Messages } from '../../../components/backtest/Messages';
import { Days, Decisions } from '../../../components/backtest/Outcome';
import { People } from '../../../components/backtest/People';
import { Trial } from '../../../components/backtest/Trial';
import { Section } from '../../../components/Page';
import { Told } from '../../../components/Told';
import { When } from '../../../components/When';
import { useFormat } from '../../../lib/format';

export default function Backtest({ campaign }: { campaign: Campaign }) {
  return <Trial begin={(period) => backtests.ofCampaign(campaign.id, period)}>{(result) => <Result result={result} />}</Trial>;
}

function Result({ result }: { result: BacktestResult }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <Days result={result} entered={t('backtest.found')} />
      {result.variants.length > 1 && (
        <Section title={t('backtest.variants')}>
          <Table verticalSpacing={6} maw={480} className="numbers" aria-label={t('backtest.variants')}>
            <Table.Thead><Table.Tr><Table.Th scope="col">{t('backtest.variant')}</Table.Th><Table.Th scope="col" ta="end">{t('messageState.sent')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{result.variants.map(({ variant, name, sent }) => <Table.Tr key={variant}><Table.Th scope="row" fw={450}><bdi>{name}</bdi></Table.Th><Table.Td ta="end">{format.count(sent)}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Section>
      )}
      <Messages result={result} />
      <People
        lead={t('backtest.foundLead')}
        all={result.found}
        id={(one) => one.messages[0]?.message ?? `${one.user} ${one.at}`}
        row={(one) => (
          <>
            <AppLink to={`/people/${encodeURIComponent(one.user)}`} size="sm" fw={600}><bdi>{one.user}</bdi></AppLink>
            <Text size="sm"><Told code={one.why_code} text={one.why} /> <Text span size="xs" c="dimmed"><When at={one.at} /></Text></Text>
            <Decisions messages={one.messages} />
          </>
        )}
      />
    </>
  );
}
