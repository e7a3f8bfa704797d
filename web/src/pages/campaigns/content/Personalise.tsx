// Picks a value of the user, the event or the answer of a server and what is said without it, and puts it where the cursor is.

import { ActionIcon, Autocomplete, Button, Group, NativeSelect, Popover, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { IconBraces } from '@tabler/icons-react';
import { createContext, useContext, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../../api/queries';
import { LookUp } from './LookUp';
import { always, answered, LINKS, OWN, personal, type Source } from './personal';

/** The event that triggers the campaign; its properties can be put in, too. */
export const TriggerEvent = createContext<string>('');

/** A step of a journey that asks a server before the message is sent. */
export interface Answer {
  step: string;
  name: string;
  /** Fields that are known; there may be others. */
  fields: string[];
}

/** Answers of servers that can be put in, too. */
export const Answers = createContext<Answer[]>([]);

interface Props {
  /** Which field it belongs to, for those who only hear the button. */
  field: string;
  onInsert: (text: string) => void;
}

export function Personalise({ field, onInsert }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const insert = (text: string) => {
    onInsert(text);
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" trapFocus returnFocus radius="lg" withRoles={false}>
      <Popover.Target>
        <ActionIcon variant="subtle" size="sm" aria-label={t('content.personalise', { field })} title={t('content.personalise', { field })} aria-haspopup="dialog" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <IconBraces size={16} stroke={1.7} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={t('content.personalise', { field })}>
        {opened && <Picker onInsert={insert} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Picker({ onInsert }: { onInsert: (text: string) => void }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const trigger = useContext(TriggerEvent);
  const answers = useContext(Answers);
  const [source, setSource] = useState<Source | 'answer'>('profile');
  const [step, setStep] = useState(answers[0]?.step ?? '');
  const [name, setName] = useState('');
  const [fallback, setFallback] = useState('');
  const properties = catalogue.data?.events.find((event) => event.name === trigger)?.properties ?? [];
  const known = source === 'answer' ? (answers.find((one) => one.step === step)?.fields ?? []) : (source === 'profile' ? (catalogue.data?.attributes ?? []) : properties).map((one) => one.name);
  const sources = [
    { value: 'profile', label: t('content.profile') },
    ...(properties.length > 0 ? [{ value: 'event', label: t('content.event') }] : []),
    ...(answers.length > 0 ? [{ value: 'answer', label: t('content.answer') }] : []),
  ];
  const said = source === 'answer' ? answered(step, name.trim(), fallback) : personal(source, name.trim(), fallback);
  return (
    <Stack gap="xs" w={280}>
      <LookUp trigger={properties.map((one) => one.name)} attributes={(catalogue.data?.attributes ?? []).map((one) => one.name)} onInsert={onInsert} />
      {sources.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t('content.source')}
          value={source}
          onChange={(next) => setSource(next as Source | 'answer')}
          data={sources}
        />
      )}
      {source === 'answer' && <NativeSelect size="xs" label={t('content.answerOf')} value={step} onChange={(event) => setStep(event.currentTarget.value)} data={answers.map((one) => ({ value: one.step, label: one.name }))} />}
      <Autocomplete
        size="xs"
        label={source === 'profile' ? t('content.attribute') : source === 'event' ? t('content.property') : t('content.answerField')}
        value={name}
        onChange={setName}
        data={[...new Set(known)]}
        limit={30}
        maxDropdownHeight={200}
        comboboxProps={{ withinPortal: false }}
        dir="auto"
        data-autofocus
      />
      <TextInput size="xs" label={t('content.fallback')} description={t('content.fallbackHint')} value={fallback} onChange={(event) => setFallback(event.currentTarget.value)} />
      {name.trim() && <Text size="xs" className="definition" style={{ padding: '2px 8px' }}>{said}</Text>}
      <Button size="xs" disabled={!name.trim()} onClick={() => onInsert(said)}>{t('content.insert')}</Button>
      <Group gap={4}>
        {LINKS.map((link) => <Button key={link} size="compact-xs" variant="light" onClick={() => onInsert(always(link))}>{t(`content.link.${link}`)}</Button>)}
        {OWN.map((name) => {
          const word = name.replace('.', '_');
          return <Button key={name} size="compact-xs" variant="default" onClick={() => onInsert(always(name))}>{t(`content.own.${word}`)}</Button>;
        })}
      </Group>
    </Stack>
  );
}
