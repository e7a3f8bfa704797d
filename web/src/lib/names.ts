// Names of states and groups. The default ones are translated; a name that someone has edited is
// shown as it was written.

import { useTranslation } from 'react-i18next';
import type { Key } from '../api/types';

const DEFAULT_STATES: Record<string, string> = {
  new: 'New',
  active: 'Active',
  loyal: 'Loyal',
  at_risk: 'At risk',
  dormant: 'Dormant',
  churned: 'Churned',
};

const DEFAULT_GROUPS: Record<string, string> = {
  champions: 'Champions',
  loyal: 'Loyal',
  potential_loyalists: 'Potential Loyalists',
  new: 'New',
  promising: 'Promising',
  needing_attention: 'Needing Attention',
  about_to_sleep: 'About To Sleep',
  at_risk: 'At Risk',
  cannot_lose_them: 'Cannot Lose Them',
  hibernating: 'Hibernating',
};

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

export function useNames() {
  const { t } = useTranslation();
  const state = ({ key, name }: Key) => {
    if (key === 'none') return t('states.none');
    return same(DEFAULT_STATES[key], name) ? t(`states.${key}`) : name;
  };
  const group = ({ key, name }: Key) => {
    if (key === 'inactive') return t('groups.inactive');
    return same(DEFAULT_GROUPS[key], name) ? t(`groups.${key}`) : name;
  };
  return { state, group };
}
