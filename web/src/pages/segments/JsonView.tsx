// The JSON form of a definition, for scripts, folded away until asked for.

import { Button, CopyButton, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../api/types';

export function JsonView({ json }: { json: Json }) {
  const { t } = useTranslation();
  const [open, { toggle }] = useDisclosure(false);
  const text = JSON.stringify(json, null, 2);
  return (
    <div>
      <Group gap="xs">
        <Button variant="subtle" color="gray" size="compact-xs" fw={500} c="dimmed" onClick={toggle} aria-expanded={open}>{open ? t('segment.hideJson') : t('segment.showJson')}</Button>
        {open && (
          <CopyButton value={text}>
            {({ copied, copy }) => <Button variant="subtle" size="compact-xs" onClick={copy}>{copied ? t('common.copied') : t('common.copy')}</Button>}
          </CopyButton>
        )}
      </Group>
      {open && <pre className="definition" style={{ marginBlock: 8 }}>{text}</pre>}
    </div>
  );
}
