// Shows the instant the page is about. The picker behind it is loaded when it is first opened.

import { Button, Group, Text } from '@mantine/core';
import { IconCalendarTime } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';

const AsOfPopover = lazy(() => import('./AsOfPopover'));

export function AsOfControl() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const [wanted, setWanted] = useState(false);
  const [opened, setOpened] = useState(false);
  const shown = format.dateTime(asOf.effective);
  const button = (
    <Button
      variant="default"
      size="sm"
      fw={500}
      style={{ flex: 'none' }}
      onClick={() => {
        setWanted(true);
        setOpened(!opened);
      }}
      title={asOf.live ? t('asOf.liveLabel') : t('asOf.label', { when: shown })}
      aria-haspopup="dialog"
      leftSection={asOf.live ? <span className="live-dot" aria-hidden /> : <IconCalendarTime size={16} stroke={1.7} />}
    >
      {asOf.live ? t('asOf.live') : (
        <Group gap={6} wrap="nowrap" component="span">
          <Text span size="sm" c="dimmed" visibleFrom="md">{t('asOf.prefix')}</Text>
          <Text span size="sm" fw={550}>{shown}</Text>
        </Group>
      )}
    </Button>
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <AsOfPopover button={button} opened={opened} onClose={() => setOpened(false)} />
    </Suspense>
  );
}
