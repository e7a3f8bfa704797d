// What comes in: what it is called, what was wrong with it, and what comes right now.

import { Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';
import { useParam } from '../../lib/params';
import { CatalogsTab } from './CatalogsTab';
import { DebuggerTab } from './DebuggerTab';
import { ErrorsTab } from './ErrorsTab';
import { SchemaTab } from './SchemaTab';

const TABS = ['schema', 'errors', 'live', 'catalogs'] as const;

export default function DataPage() {
  const { t } = useTranslation();
  const [tab, setTab] = useParam('tab', TABS, 'schema');
  return (
    <Page title={t('nav.data')} lead={t('data.lead')}>
      <Tabs value={tab} onChange={(next) => setTab(next ?? 'schema')} keepMounted={false}>
        <Tabs.List mb="lg" aria-label={t('nav.data')}>
          {TABS.map((name) => <Tabs.Tab key={name} value={name}>{t(`data.tabs.${name}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="schema"><SchemaTab /></Tabs.Panel>
        <Tabs.Panel value="errors"><ErrorsTab /></Tabs.Panel>
        <Tabs.Panel value="live"><DebuggerTab /></Tabs.Panel>
        <Tabs.Panel value="catalogs"><CatalogsTab /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
