// What became of the messages, and what they caused.

import { SegmentedControl, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, CampaignReport } from '../../../api/outreach';
import { Notice } from '../../../components/Notice';
import { useParam } from '../../../lib/params';
import { chance } from './scale';
import { ArmsTable } from './ArmsTable';
import { DaysChart } from './DaysChart';
import { EffectSection } from './EffectSection';
import { FunnelSection } from './FunnelSection';

interface Props {
  campaign: Campaign;
  report: CampaignReport;
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

export function Report({ campaign, report }: Props) {
  const { t } = useTranslation();
  const [wanted, setGoal] = useParam('goal', report.goals.map((_, at) => String(at)), '0');
  const goal = report.goals[Number(wanted)];
  return (
    <Stack gap="lg">
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
          <EffectSection campaign={campaign} goal={goal} />
          <ArmsTable campaign={campaign} goal={goal} />
        </>
      )}
      {report.days.length > 0 && <DaysChart days={report.days} />}
    </Stack>
  );
}
