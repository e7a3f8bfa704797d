// What every step of the wizard gets.

import type { CampaignInput } from '../../../api/outreach';

export interface StepProps {
  draft: CampaignInput;
  change: (part: { [name in keyof CampaignInput]?: CampaignInput[name] | undefined }) => void;
  /** It was started: what would change a comparison stays as it is. */
  started: boolean;
}
