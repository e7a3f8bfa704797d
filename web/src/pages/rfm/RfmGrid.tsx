// The 5 × 5 grid: recency from left to right, frequency from bottom to top, every cell a button
// in the colour of its group.

import { Box, Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Rfm, RfmCell } from '../../api/types';
import { Section } from '../../components/Page';
import { groupColour, inkOn } from '../../lib/colours';
import { inCell } from '../../lib/definitions';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import classes from './RfmGrid.module.css';
import type { Picked } from './RfmPage';

const SCORES = [1, 2, 3, 4, 5];

interface Props {
  rfm: Rfm;
  onPick: (picked: Picked) => void;
}

export function RfmGrid({ rfm, onPick }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const group = (cell: RfmCell) => names.group(rfm.groups.find(({ key }) => key === cell.group) ?? { key: cell.group, name: cell.group });
  const cellAt = (r: number, f: number) => rfm.cells.find((cell) => cell.r === r && cell.f === f);
  const value = rfm.settings.monetary !== null;

  return (
    <Section title={t('rfm.grid')} lead={t('rfm.gridLead')}>
      <Box className={classes.frame}>
        <Text className={classes.frequency} size="xs" c="dimmed">{t('rfm.frequencyAxis')}</Text>
        <div className={classes.grid} role="group" aria-label={t('rfm.grid')}>
          {SCORES.toReversed().flatMap((f) => SCORES.map((r) => {
            const cell = cellAt(r, f);
            if (!cell) return <span key={`${r}${f}`} />;
            const colour = groupColour(cell.group);
            const label = t('rfm.cell', {
              group: group(cell), r: format.count(r), f: format.count(f), count: cell.users, shown: format.count(cell.users), share: format.percent(cell.share), value: format.amount(cell.average_revenue),
            });
            return (
              <UnstyledButton
                key={`${r}${f}`}
                className={classes.cell}
                style={{ background: colour, color: inkOn(colour) }}
                title={label}
                data-cell={`${r}-${f}`}
                onClick={() => onPick({ title: `${group(cell)} · ${t('rfm.scores', { r: format.count(r), f: format.count(f) })}`, definition: inCell(r, f) })}
              >
                <span className={classes.group}>{group(cell)}</span>
                <span className={classes.users}>
                  <span className="visually-hidden">{t('rfm.scores', { r: format.count(r), f: format.count(f) })}: </span>
                  {format.count(cell.users)}
                </span>
                <span className={classes.facts}>
                  {format.percent(cell.share)}
                  {value && cell.users > 0 && <> · {format.compact(cell.average_revenue)}</>}
                </span>
              </UnstyledButton>
            );
          }))}
          {SCORES.map((r) => <Text key={r} ta="center" size="xs" c="dimmed" className="numbers">{format.count(r)}</Text>)}
        </div>
        <Text className={classes.recency} size="xs" c="dimmed" ta="center">{t('rfm.recencyAxis')}</Text>
      </Box>
    </Section>
  );
}
