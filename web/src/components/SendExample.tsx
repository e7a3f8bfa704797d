// How to send a first event, as a command that works when copied.

import { CopyButton, Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function SendExample() {
  const { t } = useTranslation();
  const command = `curl ${location.origin}/v1/track -u YOUR_KEY: -H 'content-type: application/json' \\
  -d '{"userId":"ada","event":"Purchase","properties":{"amount":42}}'`;
  return (
    <Stack gap="xs" align="stretch" w="100%">
      <Text size="sm" c="dimmed">{t('empty.send')}</Text>
      <pre className="definition" style={{ margin: 0 }}>{command}</pre>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Button size="compact-sm" variant="light" onClick={copy} style={{ alignSelf: 'flex-start' }}>
            {copied ? t('common.copied') : t('common.copy')}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
