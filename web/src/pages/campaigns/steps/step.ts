// What every step of the wizard gets.

import type { Campaign, CampaignInput } from '../../../api/outreach';

export interface StepProps {
  draft: CampaignInput;
  change: (part: { [name in keyof CampaignInput]?: CampaignInput[name] | undefined }) => void;
  /** It was started: what would change a comparison stays as it is. */
  started: boolean;
  /** As the server has it; nothing: it was never saved. */
  saved?: Campaign;
  /** Something is written that the server does not have. */
  unsaved?: boolean;
}
