// The frame around all pages: navigation, header with the instant, keyboard shortcuts.

import { Badge, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { useSession } from '../../api/session';
import { AsOfControl } from './AsOfControl';
import { Logo } from './Logo';
import { Navigation } from './Navigation';
import { Preferences } from './Preferences';
import classes from './Shell.module.css';
import { useShortcuts } from './useShortcuts';

const HelpDialog = lazy(() => import('./HelpDialog'));

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
      <header className={classes.header}>
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('shell.menu')} aria-expanded={menu} />
          <Logo />
          <Text size="sm" c="dimmed" truncate visibleFrom="sm">{session.workspace.name}</Text>
          {session.demo && <Badge variant="light" size="sm" visibleFrom="sm">{t('shell.demo')}</Badge>}
        </Group>
        <AsOfControl />
      </header>
      <div className={classes.navigation} data-open={menu}>
        <Navigation />
        <Preferences onHelp={helpDialog.open} />
      </div>
      <main id="main" tabIndex={-1} className={classes.main}>
        <div className={classes.content}>
          <Suspense fallback={null}>
            <Outlet />
          </Suspense>
        </div>
      </main>
      {help && <Suspense fallback={null}><HelpDialog opened onClose={helpDialog.close} /></Suspense>}
    </>
  );
}
