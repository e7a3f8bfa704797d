// Language, light or dark, and help, at the foot of the navigation.

import { ActionIcon, Group, Menu, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconKeyboard, IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES } from '../../i18n';

export function Preferences({ onHelp }: { onHelp: () => void }) {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const current = LANGUAGES.find((language) => language.code === i18n.language);
  return (
    <Group justify="space-between" pt="sm" style={{ borderTop: '1px solid var(--hairline)' }}>
      <Menu position="top-start" withinPortal>
        <Menu.Target>
          <UnstyledButton p={6} aria-label={t('shell.language', { name: current?.name })} style={{ borderRadius: 8, fontSize: 14 }}>
            <Group gap={8}><IconLanguage size={18} stroke={1.7} />{current?.name}</Group>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {LANGUAGES.map(({ code, name }) => (
            <Menu.Item key={code} lang={code} onClick={() => void chooseLanguage(code)}>{name}</Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Group gap={4}>
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
