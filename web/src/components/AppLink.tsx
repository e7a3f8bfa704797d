// Links that keep the chosen instant, and the links behind every number of people.

import { Anchor, type AnchorProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { type PeopleFilter, useLinks } from '../lib/links';

interface AppLinkProps extends AnchorProps {
  to: string;
  children: ReactNode;
}

export function AppLink({ to, children, ...rest }: AppLinkProps) {
  const links = useLinks();
  return <Anchor component={Link} to={links.to(to)} {...rest}>{children}</Anchor>;
}

interface CountLinkProps {
  filter: PeopleFilter;
  children: ReactNode;
  /** Says whom the number counts, for those who only hear the link. */
  label?: string | undefined;
}

export function CountLink({ filter, children, label }: CountLinkProps) {
  const links = useLinks();
  return (
    <Link className="count-link numbers" to={links.people(filter)} title={label}>
      {children}
      {label && <span className="visually-hidden"> {label}</span>}
    </Link>
  );
}
