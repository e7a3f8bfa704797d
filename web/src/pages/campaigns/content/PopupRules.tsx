// What lets a pop-up be shown, and how often it is.

import { Fieldset, Group, NativeSelect, NumberInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

const KINDS = ['now', 'inactive', 'scrolled', 'exit_intent'] as const;
const LIMITS = ['shows', 'per_session', 'per_day', 'lifetime'] as const;
/** As the server checks them. */
const SECONDS_MAX = 3_600;
const SHOWS_MAX = 1_000;
const BEGIN = { seconds: 30, percent: 50 };

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
}

export function PopupWhen({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { kind = 'now', ...of } = (value ?? {}) as { kind?: string; seconds?: number; percent?: number };
  const choose = (next: string) => {
    if (next === 'inactive') onChange({ kind: next, seconds: BEGIN.seconds });
    else if (next === 'scrolled') onChange({ kind: next, percent: BEGIN.percent });
    else onChange(next === 'now' ? undefined : { kind: next });
  };
  const number = (name: 'seconds' | 'percent', max: number) => (
    <NumberInput w={160} label={t(`content.popup.${name}`)} min={1} max={max} allowDecimal={false} value={of[name] ?? ''} onChange={(next) => onChange({ kind, [name]: typeof next === 'number' ? next : BEGIN[name] })} />
  );
  return (
    <Group gap="sm" align="flex-end">
      <NativeSelect w={240} label={t('content.popup.when')} value={kind} onChange={(event) => choose(event.currentTarget.value)} data={KINDS.map((one) => ({ value: one, label: t(`content.popup.${one}`) }))} />
      {kind === 'inactive' && number('seconds', SECONDS_MAX)}
      {kind === 'scrolled' && number('percent', 100)}
    </Group>
  );
}

export function PopupLimits({ value, onChange }: Props) {
  const { t } = useTranslation();
  const limits = (value ?? {}) as Record<string, number | undefined>;
  const put = (name: string, next: number | string) => {
    const { [name]: _before, ...rest } = limits;
    onChange(typeof next === 'number' ? { ...rest, [name]: next } : rest);
  };
  return (
    <Fieldset legend={t('content.popup.limits')} variant="unstyled">
      <Group gap="sm" align="flex-end">
        {LIMITS.map((name) => (
          <NumberInput key={name} size="xs" w={130} label={t(`content.popup.${name}`)} placeholder={name === 'shows' ? '1' : t('content.popup.anyNumber')} min={1} max={SHOWS_MAX} allowDecimal={false} value={limits[name] ?? ''} onChange={(next) => put(name, next)} />
        ))}
      </Group>
    </Fieldset>
  );
}
