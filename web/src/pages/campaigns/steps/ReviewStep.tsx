// Everything at a glance before anybody is written to: who, how many, what is left out and why, what is
// wrong.

import { Button, Grid, Group, Stack, Text } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { type CampaignInput, type ContentProblem, usePolicy } from '../../../api/outreach';
import { ErrorPanel } from '../../../components/ErrorPanel';
import { Section } from '../../../components/Page';
import { Query } from '../../../components/Query';
import { Notice } from '../../../components/Notice';
import { useFormat } from '../../../lib/format';
import { Problems } from '../content/Problems';
import { DefinitionFacts } from '../DefinitionFacts';
import { Detectable, ReachLines, useReach } from './ReachPanel';

interface Props {
  draft: CampaignInput;
  /** Something must be written before it can be saved. */
  incomplete: boolean;
  /** Of what was saved last. */
  problems: ContentProblem[];
  /** What is written is not saved yet. */
  unsaved: boolean;
  started: boolean;
  error: unknown;
  busy: boolean;
  onStart: () => void;
}

export default function ReviewStep({ draft, incomplete, problems, unsaved, started, error, busy, onStart }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useReach(draft);
  const policy = usePolicy();
  const insecure = policy.data !== undefined && draft.channel === 'email' && !draft.transactional && !policy.data.public_url?.startsWith('https://');
  const asks = draft.trigger.kind === 'once' && draft.trigger.at === undefined;
  const waits = ['event', 'enters', 'leaves', 'state', 'api'].includes(draft.trigger.kind);
  const count = query.isPlaceholderData ? undefined : query.data?.messages;
  const wrong = problems.some((problem) => problem.error);
  const shown = count === undefined ? '…' : format.count(count);
  const label = waits ? t('review.startWaiting') : asks ? t('review.sendNow', { shown }) : t('review.schedule', { shown });
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Section title={t('review.what')}><DefinitionFacts definition={draft} /></Section>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Section title={t('review.who')} lead={waits ? t('review.waits') : t('review.whoLead')}>
          {query.isError ? <ErrorPanel error={query.error} retry={() => void query.refetch()} /> : (
            <Query query={query} height={140}>
              {(reach) => (
                <Stack gap="md">
                  <ReachLines reach={reach} />
                  <Detectable reach={reach} />
                  {reach.messages === 0 && <Notice color="yellow">{t('review.nobody')}</Notice>}
                </Stack>
              )}
            </Query>
          )}
          <Stack gap="md" mt="md">
            <Problems problems={problems} />
            {insecure && <Notice color="yellow" title={t('warning.no_one_click')} data-warning="no_one_click">{t('warningHint.no_one_click')}</Notice>}
            {policy.data?.approval && !started && <Notice color="blue" title={t('approval.needed')} data-approval-needed>{t('approval.neededLead')}</Notice>}
            {!started && (
              <Group>
                <Button leftSection={<IconSend size={16} />} loading={busy} disabled={wrong || incomplete || (count === undefined && !query.isError) || (asks && count === 0)} onClick={onStart} data-start>{label}</Button>
              </Group>
            )}
            {unsaved && !started && <Text size="xs" c="dimmed">{t('review.saves')}</Text>}
            {error !== null && error !== undefined && <ErrorPanel error={error} />}
          </Stack>
        </Section>
      </Grid.Col>
    </Grid>
  );
}
