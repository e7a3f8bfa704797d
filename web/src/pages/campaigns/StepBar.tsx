// Steps in their order. Any of them can be gone to.

import { Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './StepBar.module.css';

interface Props {
  steps: { key: string; label: string }[];
  here: string;
  onChoose: (key: string) => void;
}

export function StepBar({ steps, here, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('wizard.steps')}>
      <ol className={classes.steps}>
        {steps.map(({ key, label }, at) => (
          <li key={key}>
            <UnstyledButton className={classes.step} aria-current={key === here ? 'step' : undefined} onClick={() => onChoose(key)}>
              <span className={classes.number} aria-hidden>{at + 1}</span>
              <Text span size="sm" fw={key === here ? 650 : 500}>{label}</Text>
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </nav>
  );
}
