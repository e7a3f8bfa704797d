// Language, light or dark, and help, at the foot of the navigation.

import { ActionIcon, Group, NativeSelect, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconKeyboard, IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES, type LanguageCode } from '../../i18n';

export function Preferences({ onHelp }: { onHelp: () => void }) {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <Group justify="space-between" pt="sm" gap="xs" wrap="nowrap" style={{ borderTop: '1px solid var(--hairline)' }}>
      <NativeSelect
        size="xs"
        style={{ flex: 1, minWidth: 0 }}
        aria-label={t('settings.language')}
        leftSection={<IconLanguage size={16} stroke={1.7} />}
        value={i18n.language}
        onChange={(event) => void chooseLanguage(event.currentTarget.value as LanguageCode)}
        data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
      />
      <Group gap={2} wrap="nowrap">
        <ActionIcon variant="subtle" color="gray" aria-label={t('shell.keyboard')} title={t('shell.keyboard')} onClick={onHelp}>
          <IconKeyboard size={18} stroke={1.7} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={dark ? t('shell.light') : t('shell.dark')}
          title={dark ? t('shell.light') : t('shell.dark')}
          onClick={() => setColorScheme(dark ? 'light' : 'dark')}
        >
          {dark ? <IconSun size={18} stroke={1.7} /> : <IconMoon size={18} stroke={1.7} />}
        </ActionIcon>
      </Group>
    </Group>
  );
}
