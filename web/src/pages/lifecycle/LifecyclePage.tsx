// The states people pass through: what they mean, how they grow, and where the data would draw
// the lines between them.

import { Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLifecycle } from '../../api/queries';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { JourneysSection } from './JourneysSection';
import { StatesSection } from './StatesSection';
import { ThresholdsSection } from './ThresholdsSection';
import { TrendSection } from './TrendSection';

export default function LifecyclePage() {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useLifecycle();
  return (
    <Page title={t('lifecycle.title')} lead={query.data && t('overview.lead', { when: format.exact(query.data.as_of) })}>
      <Query query={query} height={420}>
        {(lifecycle) => (
          <Stack gap="lg">
            <StatesSection lifecycle={lifecycle} />
            <JourneysSection />
            <TrendSection />
            <ThresholdsSection />
          </Stack>
        )}
      </Query>
    </Page>
  );
}
