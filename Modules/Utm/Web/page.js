// Where visitors come from: channels, campaigns, and what brought the money.

import { h, replace, t, percent, duration, money, number, breakdown, later, table, choice, picker } from './kit.js';

export const texts = {
  'u.channels': { en: 'Channels', de: 'Kanäle' },
  'u.campaigns': { en: 'Campaigns', de: 'Kampagnen' },
  'u.campaign': { en: 'Campaigns', de: 'Kampagnen' },
  'u.sources': { en: 'Tagged sources', de: 'Markierte Quellen' },
  'u.mediums': { en: 'Mediums', de: 'Medien' },
  'u.ai': { en: 'AI assistants', de: 'KI-Assistenten' },
  'u.ai?': {
    en: 'Visits from assistants such as ChatGPT, Claude or Perplexity.',
    de: 'Besuche von Assistenten wie ChatGPT, Claude oder Perplexity.',
  },
  'u.bounce': { en: 'Bounce rate', de: 'Absprungrate' },
  'u.duration': { en: 'Visit duration', de: 'Besuchsdauer' },
  'u.attribution': { en: 'Attribution', de: 'Zuordnung' },
  'u.attribution?': {
    en: 'Which visits get the merit for an order, by the model you choose.',
    de: 'Welchen Besuchen eine Bestellung zugerechnet wird, nach dem gewählten Modell.',
  },
  'u.model': { en: 'Model', de: 'Modell' },
  'u.first_touch': { en: 'First visit', de: 'Erster Besuch' },
  'u.last_touch': { en: 'Last visit', de: 'Letzter Besuch' },
  'u.linear': { en: 'All visits alike', de: 'Alle Besuche gleich' },
  'u.position_based': { en: '40 % first, 40 % last', de: '40 % erster, 40 % letzter' },
  'u.time_decay': { en: 'Later visits more', de: 'Spätere Besuche mehr' },
  'u.channel': { en: 'Channel', de: 'Kanal' },
  'u.source': { en: 'Source', de: 'Quelle' },
  'u.name': { en: 'Campaign', de: 'Kampagne' },
  'u.no-orders': {
    en: 'No orders in this range. An event with revenue_amount is one.',
    de: 'Keine Bestellungen in diesem Zeitraum. Ein Ereignis mit revenue_amount ist eine.',
  },
  'u.tag': {
    en: 'No tagged visits in this range. Add ?utm_source=…&utm_campaign=… to your links and data-utm="true" to the script.',
    de: 'Keine markierten Besuche in diesem Zeitraum. Ergänzen Sie ?utm_source=…&utm_campaign=… an Ihren Links und data-utm="true" am Skript.',
  },
};

export async function show(view) {
  const { root, report, state, signal } = view, filter = picker(view);
  const visitors = { name: t('visitors'), value: row => row.visitors };
  const views = { name: t('pageviews'), value: row => row.pageviews };
  const sessions = { name: t('sessions'), value: row => row.sessions };
  const list = path => async limit => (await report(path, { limit })).data;
  const whole = path => async limit => (await report(path)).data.slice(0, limit);
  const model = state.extra.model ?? 'last_touch';
  replace(root,
    h('div', { class: 'grid' },
      breakdown(t('u.channels'),
        [
          {
            id: 'channels',
            title: t('u.channels'),
            columns: [visitors, sessions, views],
            rows: whole('/api/v1/marketing/channels'),
            label: row => row.channel,
            pick: filter('channel'),
          },
        ],
        { signal },
      ),
      breakdown(t('u.campaigns'),
        [
          {
            id: 'campaigns',
            title: t('u.campaign'),
            nothing: t('u.tag'),
            columns: [
              visitors,
              { name: t('u.bounce'), value: row => row.bounce_rate, format: percent },
              { name: t('u.duration'), value: row => row.avg_duration, format: duration },
            ],
            rows: list('/api/v1/campaigns'),
            label: row => row.campaign,
            pick: filter('utm_campaign', 'campaign'),
          },
          {
            id: 'utm-sources',
            title: t('u.sources'),
            nothing: t('u.tag'),
            columns: [visitors, views],
            rows: list('/api/v1/campaigns/sources'),
            label: row => row.source,
            pick: filter('utm_source', 'source'),
          },
          {
            id: 'mediums',
            title: t('u.mediums'),
            nothing: t('u.tag'),
            columns: [visitors, views],
            rows: list('/api/v1/campaigns/mediums'),
            label: row => row.medium,
            pick: filter('utm_medium', 'medium'),
          },
        ],
        { signal },
      ),
      later(t('u.attribution'),
        {
          wide: true,
          explain: t('u.attribution?'),
          signal,
          nothing: t('u.no-orders'),
          actions: choice(view, 'model',
            t('u.model'),
            ['first_touch', 'last_touch', 'linear', 'position_based', 'time_decay'].map(name => [name, t(`u.${name}`)]),
            model,
          ),
        },
        async () => {
          const { data, currency } = await report('/api/v1/marketing/attribution', { model });
          if (!data.length) return null;
          return table(t('u.attribution'),
            [
              { name: t('u.channel'), cell: row => row.channel, value: row => row.channel },
              { name: t('u.source'), cell: row => row.source, value: row => row.source },
              { name: t('u.name'), cell: row => row.campaign ?? '–', value: row => row.campaign },
              { name: t('orders'), number: true, cell: row => number(row.orders), value: row => row.orders },
              { name: t('revenue'), number: true, cell: row => money(row.revenue, currency), value: row => row.revenue },
            ],
            data.slice(0, 20),
          );
        },
      ),
      breakdown(t('u.ai'),
        [
          {
            id: 'ai',
            title: t('u.ai'),
            explain: t('u.ai?'),
            columns: [visitors, views],
            rows: whole('/api/v1/marketing/ai-referrers'),
            label: row => row.source,
            pick: filter('source'),
          },
        ],
        { signal },
      ),
    ),
  );
}
