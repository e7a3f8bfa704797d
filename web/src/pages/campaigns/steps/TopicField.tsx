// What a campaign is about, of what people can subscribe to; and who gets it because of that.

import { NativeSelect, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useTopics } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { useOutreachNames } from '../../../lib/outreach';
import { TOPIC_CHANNELS, wayOf } from '../../settings/topics';
import type { StepProps } from './step';

export function TopicField({ draft, change }: Pick<StepProps, 'draft' | 'change'>) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const topics = useTopics();
  const { channel, topic: written, transactional } = draft;
  const own = (topics.data?.topics ?? []).filter((topic) => topic.channel === channel);
  const chosen = own.find(({ id }) => id === written);
  const unknown = written !== undefined && topics.data !== undefined && !chosen;
  if (!TOPIC_CHANNELS.some((one) => one === channel) && written === undefined) return null;
  const meaning = chosen ? t(`topicWay.${wayOf(chosen)}`) : transactional || unknown ? undefined : t('campaignRules.everybodyOf', { channel: names.channel(channel) });
  return (
    <Stack gap={4} data-topic>
      {(own.length > 0 || written !== undefined) && (
        <NativeSelect
          maw={360}
          label={t('campaignRules.topic')}
          error={unknown && t('campaignRules.topicUnknown', { id: written })}
          value={written ?? ''}
          onChange={(event) => change({ topic: event.currentTarget.value || undefined })}
          data={[{ value: '', label: t('campaignRules.noTopic') }, ...(written !== undefined && !chosen ? [{ value: written, label: written }] : []), ...own.map(({ id, name }) => ({ value: id, label: name }))]}
        />
      )}
      <Text size="sm" c="dimmed">
        <span role="status" data-topic-meaning>{meaning}</span>{' '}
        <AppLink to="/settings?tab=topics" size="sm" underline="always">{t('campaignRules.topics')}</AppLink>
      </Text>
    </Stack>
  );
}
