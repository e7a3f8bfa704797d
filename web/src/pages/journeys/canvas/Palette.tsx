// What can be put on a line: a new step, or the way to one that is there.

import { Button, NativeSelect, Stack, Text, ThemeIcon } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Place } from '../model/edit';
import classes from './canvas.module.css';
import { useCanvas } from './context';
import { COLOURS, GROUPS, ICONS } from './kinds';

export function Palette({ place }: { place: Place }) {
  const { t } = useTranslation();
  const { journey, words, onInsert, onConnect, onPalette } = useCanvas();
  const [to, setTo] = useState('');
  const connect = (target: string | undefined) => {
    onConnect(place, target);
    onPalette(null);
  };
  return (
    <Stack gap="xs" w={270} mah={420} style={{ overflow: 'auto' }}>
      {GROUPS.map(({ name, kinds }) => (
        <div key={name} role="group" aria-label={t(`palette.${name}`)}>
          <Text size="xs" c="dimmed" fw={600} px={8}>{t(`palette.${name}`)}</Text>
          {kinds.map((kind, at) => {
            const Icon = ICONS[kind];
            return (
              <button key={kind} type="button" className={classes.choice} {...(name === 'time' && at === 0 && { 'data-autofocus': true })} data-kind={kind} onClick={() => onInsert(place, kind)}>
                <ThemeIcon variant="light" color={COLOURS[kind]} size={28} style={{ flex: 'none' }}><Icon size={16} stroke={1.7} /></ThemeIcon>
                <span>
                  <Text component="span" display="block" size="sm" fw={550} lh={1.3}>{words.kind(kind)}</Text>
                  <Text component="span" display="block" size="xs" c="dimmed" lh={1.3}>{t(`step.lead.${kind}`)}</Text>
                </span>
              </button>
            );
          })}
        </div>
      ))}
      {place.step !== null && (
        <Stack gap={6} px={8} pt={6} style={{ borderTop: '1px solid var(--hairline)' }}>
          <NativeSelect
            size="xs"
            label={t('palette.goTo')}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            data={[{ value: '', label: t('palette.choose') }, ...journey.steps.filter(({ id }) => id !== place.step).map((step) => ({ value: step.id, label: `${words.step(step)} (${step.id})` }))]}
          />
          <Button size="compact-sm" variant="light" disabled={to === ''} onClick={() => connect(to)}>{t('palette.connect')}</Button>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => connect(undefined)}>{t('palette.end')}</Button>
        </Stack>
      )}
    </Stack>
  );
}
