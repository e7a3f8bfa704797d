// A button that copies a text, and says so.

import { Button, CopyButton, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface Props {
  text: string;
  /** What it is, for whoever hears the page. */
  what: string;
}

export function Copy({ text, what }: Props) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" style={{ flexShrink: 0 }} onClick={copy}>
          <span aria-live="polite">{copied ? t('providers.copied') : t('providers.copy')}</span>
          <VisuallyHidden>{` ${what}`}</VisuallyHidden>
        </Button>
      )}
    </CopyButton>
  );
}
