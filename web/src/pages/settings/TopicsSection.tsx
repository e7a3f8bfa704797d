// What people can subscribe to, and how they come to get it. The server takes the list as a whole: each change is made
// to the list as it is then, so that what somebody else did meanwhile stays.

import { ActionIcon, Button, Group, Modal, Paper, SimpleGrid, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { outreach, type Topic, useTopics } from '../../api/outreach';
import { EmptyState } from '../../components/EmptyState';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { English } from '../../components/Told';
import { useOutreachNames } from '../../lib/outreach';
import { TopicForm } from './TopicForm';
import { moved, TOPICS_MAX, wayOf, without } from './topics';

type Opened = { what: 'new' } | { what: 'edit' | 'delete'; topic: Topic } | null;

/** Changes the topics as they are on the server now. */
export function useTopicsChange(onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (change: (topics: Topic[]) => Topic[]) => {
      const { topics } = await outreach.topics();
      return outreach.setTopics(change(topics));
    },
    onSuccess: (kept) => {
      queries.setQueryData(['topics'], kept);
      onDone?.();
    },
  });
}

export function TopicsSection() {
  const { t } = useTranslation();
  const query = useTopics();
  const [opened, setOpened] = useState<Opened>(null);
  const [saved, setSaved] = useState(false);
  const topics = query.data?.topics ?? [];
  const open = (next: Opened) => {
    setSaved(false);
    setOpened(next);
  };
  const done = () => {
    setOpened(null);
    setSaved(true);
  };
  return (
    <Section
      title={t('topics.title')}
      lead={t('topics.lead')}
      actions={query.data && topics.length < TOPICS_MAX && <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => open({ what: 'new' })}>{t('topics.new')}</Button>}
    >
      <Stack gap="md">
        <Query query={query} height={120}>
          {() => topics.length === 0 ? (
            <EmptyState title={t('topics.empty')}><Text size="sm" c="dimmed" ta="center">{t('topics.emptyLead')}</Text></EmptyState>
          ) : <Topics topics={topics} onOpen={open} onMoved={() => setSaved(true)} />}
        </Query>
        <div role="status">{saved && <Notice role="presentation" color="teal" p="xs">{t('topics.saved')}</Notice>}</div>
      </Stack>
      {opened?.what === 'new' && <TopicForm known={topics} onClose={() => setOpened(null)} onDone={done} />}
      {opened?.what === 'edit' && <TopicForm known={topics} topic={opened.topic} onClose={() => setOpened(null)} onDone={done} />}
      {opened?.what === 'delete' && <DeleteDialog topic={opened.topic} onClose={() => setOpened(null)} onDone={done} />}
    </Section>
  );
}

interface TopicsProps {
  topics: Topic[];
  onOpen: (what: Opened) => void;
  onMoved: () => void;
}

function Topics({ topics, onOpen, onMoved }: TopicsProps) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const change = useTopicsChange(onMoved);
  const yes = (holds: boolean) => (holds ? t('topics.yes') : t('topics.no'));
  const facts = (topic: Topic) => [[t('topics.channel'), names.channel(topic.channel)], [t('topics.byDefault'), yes(topic.subscribed_by_default)], [t('topics.confirm'), yes(topic.double_opt_in ?? false)]] as const;
  return (
    <Stack gap="md">
      <Stack component="ul" m={0} p={0} gap="md" aria-label={t('topics.title')}>
        {topics.map((topic, at) => (
          <Paper key={topic.id} component="li" p="md" style={{ listStyle: 'none' }} data-topic={topic.id}>
            <Stack gap="sm">
              <Group justify="space-between" gap="sm">
                <Group gap="xs" align="baseline"><Text fw={650}><bdi>{topic.name}</bdi></Text><Text size="xs" c="dimmed"><bdi dir="ltr">{topic.id}</bdi></Text></Group>
                <Group gap="xs" wrap="nowrap">
                  {([-1, 1] as const).map((by) => (
                    <ActionIcon key={by} variant="subtle" color="gray" size="md" aria-label={by < 0 ? t('topics.up', { name: topic.name }) : t('topics.down', { name: topic.name })} disabled={by < 0 ? at === 0 : at === topics.length - 1} onClick={() => change.mutate((now) => moved(now, topic.id, by))}>
                      {by < 0 ? <IconArrowUp size={16} /> : <IconArrowDown size={16} />}
                    </ActionIcon>
                  ))}
                  <Button size="compact-sm" variant="default" onClick={() => onOpen({ what: 'edit', topic })}>{t('topics.edit')}<VisuallyHidden>{` ${topic.name}`}</VisuallyHidden></Button>
                  <Button size="compact-sm" variant="default" c="var(--bad)" onClick={() => onOpen({ what: 'delete', topic })}>{t('topics.remove')}<VisuallyHidden>{` ${topic.name}`}</VisuallyHidden></Button>
                </Group>
              </Group>
              <Text size="sm">{t(`topicWay.${wayOf(topic)}`)}</Text>
              <SimpleGrid cols={{ base: 2, sm: 3 }} component="dl" m={0} spacing="xs">
                {facts(topic).map(([label, value]) => (
                  <div key={label}><Text component="dt" size="xs" c="dimmed">{label}</Text><Text component="dd" m={0} size="sm" fw={600}>{value}</Text></div>
                ))}
              </SimpleGrid>
            </Stack>
          </Paper>
        ))}
      </Stack>
      {change.isError && <ErrorPanel error={change.error} />}
    </Stack>
  );
}

function DeleteDialog({ topic, onClose, onDone }: { topic: Topic; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const remove = useTopicsChange(onDone);
  const used = remove.error instanceof ApiError && remove.error.code === 'topic.in_use' ? remove.error : null;
  return (
    <Modal opened onClose={onClose} title={t('topics.removeOf', { name: topic.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('topics.removeLead')}</Text>
        {used && (
          <Notice color="red" role="alert" title={t('topics.inUse')} data-in-use>
            <Stack gap={4}><Text size="sm"><English>{used.message}</English></Text><Text size="sm">{t('topics.inUseHint')}</Text></Stack>
          </Notice>
        )}
        {remove.isError && !used && <ErrorPanel error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate((now) => without(now, topic.id))}>{t('topics.remove')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
