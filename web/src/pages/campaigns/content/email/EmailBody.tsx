// The body of an e-mail: blocks, or the source that somebody prefers. Blocks are MJML that can be read back;
// other MJML is source only.

import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Content } from '../../../../api/outreach';
import { Notice } from '../../../../components/Notice';
import { FORMS, STARTERS } from '../fields';
import { TemplateField } from '../TemplateField';
import { BlockEditor } from './BlockEditor';
import { BACKGROUND, newBlock, readBlocks, writeBlocks } from './blocks';

const MODES = ['blocks', 'mjml', 'html', 'text'] as const;
type Mode = (typeof MODES)[number];

interface Props {
  content: Content;
  onChange: (content: Content) => void;
  rightToLeft: boolean;
}

export function EmailBody({ content, onChange, rightToLeft }: Props) {
  const { t } = useTranslation();
  const body = typeof content.body === 'string' ? content.body : '';
  const form = FORMS.find((one) => one === content.form) ?? 'html';
  const known = form === 'mjml' || body.trim() === '' ? readBlocks(body) : null;
  const [mode, setMode] = useState<Mode>(() => (form === 'mjml' && known ? 'blocks' : form));
  // A design is taken over anew whenever somebody comes back to the blocks.
  const [opened, setOpened] = useState(0);
  const choose = (next: Mode) => {
    setMode(next);
    setOpened(opened + 1);
    const wanted = next === 'blocks' ? (body.trim() === '' ? 'mjml' : form) : next;
    if (wanted !== form) onChange({ ...content, form: wanted });
  };
  const write = (mjml: string) => onChange({ ...content, form: 'mjml', body: mjml });
  const begin = () => {
    const design = { background: BACKGROUND, rightToLeft, blocks: [newBlock('heading'), { ...newBlock('text'), text: t('blocks.first') }, { ...newBlock('button'), text: t('blocks.firstButton'), href: 'https://example.com/' }, newBlock('footer')] };
    write(writeBlocks(design as Parameters<typeof writeBlocks>[0]));
    setOpened(opened + 1);
  };
  return (
    <Stack gap="sm">
      <Group gap="sm" justify="space-between">
        <Text size="sm" fw={500}>{t('content.field.body')}</Text>
        <SegmentedControl size="xs" aria-label={t('content.field.form')} value={mode} onChange={(next) => choose(next as Mode)} data={MODES.map((value) => ({ value, label: value === 'blocks' ? t('blocks.title') : t(`content.form.${value}`) }))} />
      </Group>
      {mode !== 'blocks' && (
        <Stack gap={6}>
          <TemplateField label={t('content.field.body')} kind="source" template required value={body} onChange={(next) => onChange({ ...content, body: next })} />
          {body.trim() === '' && <Button size="compact-xs" variant="light" style={{ alignSelf: 'flex-start' }} onClick={() => onChange({ ...content, body: STARTERS[form] })}>{t('content.starter')}</Button>}
        </Stack>
      )}
      {mode === 'blocks' && known && (
        <>
          {known.blocks.length === 0 && <Button size="compact-sm" variant="light" style={{ alignSelf: 'flex-start' }} onClick={begin}>{t('content.starter')}</Button>}
          <BlockEditor key={opened} design={known.blocks.length === 0 ? { ...known, rightToLeft } : known} onChange={write} />
        </>
      )}
      {mode === 'blocks' && !known && (
        <Notice color="yellow" title={t('blocks.foreign')}>
          <Text size="sm">{t('blocks.foreignLead')}</Text>
          <Button mt="xs" size="compact-sm" variant="default" onClick={begin}>{t('blocks.replace')}</Button>
        </Notice>
      )}
    </Stack>
  );
}
