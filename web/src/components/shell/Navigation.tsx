// The list of pages.

import { NavLink, Stack } from '@mantine/core';
import { IconActivity, IconChartGridDots, IconDatabase, IconFilter, IconGauge, IconPlugConnected, IconRecycle, IconSend, IconSettings, IconSitemap, IconSpeakerphone, IconUsers } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { NavLink as RouterLink, useLocation } from 'react-router';
import { useLinks } from '../../lib/links';

export function Navigation() {
  const { t } = useTranslation();
  const links = useLinks();
  const { pathname } = useLocation();
  const pages = [
    { path: '/', label: t('nav.overview'), icon: IconGauge },
    { path: '/live', label: t('nav.live'), icon: IconActivity },
    { path: '/lifecycle', label: t('nav.lifecycle'), icon: IconRecycle },
    { path: '/rfm', label: t('nav.rfm'), icon: IconChartGridDots },
    { path: '/segments', label: t('nav.segments'), icon: IconFilter },
    { path: '/people', label: t('nav.people'), icon: IconUsers },
    { path: '/campaigns', label: t('nav.campaigns'), icon: IconSpeakerphone },
    { path: '/journeys', label: t('nav.journeys'), icon: IconSitemap },
    { path: '/deliveries', label: t('nav.deliveries'), icon: IconSend },
    { path: '/data', label: t('nav.data'), icon: IconDatabase },
    { path: '/sources', label: t('nav.sources'), icon: IconPlugConnected },
    { path: '/settings', label: t('nav.settings'), icon: IconSettings },
  ];
  return (
    <Stack component="nav" aria-label={t('nav.label')} gap={2} style={{ flex: 1 }}>
      {pages.map(({ path, label, icon: Icon }) => {
        const here = path === '/' ? pathname === '/' : pathname.startsWith(path);
        return (
          <NavLink
            key={path}
            component={RouterLink}
            to={links.to(path)}
            label={label}
            leftSection={<Icon size={18} stroke={1.7} />}
            active={here}
            aria-current={here ? 'page' : undefined}
            style={{ borderRadius: 8, fontWeight: here ? 600 : 450 }}
          />
        );
      })}
    </Stack>
  );
}
