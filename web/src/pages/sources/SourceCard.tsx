// One source: how it is set up, to be copied, and the last event that it sent.

import { Alert, Button, CopyButton, Stack, Tabs, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { AppLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import type { ShownEvent } from '../../lib/live';
import type { Source, Target } from './sources';

interface Props {
  source: Source;
  target: Target;
  last: ShownEvent | undefined;
}

function Last({ event }: { event: ShownEvent | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const links = useLinks();
  if (!event) return <>{t('sources.noEvent')}</>;
  return (
    <>
      {t('sources.lastEvent')} <bdi><Text span inherit fw={600}>{event.name}</Text></bdi>,{' '}
      <time dateTime={event.received_at}>{format.time(event.received_at)}</time>,{' '}
      <AppLink to={links.since(`/people/${encodeURIComponent(event.user)}`, event.received_at)} size="sm" underline="always" style={{ overflowWrap: 'anywhere' }}>{event.user}</AppLink>
    </>
  );
}

export function SourceCard({ source, target, last }: Props) {
  const { t } = useTranslation();
  const { id, name, secure, setups } = source;
  return (
    <Section title={id === 'perennial' ? t('sources.own') : name} lead={<span role="status" data-source={id}><Last event={last} /></span>}>
      <Stack gap="sm">
        {secure && target.url.startsWith('http:') && <Alert role="note" color="yellow" variant="light" p="xs">{t('sources.secure', { name })}</Alert>}
        <Tabs defaultValue={setups[0]?.name} keepMounted={false}>
          <Tabs.List aria-label={name}>
            {setups.map((setup) => <Tabs.Tab key={setup.name} value={setup.name}>{setup.name}</Tabs.Tab>)}
          </Tabs.List>
          {setups.map((setup) => {
            const code = setup.code(target);
            return (
              <Tabs.Panel key={setup.name} value={setup.name} pt="sm">
                <Stack gap="xs" align="stretch">
                  <pre className="definition" style={{ margin: 0 }}>{code}</pre>
                  <CopyButton value={code}>
                    {({ copied, copy }) => (
                      <Button size="compact-sm" variant="light" onClick={copy} style={{ alignSelf: 'flex-start' }} aria-label={t('sources.copy', { name: `${name} ${setup.name}` })}>
                        {copied ? t('common.copied') : t('common.copy')}
                      </Button>
                    )}
                  </CopyButton>
                </Stack>
              </Tabs.Panel>
            );
          })}
        </Tabs>
      </Stack>
    </Section>
  );
}
