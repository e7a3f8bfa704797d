// What is asked of the answer to a step that asked a server.

import { Button, Code, CloseButton, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Condition, conditionJson } from '../../../lib/rows';
import { ConditionFields } from '../../segments/ConditionFields';
import { askedOf } from '../model/answerFields';
import { answerConditions, wholeCondition } from '../model/conditions';
import { spared } from '../model/graph';
import type { AnswerCondition, JourneyInput } from '../types';
import { useJourneyWords } from '../words';

interface Props {
  journey: JourneyInput;
  /** Steps that ask a server and come before. */
  asked: string[];
  value: AnswerCondition;
  onChange: (answer: AnswerCondition) => void;
}

export function AnswerField({ journey, asked, value, onChange }: Props) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const [conditions, setConditions] = useState(() => answerConditions(value.where));
  const put = (where: Condition[]) => {
    setConditions(where);
    const said = where.filter(wholeCondition).map((one) => conditionJson(one, 'property'));
    onChange(spared({ step: value.step, where: said.length > 0 ? said : undefined }) as AnswerCondition);
  };
  const known = askedOf(journey, value.step).fields.map((name) => ({ name, examples: [] }));
  const steps = asked.includes(value.step) || value.step === '' ? asked : [...asked, value.step];
  return (
    <Stack gap="xs">
      <Text size="xs" c="dimmed">{t('split.answerLead')}</Text>
      <NativeSelect size="sm" maw={320} label={t('split.answerOf')} value={value.step} onChange={(event) => onChange({ ...value, step: event.currentTarget.value })} data={steps.map((id) => ({ value: id, label: `${words.stepName(journey, id)} (${id})` }))} />
      {conditions === null ? (
        // What is written there has more in it than rows can show: it stays as it is.
        <>
          <Code block dir="ltr">{JSON.stringify(value.where, null, 2)}</Code>
          <Text size="xs" c="dimmed">{t('split.answerText')}</Text>
        </>
      ) : (
        <>
          {conditions.map((condition, at) => (
            // eslint-disable-next-line react/no-array-index-key
            <Group key={at} gap="xs">
              <ConditionFields condition={condition} properties={known} nameLabel={t('split.answerField')} onChange={(next) => put(conditions.map((one, i) => (i === at ? next : one)))} />
              <CloseButton size="sm" aria-label={t('rows.removeCondition')} onClick={() => put(conditions.filter((_, i) => i !== at))} />
            </Group>
          ))}
          <Button size="compact-xs" variant="subtle" style={{ alignSelf: 'flex-start' }} leftSection={<IconPlus size={14} />} onClick={() => put([...conditions, { property: '', op: 'eq', value: '' }])}>{t('rows.addWhere')}</Button>
        </>
      )}
    </Stack>
  );
}
