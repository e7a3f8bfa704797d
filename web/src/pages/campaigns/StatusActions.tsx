// Start, pause, resume, stop and delete, each after seeing what it does.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { type Campaign, type CampaignAction, outreach, useForgetCampaigns, useReport } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { ReachLines, useReach } from './steps/ReachPanel';

type Asked = CampaignAction | 'delete';

const OFFERED: Record<Campaign['status'], Asked[]> = {
  draft: ['start', 'delete'],
  scheduled: ['pause', 'stop'],
  running: ['pause', 'stop'],
  paused: ['resume', 'stop'],
  stopped: [],
  ended: [],
};

const ICONS = { start: IconPlayerPlay, resume: IconPlayerPlay, pause: IconPlayerPause, stop: IconPlayerStop, delete: IconTrash };

export function StatusActions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <>
      {OFFERED[campaign.status].map((action) => {
        const Icon = ICONS[action];
        const strong = action === 'start' || action === 'resume';
        return (
          <Button key={action} variant={strong ? 'filled' : 'default'} {...((action === 'stop' || action === 'delete') && { c: 'var(--bad)' })} leftSection={<Icon size={16} />} onClick={() => setAsked(action)}>
            {t(`campaignAction.${action}`)}
          </Button>
        );
      })}
      {asked && <Confirm campaign={campaign} action={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Confirm({ campaign, action, onClose }: { campaign: Campaign; action: Asked; onClose: () => void }) {
  const { t } = useTranslation();
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const forget = useForgetCampaigns();
  const { id } = campaign;
  const act = useMutation({
    mutationFn: async () => {
      if (action !== 'delete') return outreach.act(id, action);
      await outreach.deleteCampaign(id);
      return null;
    },
    onSuccess: async (after) => {
      if (after) {
        queries.setQueryData(['campaign', id], after);
        onClose();
        await forget(id);
        return;
      }
      await navigate(links.to('/campaigns'));
      queries.removeQueries({ queryKey: ['campaign', id] });
      await forget();
    },
  });
  const wrong = action === 'start' && campaign.problems.some(({ error }) => error);
  const grave = action === 'stop' || action === 'delete';
  return (
    <Modal opened onClose={onClose} title={t(`campaignAsk.${action}`, { name: campaign.definition.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t(`campaignLead.${action}`)}</Text>
        {action === 'start' && <Reached campaign={campaign} />}
        {(action === 'pause' || action === 'stop') && <UnderWay campaign={campaign} />}
        {wrong && <Text size="sm" c="var(--bad)">{t('campaignLead.wrong')}</Text>}
        {act.isError && <ErrorPanel error={act.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button {...(grave && { color: 'red.8' })} disabled={wrong} loading={act.isPending} onClick={() => act.mutate()}>{t(`campaignAction.${action}`)}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Reached({ campaign }: { campaign: Campaign }) {
  const query = useReach(campaign.definition);
  return query.isError ? <ErrorPanel error={query.error} /> : query.data ? <ReachLines reach={query.data} /> : null;
}

/** What is still to be sent, and what cannot be taken back. */
function UnderWay({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useReport(campaign.id, {}, false);
  if (!data) return null;
  const { planned, waiting, sent } = data.funnel;
  return <Text size="sm" className="numbers">{t('campaignLead.underWay', { waiting: format.count(planned + waiting), sent: format.count(sent) })}</Text>;
}
