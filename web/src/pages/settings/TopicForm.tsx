// One topic: a new one, or one that is saved, whose id stays, as what people chose is kept under it.

import { Button, Group, Modal, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { Topic } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { English } from '../../components/Told';
import { useOutreachNames } from '../../lib/outreach';
import { useTopicsChange } from './TopicsSection';
import { emptyTopic, idOf, inWay, replaced, TOPIC_CHANNELS, type Way, wayOf, WAYS, type Wrong, wrongWith } from './topics';

interface Props {
  /** All that are saved. */
  known: Topic[];
  /** The one to change; nothing: a new one. */
  topic?: Topic;
  onClose: () => void;
  onDone: () => void;
}

export function TopicForm({ known, topic: before, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const [topic, setTopic] = useState(before ?? emptyTopic());
  const [ownId, setOwnId] = useState(before !== undefined);
  /** What is wrong is told once somebody wanted to save it. */
  const [asked, setAsked] = useState(false);
  const save = useTopicsChange(onDone);
  const set = (part: Partial<Topic>) => setTopic((old) => ({ ...old, ...part }));
  const wrong = wrongWith(topic, known, before !== undefined);
  const told = (what: Wrong | undefined) => asked && what && t(`topics.wrong.${what}`);
  const ofId = save.error instanceof ApiError && save.error.code === 'topics.id' ? save.error : null;
  const way = wayOf(topic);
  const channels: string[] = [...TOPIC_CHANNELS];
  return (
    <Modal opened onClose={onClose} size="lg" title={before ? t('topics.editOf', { name: before.name }) : t('topics.new')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (wrong.id || wrong.name) return;
          const written = { ...topic, name: topic.name.trim() };
          save.mutate((now) => (before ? replaced(now, written) : [...now, written]));
        }}
      >
        <Stack gap="sm">
          <TextInput label={t('topics.name')} description={t('topics.nameLead')} required data-autofocus value={topic.name} error={told(wrong.name)} onChange={({ currentTarget: { value: name } }) => set({ name, ...(!ownId && { id: idOf(name) }) })} />
          <TextInput
            label={t('topics.id')}
            description={before ? t('topics.idFixed') : t('topics.idLead')}
            required
            {...(before && { readOnly: true, variant: 'filled' })}
            classNames={{ input: 'keep-ltr' }}
            spellCheck={false}
            autoCapitalize="none"
            value={topic.id}
            error={told(wrong.id) || (ofId && <English>{ofId.message}</English>)}
            onChange={(event) => {
              setOwnId(true);
              set({ id: event.currentTarget.value });
            }}
          />
          <NativeSelect label={t('topics.channel')} value={topic.channel} onChange={(event) => set({ channel: event.currentTarget.value })} data={(channels.includes(topic.channel) ? channels : [topic.channel, ...channels]).map((channel) => ({ value: channel, label: names.channel(channel) }))} />
          {before && before.channel !== topic.channel && <Notice color="yellow" p="xs" role="status">{t('topics.otherChannel', { channel: names.channel(before.channel) })}</Notice>}
          <Radio.Group label={t('topics.way')} value={way} onChange={(next) => setTopic((old) => inWay(old, next as Way))}>
            <Stack gap="sm" mt={6}>{WAYS.map((one) => <Radio key={one} value={one} label={t(`topics.ways.${one}`)} description={t(`topicWay.${one}`)} />)}</Stack>
          </Radio.Group>
          {way === 'confirmed' && <Notice color="blue" p="xs" role="status">{t('topics.confirmHow')}</Notice>}
          {save.isError && !ofId && <ErrorPanel error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" loading={save.isPending}>{before ? t('topics.save') : t('topics.add')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
