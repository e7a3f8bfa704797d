// What became of the messages, and what they caused.

import { SegmentedControl, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, CampaignReport, ReportWarning } from '../../../api/outreach';
import { Notice } from '../../../components/Notice';
import { English } from '../../../components/Told';
import { useParam } from '../../../lib/params';
import { apart } from '../../../lib/sentences';
import { chance } from './scale';
import { ArmsTable } from './ArmsTable';
import { CreditSection } from './CreditSection';
import { DaysChart } from './DaysChart';
import { EffectSection } from './EffectSection';
import { FunnelSection } from './FunnelSection';
import { VerdictSection } from './VerdictSection';

interface Props {
  campaign: Campaign;
  report: CampaignReport;
  /** Of the intervals. */
  confidence: number;
}

function Warning({ warning }: { warning: ReportWarning }) {
  const { t, i18n } = useTranslation();
  const known = i18n.exists(`warning.${warning.code}`);
  return (
    <Notice color="yellow" title={known ? t(`warning.${warning.code}`) : <English>{warning.message}</English>} data-warning={warning.code}>
      {known ? t(`warningHint.${warning.code}`) : <English>{warning.hint}</English>}
    </Notice>
  );
}

/** What variants are called. */
export function useArmNames(campaign: Campaign): (arm: string) => string {
  const { t } = useTranslation();
  return (arm) => {
    if (arm === 'control') return t('report.controlArm');
    if (arm === 'all') return t('report.allArms');
    return campaign.definition.variants.find(({ id }) => id === arm)?.name || arm.toUpperCase();
  };
}

export function Report({ campaign, report, confidence }: Props) {
  const { t } = useTranslation();
  const [wanted, setGoal] = useParam('goal', report.goals.map((_, at) => String(at)), '0');
  const goal = report.goals[Number(wanted)];
  const { variant_by: by } = campaign.definition;
  return (
    <Stack gap="lg">
      {report.warnings.map((warning) => <Warning key={warning.code} warning={warning} />)}
      {by && <Notice color="blue" title={t('variantBy.reportTitle', { name: apart(by.attribute) })} data-by-attribute>{t('variantBy.reportLead')}</Notice>}
      <VerdictSection campaign={campaign} verdict={report.verdict} />
      <FunnelSection campaign={campaign} report={report} />
      {report.sample_ratio?.mismatch && (
        <Notice color="red" role="alert" title={t('report.mismatch')} data-mismatch>
          {t('report.mismatchLead', { p: chance(report.sample_ratio.p_value) })}
        </Notice>
      )}
      {report.goals.length > 1 && (
        <SegmentedControl
          size="xs"
          style={{ alignSelf: 'flex-start' }}
          aria-label={t('report.goal')}
          value={wanted}
          onChange={setGoal}
          data={report.goals.map(({ event, within }, at) => ({ value: String(at), label: `${event} (${within})` }))}
        />
      )}
      {goal && (
        <>
          <EffectSection campaign={campaign} goal={goal} confidence={confidence} />
          <CreditSection campaign={campaign} goal={goal} />
          <ArmsTable campaign={campaign} goal={goal} />
        </>
      )}
      {report.days.length > 0 && <DaysChart days={report.days} />}
    </Stack>
  );
}
