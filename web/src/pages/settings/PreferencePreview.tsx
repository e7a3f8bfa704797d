// The page on which people choose what to get, as they see it, in each language.

import { Button, Group, NativeSelect, Skeleton, Stack, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { outreach } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { LANGUAGES } from '../../i18n';

const HEIGHT = 420;

export function PreferencePreview() {
  const { t, i18n } = useTranslation();
  const [language, setLanguage] = useState(i18n.language);
  const [written, setWritten] = useState('');
  const [user, setUser] = useState('');
  const page = useQuery({ queryKey: ['preference-page', language, user], queryFn: () => outreach.preferencePage({ language, ...(user !== '' && { user }) }), placeholderData: keepPreviousData, retry: false });
  return (
    <Section title={t('policy.preview.title')} lead={t('policy.preview.lead')}>
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setUser(written.trim());
          }}
        >
          <Group align="flex-end" gap="sm">
            <NativeSelect w={180} label={t('policy.preview.language')} value={language} onChange={(event) => setLanguage(event.currentTarget.value)} data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))} />
            <TextInput w={240} label={t('policy.preview.user')} placeholder={t('policy.preview.anybody')} value={written} onChange={(event) => setWritten(event.currentTarget.value)} dir="ltr" />
            <Button type="submit" variant="default">{t('policy.preview.show')}</Button>
          </Group>
        </form>
        {page.isError && <ErrorPanel error={page.error} />}
        {page.data
          ? <iframe title={t('policy.preview.frame')} sandbox="" referrerPolicy="no-referrer" srcDoc={page.data.html} style={{ width: '100%', height: HEIGHT, border: '1px solid var(--mantine-color-default-border)', borderRadius: 8, background: '#f5f6f8' }} />
          : <Skeleton height={HEIGHT} visible={page.isPending} />}
      </Stack>
    </Section>
  );
}
