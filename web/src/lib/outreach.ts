// Words of campaigns and messages in the language of the page. What has no words yet is shown as the code
// that it is.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** States of a message in the order in which it comes through them. */
export const STATES = ['planned', 'held_out', 'withheld', 'queued', 'failed', 'sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained'] as const;

export interface OutreachNames {
  channel: (code: string) => string;
  status: (code: string) => string;
  trigger: (code: string) => string;
  state: (code: string) => string;
  /** A reason for which nothing was sent, a code of a failure, or the name of a control group. */
  reason: (code: string) => string;
  /** Why a failed message is not sent again. */
  refusal: (code: string) => string;
  /** What was asked when a message was decided. */
  about: (code: string) => string;
}

/** A word without its dots, as texts are filed under. */
export function filed(code: string): [string, string] {
  const dot = code.indexOf('.');
  return dot < 0 ? ['word', code] : [code.slice(0, dot), code.slice(dot + 1).replaceAll('.', '_')];
}

export function useOutreachNames(): OutreachNames {
  const { t, i18n } = useTranslation();
  return useMemo(() => {
    const or = (key: string, text: () => string, code: string) => (i18n.exists(key) ? text() : code);
    return {
      channel: (code) => or(`channel.${code}`, () => t(`channel.${code}`), code),
      status: (code) => or(`status.${code}`, () => t(`status.${code}`), code),
      trigger: (code) => or(`trigger.${code}`, () => t(`trigger.${code}`), code),
      state: (code) => or(`messageState.${code}`, () => t(`messageState.${code}`), code),
      reason: (code) => {
        const [group, word] = filed(code);
        return or(`reason.${group}.${word}`, () => t(`reason.${group}.${word}`), code);
      },
      refusal: (code) => or(`retryRefused.${code}`, () => t(`retryRefused.${code}`), code),
      about: (code) => or(`about.${code}`, () => t(`about.${code}`), code),
    };
  }, [t, i18n]);
}

/** The address of the deliveries page with these filters. */
export function deliveriesPath(filter: { campaign?: string | undefined; user?: string | undefined; state?: string | undefined; reason?: string | undefined }): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value) params.set(name, value);
  const search = params.toString();
  return search ? `/deliveries?${search}` : '/deliveries';
}
