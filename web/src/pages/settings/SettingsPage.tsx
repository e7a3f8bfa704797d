// Facts about the workspace and the server, language, keys; channels; topics; what holds for all campaigns.

import { Anchor, Radio, Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { useSession } from '../../api/session';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { SendExample } from '../../components/SendExample';
import { When } from '../../components/When';
import { chooseLanguage, LANGUAGES, type LanguageCode } from '../../i18n';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { Facts } from '../people/Facts';
import { KeysSection } from './KeysSection';
import { PolicySection } from './PolicySection';
import { PreferencePreview } from './PreferencePreview';
import { PrivacySection } from './PrivacySection';
import { ProvidersSection } from './ProvidersSection';
import { TopicsSection } from './TopicsSection';

const TABS = ['general', 'channels', 'topics', 'contact'] as const;

export default function SettingsPage() {
  const { t } = useTranslation();
  const [tab, setTab] = useParam('tab', TABS, 'general');
  return (
    <Page title={t('nav.settings')}>
      <Tabs value={tab} onChange={(next) => setTab(next ?? 'general')} keepMounted={false}>
        <Tabs.List mb="lg" aria-label={t('nav.settings')}>
          {TABS.map((name) => <Tabs.Tab key={name} value={name}>{t(`settings.tabs.${name}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="general"><General /></Tabs.Panel>
        <Tabs.Panel value="channels"><ProvidersSection /></Tabs.Panel>
        <Tabs.Panel value="topics"><TopicsSection /></Tabs.Panel>
        <Tabs.Panel value="contact"><Stack gap="lg"><PolicySection /><PreferencePreview /></Stack></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function General() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const format = useFormat();
  const health = useQuery({ queryKey: ['health'], queryFn: () => body(client.GET('/api/health')) });
  return (
    <Stack gap="lg">
      <Section title={t('settings.workspace')}>
        <Query query={health}>
          {(facts) => (
            <Facts
              label={t('settings.workspace')}
              rows={[
                [t('settings.name'), session.workspace.name],
                [t('settings.zone'), session.workspace.zone],
                [t('settings.version'), session.version],
                [t('common.users'), format.count(facts.users)],
                [t('activity.events'), format.count(facts.events)],
                [t('settings.position'), format.count(facts.log_position)],
                [t('settings.exact'), <When key="exact" at={facts.exact_as_of} />],
              ]}
            />
          )}
        </Query>
      </Section>
      <Section title={t('settings.language')}>
        <Radio.Group value={i18n.language} onChange={(code) => void chooseLanguage(code as LanguageCode)} aria-label={t('settings.language')}>
          <Stack gap="xs">{LANGUAGES.map(({ code, name }) => <Radio key={code} value={code} label={name} lang={code} />)}</Stack>
        </Radio.Group>
      </Section>
      <KeysSection />
      <PrivacySection />
      <Section title={t('settings.send')}><SendExample /></Section>
      <Anchor href="/api/openapi.json" size="sm">{t('settings.api')}</Anchor>
    </Stack>
  );
}
