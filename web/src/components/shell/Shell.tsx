// The frame around all pages: navigation, header with the instant, keyboard shortcuts.

import { AppShell, Badge, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { useSession } from '../../api/session';
import { AsOfControl } from './AsOfControl';
import { HelpDialog } from './HelpDialog';
import { Logo } from './Logo';
import { Navigation } from './Navigation';
import { Preferences } from './Preferences';
import { useShortcuts } from './useShortcuts';

export function Shell() {
  const { t } = useTranslation();
  const session = useSession();
  const [menu, { toggle, close }] = useDisclosure(false);
  const [help, helpDialog] = useDisclosure(false);
  const { pathname } = useLocation();
  useShortcuts(helpDialog.open);
  useEffect(close, [pathname, close]);

  return (
    <>
      <a className="skip-link" href="#main">{t('shell.skip')}</a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !menu } }}
        padding={{ base: 'md', md: 'xl' }}
      >
        <AppShell.Header px="md" bg="var(--mantine-color-body)">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="sm" wrap="nowrap" miw={0}>
              <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('shell.menu')} aria-expanded={menu} />
              <Logo />
              <Text size="sm" c="dimmed" truncate visibleFrom="sm">{session.workspace.name}</Text>
              {session.demo && <Badge variant="light" size="sm" visibleFrom="sm">{t('shell.demo')}</Badge>}
            </Group>
            <AsOfControl />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" bg="var(--mantine-color-body)">
          <Navigation />
          <Preferences onHelp={helpDialog.open} />
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
          <div style={{ maxWidth: 1240, marginInline: 'auto' }}>
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          </div>
        </AppShell.Main>
      </AppShell>
      <HelpDialog opened={help} onClose={helpDialog.close} />
    </>
  );
}
