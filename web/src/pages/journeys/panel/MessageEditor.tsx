// The message of a step, written in a window of its own, with what it would look like.

import { Button, Grid, Group, Modal } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ContentFields } from '../../campaigns/content/ContentFields';
import { Answers, TriggerEvent } from '../../campaigns/content/Personalise';
import { PreviewPane } from '../../campaigns/content/PreviewPane';
import { DEFAULT_LOCALE, eventName } from '../../campaigns/draft';
import { MessageSection } from '../../campaigns/steps/ContentStep';
import { type Asked, askedBefore } from '../model/answerFields';
import { answersOf } from '../model/answers';
import type { JourneyInput, StepMessage } from '../types';
import { useJourneyWords } from '../words';
import { ObjectField } from './fields';

interface Props {
  journey: JourneyInput;
  /** Id of the step that sends it. */
  step: string;
  message: StepMessage;
  title: string;
  onChange: (message: StepMessage, about?: string) => void;
  onClose: () => void;
}

export function MessageEditor({ journey, step, message, title, onChange, onClose }: Props) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const [locale, setLocale] = useState(DEFAULT_LOCALE);
  const [tried, setTried] = useState<Record<string, object | undefined>>({});
  const asked = useMemo(() => askedBefore(journey, step), [journey, step]);
  const named = useMemo(() => asked.map((one) => ({ ...one, name: words.stepName(journey, one.step) })), [asked, journey, words]);
  const uses = new Set(answersOf({ id: step, do: { kind: 'message', message } }));
  const used = named.filter((one) => uses.has(one.step));
  const toTry = (one: Asked) => (one.step in tried ? tried[one.step] : one.sample);
  const answers = Object.fromEntries(used.flatMap((one): [string, object][] => {
    const said = toTry(one);
    return said ? [[one.step, said]] : [];
  }));
  const content = message.content[locale];
  return (
    <TriggerEvent.Provider value={journey.entry.kind === 'event' ? eventName(journey.entry.event) : ''}>
      <Answers.Provider value={named}>
        <Modal opened onClose={onClose} title={title} size="min(1180px, 96vw)" closeButtonProps={{ 'aria-label': t('common.close') }} data-message-editor>
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 7 }}>
              <MessageSection variant={{ id: 'a', content: message.content }} locale={locale} onLocale={setLocale} onChange={(variant) => onChange({ ...message, content: variant.content })}>
                {content && <ContentFields key={`${locale} ${content.kind}`} content={content} locale={locale} onChange={(next) => onChange({ ...message, content: { ...message.content, [locale]: next } }, `content ${locale}`)} />}
              </MessageSection>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 5 }}>
              <PreviewPane channel={message.channel} content={message.content} locale={locale} answers={answers}>
                {used.map((one) => <ObjectField key={one.step} label={t('message.answerOf', { name: one.name })} description={t('message.answerLead')} value={toTry(one)} onChange={(said) => setTried((before) => ({ ...before, [one.step]: said }))} />)}
              </PreviewPane>
            </Grid.Col>
          </Grid>
          <Group justify="flex-end" mt="md"><Button onClick={onClose}>{t('message.done')}</Button></Group>
        </Modal>
      </Answers.Provider>
    </TriggerEvent.Provider>
  );
}
