// A journey for people whose state changes, as a cell of the transitions or a state of the lifecycle asks for it. The
// address only fills in: the draft is made by a button, so that an address that is opened twice makes nothing twice.

import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useFrameworks, useLifecycle } from '../../api/queries';
import type { Key } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import type { StateEntry } from '../../lib/links';
import { useNames } from '../../lib/names';
import { spanWords } from '../../lib/sentences';
import { stateEntry, stateJourney } from './model/begin';
import { useMake } from './NewJourney';

export function NewStateJourney({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  return (
    <Modal opened onClose={onClose} title={t('journeys.new')} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }}>
      {params.get('lifecycle') === null ? <OfLifecycle /> : <OfFramework lifecycle={params.get('lifecycle')!} />}
    </Modal>
  );
}

function OfLifecycle() {
  return <Query query={useLifecycle()}>{({ states }) => <Asked states={states} />}</Query>;
}

function OfFramework({ lifecycle }: { lifecycle: string }) {
  return <Query query={useFrameworks()}>{({ frameworks }) => <Asked states={frameworks.find(({ key }) => key === lifecycle)?.states ?? []} />}</Query>;
}

/** The change that the address names, if the lifecycle has it. */
function Asked({ states }: { states: Key[] }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const entry = stateEntry(params, states.map(({ key }) => key));
  return entry ? <Filled entry={entry} states={states} /> : <Notice color="yellow" title={t('stateEntry.unknown')}>{t('stateEntry.unknownLead')}</Notice>;
}

function Filled({ entry, states }: { entry: StateEntry; states: Key[] }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const make = useMake();
  const called = (key: string) => names.state(states.find((state) => state.key === key) ?? { key, name: key });
  const change = { from: entry.from === undefined ? '' : called(entry.from), to: called(entry.to) };
  const [name, setName] = useState(entry.from === undefined ? t('stateEntry.nameInto', change) : t('stateEntry.nameFrom', change));
  const input = stateJourney(name.trim(), entry, states.map(({ key }) => key));
  const [goal] = input.goals ?? [];
  const says = [
    entry.from === undefined ? t('stateEntry.into', change) : t('stateEntry.fromTo', change),
    goal?.when.kind === 'state' ? t('stateEntry.goal', { states: goal.when.to.map(called).join(', '), span: spanWords(goal.within, i18n.language) }) : t('stateEntry.noGoal'),
    t('stateEntry.control', { share: format.percent(input.control ?? 0, 0) }),
    t('stateEntry.wait'),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (input.name !== '') make.mutate({ input, segments: [], addressed: true });
      }}
    >
      <Stack gap="md" data-state-entry={entry.to}>
        <TextInput label={t('entry.name')} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <div>
          <Text size="sm" fw={500}>{t('stateEntry.lead')}</Text>
          <List size="sm" mt={4}>{says.map((text) => <List.Item key={text}>{text}</List.Item>)}</List>
        </div>
        {make.isError && <ErrorPanel error={make.error} />}
        <Group justify="flex-end">
          <Button type="submit" disabled={input.name === ''} loading={make.isPending}>{t('stateEntry.make')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
