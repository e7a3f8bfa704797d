// A small action beside a state, or a change of state: it leads to where a journey for it is begun.

import { IconSitemap } from '@tabler/icons-react';
import { Link } from 'react-router';
import { type StateEntry, startJourneyPath, useLinks } from '../lib/links';

interface Props {
  entry: StateEntry;
  /** Says whose journey it is. */
  label: string;
}

export function StartJourney({ entry, label }: Props) {
  const links = useLinks();
  return (
    <Link className="start-journey" to={links.to(startJourneyPath(entry))} title={label} aria-label={label} data-start={`${entry.from ?? ''}>${entry.to}`}>
      <IconSitemap size={14} aria-hidden />
    </Link>
  );
}
