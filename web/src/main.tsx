// Starts the dashboard: languages first, then providers, then pages.

import '@mantine/core/styles.layer.css';
import './styles.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { ApiError } from './api/client';
import { App } from './App';
import { Look } from './components/Look';
import { startLanguages } from './i18n';

const RETRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      // An answer of the server is final; only a network failure is worth asking again.
      retry: (failures, error) => failures < RETRIES && (!(error instanceof ApiError) || error.status === 0),
    },
  },
});

await startLanguages();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Look>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </Look>
    </QueryClientProvider>
  </StrictMode>,
);
