// What is copied into an application, for every client library, and how its events are told apart.

/** Where the events go. */
export interface Target {
  /** As in `https://events.example.com`. */
  url: string;
  /** The same without its scheme. */
  host: string;
  key: string;
}

/** One way to set a library up. */
export interface Setup {
  /** A name that is the same in every language. */
  name: string;
  code: (target: Target) => string;
}

/** A library, or several of one product. */
export interface Source {
  id: string;
  name: string;
  /** It sends over https only. */
  secure?: boolean;
  setups: Setup[];
  /** Whether an event with these properties came from it. */
  sent: (properties: Record<string, unknown>) => boolean;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const library = (properties: Record<string, unknown>) => text(properties['context.library.name']);

const STUB = `!function(w,d,h){var p=w.perennial=w.perennial||[];if(p.load)return;"load track page identify group alias reset consent optOut optIn flush on".split(" ").forEach(function(m){p[m]=function(){p.push([m,[].slice.call(arguments),Date.now()])}});var s=d.createElement("script");s.async=1;s.src=h+"/sdk/perennial.js";d.head.appendChild(s)}`;

export const SOURCES: Source[] = [
  {
    id: 'perennial',
    name: 'Perennial',
    setups: [
      {
        name: 'HTML',
        code: ({ url, key }) => `<script>
  ${STUB}(window,document,"${url}");
  perennial.load({ key: "${key}" });
  perennial.page();
</script>`,
      },
      {
        name: 'JavaScript',
        code: ({ url, key }) => `// npm install ${url}/sdk/perennial-web.tgz
import perennial from '@perennial/web';

perennial.load({ key: '${key}', host: '${url}', pageViews: 'history' });
perennial.identify('ada', { plan: 'plus' });
perennial.track('Purchase', { amount: 42 });`,
      },
      {
        name: 'TypeScript',
        code: ({ url }) => `npx perennial-types --host ${url} --key ADMIN_KEY --out src/perennial-events.d.ts`,
      },
    ],
    sent: (properties) => library(properties) === '@perennial/web',
  },
  {
    id: 'segment',
    name: 'Segment',
    setups: [
      {
        name: 'Web',
        code: ({ url, key }) => `import { AnalyticsBrowser } from '@segment/analytics-next';

const analytics = AnalyticsBrowser.load({ writeKey: '${key}', cdnURL: '${url}' });
analytics.track('Purchase', { amount: 42 });`,
      },
      {
        name: 'Node',
        code: ({ url, key }) => `import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '${key}', host: '${url}' });
analytics.track({ userId: 'ada', event: 'Purchase', properties: { amount: 42 } });`,
      },
      {
        name: 'Python',
        code: ({ url, key }) => `import segment.analytics as analytics

analytics.write_key = '${key}'
analytics.host = '${url}'
analytics.track('ada', 'Purchase', {'amount': 42})`,
      },
    ],
    sent: (properties) => /^(analytics\.js|@segment\/|analytics-python|segment-analytics-python)/.test(library(properties)),
  },
  {
    id: 'rudderstack',
    name: 'RudderStack',
    setups: [
      {
        name: 'Node',
        code: ({ url, key }) => `import Analytics from '@rudderstack/rudder-sdk-node';

const analytics = new Analytics('${key}', { dataPlaneUrl: '${url}' });
analytics.track({ userId: 'ada', event: 'Purchase', properties: { amount: 42 } });`,
      },
      {
        name: 'Python',
        code: ({ url, key }) => `import rudderstack.analytics as analytics

analytics.write_key = '${key}'
analytics.dataPlaneUrl = '${url}'
analytics.track('ada', 'Purchase', {'amount': 42})`,
      },
    ],
    sent: (properties) => /^(analytics-node|rudder)/.test(library(properties)),
  },
  {
    id: 'clevertap',
    name: 'CleverTap',
    secure: true,
    setups: [
      {
        name: 'Web',
        code: ({ host, key }) => `import clevertap from 'clevertap-web-sdk';

clevertap.init('${key}', '', '${host}');
clevertap.event.push('Purchase', { amount: 42 });`,
      },
    ],
    sent: (properties) => 'context.app.lib' in properties,
  },
  {
    id: 'mixpanel',
    name: 'Mixpanel',
    setups: [
      {
        name: 'Web',
        code: ({ url, key }) => `import mixpanel from 'mixpanel-browser';

mixpanel.init('${key}', { api_host: '${url}' });
mixpanel.track('Purchase', { amount: 42 });`,
      },
      {
        name: 'Node',
        code: ({ url, key }) => {
          const { hostname, port, protocol } = new URL(url);
          return `const mixpanel = require('mixpanel').init('${key}', {
  host: '${hostname}', ${port && `port: ${port}, `}protocol: '${protocol.slice(0, -1)}',
});
mixpanel.track('Purchase', { distinct_id: 'ada', amount: 42 });`;
        },
      },
      {
        name: 'Python',
        code: ({ url, key }) => `from mixpanel import Consumer, Mixpanel

consumer = Consumer('${url}/track', '${url}/engage', '${url}/import', groups_url='${url}/groups')
Mixpanel('${key}', consumer).track('ada', 'Purchase', {'amount': 42})`,
      },
    ],
    sent: (properties) => 'mp_lib' in properties,
  },
  {
    id: 'amplitude',
    name: 'Amplitude',
    setups: [
      {
        name: 'Web',
        code: ({ url, key }) => `import * as amplitude from '@amplitude/analytics-browser';

amplitude.init('${key}', {
  serverUrl: '${url}/2/httpapi',
  remoteConfig: { fetchRemoteConfig: false },
});
amplitude.track('Purchase', { amount: 42 });`,
      },
      {
        name: 'Node',
        code: ({ url, key }) => `import { init, track } from '@amplitude/analytics-node';

init('${key}', { serverUrl: '${url}/2/httpapi' });
track('Purchase', { amount: 42 }, { user_id: 'ada' });`,
      },
      {
        name: 'Python',
        code: ({ url, key }) => `from amplitude import Amplitude, BaseEvent

client = Amplitude('${key}')
client.configuration.server_url = '${url}/2/httpapi'
client.track(BaseEvent('Purchase', user_id='ada', event_properties={'amount': 42}))`,
      },
    ],
    sent: (properties) => text(properties['context.library']).startsWith('amplitude'),
  },
  {
    id: 'posthog',
    name: 'PostHog',
    setups: [
      {
        name: 'Web',
        code: ({ url, key }) => `import posthog from 'posthog-js';

posthog.init('${key}', { api_host: '${url}' });
posthog.capture('Purchase', { amount: 42 });`,
      },
      {
        name: 'Node',
        code: ({ url, key }) => `import { PostHog } from 'posthog-node';

const posthog = new PostHog('${key}', { host: '${url}' });
posthog.capture({ distinctId: 'ada', event: 'Purchase', properties: { amount: 42 } });`,
      },
      {
        name: 'Python',
        code: ({ url, key }) => `from posthog import Posthog

posthog = Posthog('${key}', host='${url}')
posthog.capture('Purchase', distinct_id='ada', properties={'amount': 42})`,
      },
    ],
    sent: (properties) => '$lib' in properties,
  },
  {
    id: 'mparticle',
    name: 'mParticle',
    secure: true,
    setups: [
      {
        name: 'Web',
        code: ({ host, key }) => `window.mParticle = { config: { domain: '${host}', isDevelopmentMode: true } };
import('@mparticle/web-sdk').then(({ default: mParticle }) => {
  mParticle.init('${key}', window.mParticle.config);
});`,
      },
    ],
    sent: (properties) => 'session_uuid' in properties || 'session_start_unixtime_ms' in properties,
  },
  {
    id: 'http',
    name: 'HTTP',
    setups: [
      {
        name: 'curl',
        code: ({ url, key }) => `curl ${url}/v1/track -u ${key}: -H 'content-type: application/json' \\
  -d '{"userId":"ada","event":"Purchase","messageId":"order-17","properties":{"amount":42}}'`,
      },
      {
        name: 'CSV',
        code: ({ url }) => `perennial import --server ${url} --key ADMIN_KEY --format csv \\
  --map user=customer --map time=ordered_at --map event==Purchase orders.csv`,
      },
    ],
    sent: () => false,
  },
];

/** Which of the sources sent an event: the first that knows it, else a program of one's own. */
export function sourceOf(properties: Record<string, unknown>): string {
  return SOURCES.find(({ sent }) => sent(properties))?.id ?? 'http';
}
