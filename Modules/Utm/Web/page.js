// Where visitors come from: channels, campaigns, and attribution of revenue.

import { h, replace, t, percent, duration, money, number, breakdown, later, table, choice, picker } from './kit.js';

/** @param {View} view */
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
      breakdown(t('utm.channels'),
        [
          {
            id: 'channels',
            title: t('utm.channels'),
            columns: [visitors, sessions, views],
            rows: whole('/api/v1/marketing/channels'),
            label: row => row.channel,
            pick: filter('channel'),
          },
        ],
        { signal },
      ),
      breakdown(t('utm.campaigns'),
        [
          {
            id: 'campaigns',
            title: t('utm.campaigns'),
            nothing: t('utm.tag'),
            columns: [
              visitors,
              { name: t('utm.bounce'), value: row => row.bounce_rate, format: percent },
              { name: t('utm.duration'), value: row => row.avg_duration, format: duration },
            ],
            rows: list('/api/v1/campaigns'),
            label: row => row.campaign,
            pick: filter('utm_campaign', 'campaign'),
          },
          {
            id: 'utm-sources',
            title: t('utm.sources'),
            nothing: t('utm.tag'),
            columns: [visitors, views],
            rows: list('/api/v1/campaigns/sources'),
            label: row => row.source,
            pick: filter('utm_source', 'source'),
          },
          {
            id: 'mediums',
            title: t('utm.mediums'),
            nothing: t('utm.tag'),
            columns: [visitors, views],
            rows: list('/api/v1/campaigns/mediums'),
            label: row => row.medium,
            pick: filter('utm_medium', 'medium'),
          },
        ],
        { signal },
      ),
      view.can('revenue') && later(t('utm.attribution'),
        {
          wide: true,
          explain: t('utm.attribution?'),
          signal,
          nothing: t('utm.no-orders'),
          actions: choice(view, 'model',
            t('utm.model'),
            ['first_touch', 'last_touch', 'linear', 'position_based', 'time_decay'].map(name => [name, t(`utm.${name}`)]),
            model,
          ),
        },
        async () => {
          const { data, currency } = await report('/api/v1/marketing/attribution', { model });
          if (!data.length) return null;
          return table(t('utm.attribution'),
            [
              { name: t('utm.channel'), cell: row => row.channel, value: row => row.channel },
              { name: t('utm.source'), cell: row => row.source, value: row => row.source },
              { name: t('utm.campaign'), cell: row => row.campaign ?? '–', value: row => row.campaign },
              { name: t('orders'), number: true, cell: row => number(row.orders), value: row => row.orders },
              { name: t('revenue'), number: true, cell: row => money(row.revenue, currency), value: row => row.revenue },
            ],
            data.slice(0, 20),
          );
        },
      ),
      breakdown(t('utm.ai'),
        [
          {
            id: 'ai',
            title: t('utm.ai'),
            explain: t('utm.ai?'),
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
