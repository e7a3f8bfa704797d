// A notification as a telephone or a browser shows it: shut, with what is cut off, and opened.

import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconBellFilled, IconPhoto } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Content } from '../../../../api/outreach';
import { useSession } from '../../../../api/session';
import classes from './PushPreview.module.css';

type Fields = Record<string, unknown>;
const said = (fields: Fields, name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');

const SYSTEMS = ['android', 'ios'] as const;
type System = (typeof SYSTEMS)[number] | 'browser';
/** Buttons that a system shows at most. */
const SHOWN: Record<System, number> = { android: 3, ios: 4, browser: 2 };

export function PushPreview({ fields, written, browser }: { fields: Fields; written: Content | undefined; browser: boolean }) {
  const { t } = useTranslation();
  const [chosen, setSystem] = useState<(typeof SYSTEMS)[number]>('android');
  const system: System = browser ? 'browser' : chosen;
  const ttl = written?.ttl_seconds;
  const facts = [
    [t('content.field.link'), said(fields, 'link')],
    [t('content.field.collapse_key'), written ? said(written, 'collapse_key') : ''],
    [t('content.field.ttl_seconds'), typeof ttl === 'number' ? String(ttl) : ''],
  ].filter(([, value]) => value);
  return (
    <Stack gap="sm">
      {!browser && <SegmentedControl size="xs" style={{ alignSelf: 'flex-start' }} aria-label={t('pushPreview.system')} value={chosen} onChange={(next) => setSystem(next as typeof chosen)} data={[{ value: 'android', label: 'Android' }, { value: 'ios', label: 'iOS' }]} />}
      <div data-notification={system}>
        <Text size="xs" c="dimmed" mb={4}>{t('pushPreview.shut')}</Text>
        <Card fields={fields} system={system} open={false} />
        <Text size="xs" c="dimmed" mb={4} mt="sm">{t('pushPreview.opened')}</Text>
        <Card fields={fields} system={system} open />
      </div>
      {facts.map(([name, value]) => <Text key={name} size="xs" c="dimmed">{name}: <bdi>{value}</bdi></Text>)}
    </Stack>
  );
}

function Card({ fields, system, open }: { fields: Fields; system: System; open: boolean }) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const buttons = Array.isArray(fields.buttons) ? (fields.buttons as { title: string }[]) : [];
  const image = said(fields, 'image');
  return (
    <div className={classes.card} data-system={system} data-open={open}>
      <Group gap={8} wrap="nowrap" align="flex-start">
        {system !== 'android' && <span className={classes.icon}><IconBellFilled size={20} aria-hidden /></span>}
        <div className={classes.words}>
          {system === 'android' && <Group gap={6} mb={2}><IconBellFilled size={12} aria-hidden /><Text size="xs" c="dimmed"><bdi>{workspace.name}</bdi> · {t('pushPreview.now')}</Text></Group>}
          <Text fw={650} size="sm" dir="auto" lineClamp={open ? undefined : 1} data-title>{said(fields, 'title')}</Text>
          <Text size="sm" dir="auto" className={classes.body} lineClamp={open ? undefined : system === 'ios' ? 2 : 1}>{said(fields, 'body')}</Text>
        </div>
        {image && !open && <span className={classes.thumb} title={image}><IconPhoto size={18} stroke={1.5} aria-label={t('content.field.image')} /></span>}
      </Group>
      {open && image && <div className={classes.picture}><IconPhoto size={24} stroke={1.5} aria-hidden /><Text size="xs" truncate dir="ltr">{image}</Text></div>}
      {open && buttons.length > 0 && (
        <div className={classes.buttons}>
          {buttons.slice(0, SHOWN[system]).map((button, at) => (
            // eslint-disable-next-line react/no-array-index-key
            <span key={at} className={classes.button} dir="auto">{button.title}</span>
          ))}
        </div>
      )}
    </div>
  );
}
