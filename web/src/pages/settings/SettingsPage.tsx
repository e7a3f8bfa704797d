// Facts about the workspace and the server, language, and keys.

import { Anchor, Radio, Stack } from '@mantine/core';
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
import { Facts } from '../people/Facts';
import { KeysSection } from './KeysSection';
import { PrivacySection } from './PrivacySection';

export default function SettingsPage() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const format = useFormat();
  const health = useQuery({ queryKey: ['health'], queryFn: () => body(client.GET('/api/health')) });
  return (
    <Page title={t('nav.settings')}>
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
    </Page>
  );
}
