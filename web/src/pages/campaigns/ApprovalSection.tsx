// Who let this version of a campaign go, or that somebody has to.

import { Button, Group, Stack, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Campaign, outreach } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { Section } from '../../components/Page';
import { When } from '../../components/When';

export function ApprovalSection({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { id, version, approval, created_by: maker, edited_by: editor } = campaign;
  const act = useMutation({
    // The version that is shown is the one that is approved, whatever somebody wrote meanwhile.
    mutationFn: () => (approval ? outreach.withdraw(id) : outreach.approve(id, version)),
    onSuccess: (after) => queries.setQueryData(['campaign', id], after),
  });
  const others = maker === editor ? maker : `${maker}, ${editor}`;
  return (
    <Section title={t('approval.title')} lead={t('approval.version', { version })}>
      <Stack gap="md" align="flex-start" data-approval={approval ? 'given' : 'missing'}>
        {approval ? (
          <Text size="sm"><bdi>{t('approval.by', { who: approval.by })}</bdi> · <When at={approval.at} /></Text>
        ) : (
          <Notice color="yellow" title={t('approval.missing')}>{t('approval.missingLead', { others })}</Notice>
        )}
        {act.isError && <ErrorPanel error={act.error} />}
        <Group>
          <Button variant={approval ? 'default' : 'filled'} {...(!approval && { leftSection: <IconCheck size={16} /> })} loading={act.isPending} onClick={() => act.mutate()}>
            {approval ? t('approval.withdraw') : t('approval.give')}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}
