// People: everyone, or those a filter in the address names.

import { Page } from '../../components/Page';
import { useTranslation } from 'react-i18next';
import { Paper, Stack } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { readDefinition } from '../../lib/links';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { DefinedPeople } from './DefinedPeople';
import { PeopleFilters } from './PeopleFilters';
import { ListedPeople } from './ListedPeople';

export default function PeoplePage() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const [params] = useSearchParams();
  const definition = readDefinition(params.get('definition'));
  const was = readDefinition(params.get('was'));
  const wasAt = params.get('was_at') ?? undefined;
  return (
    <Page title={t('people.title')} lead={t('people.lead', { when: format.dateTime(asOf.effective) })}>
      <Paper>
        <Stack>
          {definition ? <DefinedPeople definition={definition} was={was} wasAt={wasAt} /> : (
            <>
              <PeopleFilters />
              <ListedPeople />
            </>
          )}
        </Stack>
      </Paper>
    </Page>
  );
}
