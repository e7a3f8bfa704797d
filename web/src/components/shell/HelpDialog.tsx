// The list of keyboard shortcuts.

import { Group, Kbd, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export default function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const rows: [string[], string][] = [
    [['/'], t('help.search')],
    [['g', 'o'], t('nav.overview')],
    [['g', 'v'], t('nav.live')],
    [['g', 'l'], t('nav.lifecycle')],
    [['g', 'r'], t('nav.rfm')],
    [['g', 's'], t('nav.segments')],
    [['g', 'p'], t('nav.people')],
    [['g', 'c'], t('nav.campaigns')],
    [['g', 'j'], t('nav.journeys')],
    [['g', 'm'], t('nav.deliveries')],
    [['g', 'e'], t('nav.sources')],
    [['?'], t('help.this')],
  ];
  return (
    <Modal opened={opened} onClose={onClose} title={t('shell.keyboard')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack gap="sm">
        {rows.map(([keys, meaning]) => (
          <Group key={keys.join('')} justify="space-between">
            <Text size="sm">{meaning}</Text>
            <Group gap={4}>{keys.map((key) => <Kbd key={key}>{key}</Kbd>)}</Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
