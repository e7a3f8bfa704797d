// The workspace this dashboard shows, known to every page below the provider.

import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { body, client } from './client';
import type { Session } from './types';

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

/** The session; pages are only rendered once it is known. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of SessionProvider');
  return session;
}

export function useSessionQuery() {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => body(client.GET('/api/session')),
    staleTime: 60_000,
  });
}
