// Shows the instant the page is about, and lets one choose another.

import { Button, Group, Loader, Popover, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCalendarTime } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';

const AsOfPicker = lazy(() => import('./AsOfPicker'));

export function AsOfControl() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const [opened, { toggle, close }] = useDisclosure(false);
  const shown = format.dateTime(asOf.effective);
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" shadow="md" trapFocus radius="lg">
      <Popover.Target>
        <Button
          variant="default"
          size="sm"
          fw={500}
          onClick={toggle}
          aria-label={asOf.live ? t('asOf.liveLabel') : t('asOf.label', { when: shown })}
          leftSection={asOf.live ? <span className="live-dot" aria-hidden /> : <IconCalendarTime size={16} stroke={1.7} />}
        >
          {asOf.live ? t('asOf.live') : (
            <Group gap={6} wrap="nowrap">
              <Text span size="sm" c="dimmed" visibleFrom="md">{t('asOf.prefix')}</Text>
              <Text span size="sm" fw={550}>{shown}</Text>
            </Group>
          )}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={<Loader size="sm" aria-label={t('common.loading')} />}>
          <AsOfPicker
            value={asOf.effective}
            chosen={asOf.chosen !== undefined}
            onChoose={(instant) => {
              asOf.choose(instant);
              close();
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
