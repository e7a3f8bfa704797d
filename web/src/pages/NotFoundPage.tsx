// An address that leads nowhere.

import { useTranslation } from 'react-i18next';
import { AppLink } from '../components/AppLink';
import { EmptyState } from '../components/EmptyState';
import { Page } from '../components/Page';

export default function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('notFound.title')}>
      <EmptyState title={t('notFound.lead')}><AppLink to="/">{t('nav.overview')}</AppLink></EmptyState>
    </Page>
  );
}
