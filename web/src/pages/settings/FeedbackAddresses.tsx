// Where a provider is to send what it tells: addresses to be copied into its own settings.

import { Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Provider } from '../../api/outreach';
import { Copy } from './Copy';

export function FeedbackAddresses({ provider }: { provider: Provider }) {
  const { t } = useTranslation();
  return (
    <details>
      <Text component="summary" size="sm" style={{ cursor: 'pointer' }}>{t('providers.feedback')}</Text>
      <Stack component="ul" gap={6} mt="xs" p={0} m={0} style={{ listStyle: 'none' }}>
        {provider.feedback_addresses.map(({ purpose, url }) => (
          <Group component="li" key={purpose} gap="xs" wrap="nowrap" align="flex-start">
            <div style={{ flex: 1, minWidth: 0 }}>
              <Text size="xs" c="dimmed">{t(`providers.feedbackFor.${purpose}`)}</Text>
              <Text size="xs" className="keep-ltr" style={{ overflowWrap: 'anywhere' }}>{url}</Text>
            </div>
            <Copy text={url} what={t(`providers.feedbackFor.${purpose}`)} />
          </Group>
        ))}
      </Stack>
    </details>
  );
}
