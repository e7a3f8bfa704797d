// Examples that open in the builder.

import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../api/queries';
import { AppLink } from '../../components/AppLink';
import { exampleDefinitions } from './examples';

export function ExampleSegments() {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed" ta="center">{t('segments.examples')}</Text>
      {exampleDefinitions(catalogue.data).map((definition) => (
        <AppLink key={definition} to={`/segments/new?definition=${encodeURIComponent(definition)}`} className="definition" underline="never">{definition}</AppLink>
      ))}
    </Stack>
  );
}
