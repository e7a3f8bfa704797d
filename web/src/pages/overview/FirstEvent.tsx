// The overview of a server that has no events yet: how to send one.

import { useTranslation } from 'react-i18next';
import { AppLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { SendExample } from '../../components/SendExample';

export default function FirstEvent() {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('empty.noEvents')}>
      <SendExample />
      <AppLink to="/sources" size="sm">{t('empty.sources')}</AppLink>
    </EmptyState>
  );
}
