// The first page: how many, over time, from where, on what.

import {
  h, replace, t, number, short, percent, duration, country, day, weekday, figure, delta, breakdown, card, load, lineChart, withFilter, today, ask,
} from './kit.js';

export const texts = {
  'o.bounce': { en: 'Bounce rate', de: 'Absprungrate' },
  'o.duration': { en: 'Visit duration', de: 'Besuchsdauer' },
  'o.live': { en: '{count} on the site now', de: '{count} gerade auf der Site' },
  'o.visitors?': {
    en: 'People who came at least once in this range: each browser counts once.',
    de: 'Menschen, die im Zeitraum mindestens einmal da waren: Jeder Browser zählt einmal.',
  },
  'o.pageviews?': { en: 'Pages that were opened, repeats included.', de: 'Geöffnete Seiten, Wiederholungen eingeschlossen.' },
  'o.sessions?': {
    en: 'Visits: what one visitor does until 30 minutes pass without anything.',
    de: 'Besuche: was ein Besucher tut, bis 30 Minuten lang nichts geschieht.',
  },
  'o.bounce?': {
    en: 'Share of sessions with a single pageview and no event. Lower is better.',
    de: 'Anteil der Sitzungen mit nur einem Seitenaufruf und ohne Ereignis. Weniger ist besser.',
  },
  'o.duration?': {
    en: 'Average time from the first to the last activity of a session.',
    de: 'Mittlere Zeit von der ersten bis zur letzten Aktivität einer Sitzung.',
  },
  'o.events?': {
    en: 'Custom events, such as a sign-up, that your pages sent.',
    de: 'Eigene Ereignisse, etwa eine Anmeldung, die Ihre Seiten gesendet haben.',
  },
  'o.pages': { en: 'Pages', de: 'Seiten' },
  'o.top': { en: 'Top', de: 'Meistgesehen' },
  'o.entry': { en: 'Entry', de: 'Einstieg' },
  'o.exit': { en: 'Exit', de: 'Ausstieg' },
  'o.views': { en: 'Views', de: 'Aufrufe' },
  'o.unique': { en: 'Unique', de: 'Besuche' },
  'o.time': { en: 'Time', de: 'Zeit' },
  'o.exit-rate': { en: 'Exit rate', de: 'Ausstiegsrate' },
  'o.sources': { en: 'Where from', de: 'Woher' },
  'o.source': { en: 'Sources', de: 'Quellen' },
  'o.channels': { en: 'Channels', de: 'Kanäle' },
  'o.campaigns': { en: 'Campaigns', de: 'Kampagnen' },
  'o.places': { en: 'Places', de: 'Orte' },
  'o.countries': { en: 'Countries', de: 'Länder' },
  'o.regions': { en: 'Regions', de: 'Regionen' },
  'o.cities': { en: 'Cities', de: 'Städte' },
  'o.technology': { en: 'Technology', de: 'Technik' },
  'o.browsers': { en: 'Browsers', de: 'Browser' },
  'o.systems': { en: 'Systems', de: 'Systeme' },
  'o.devices': { en: 'Devices', de: 'Geräte' },
  'o.count': { en: 'Count', de: 'Anzahl' },
  'o.no-places': {
    en: 'No places are known. They need a GeoIP database: see privacy.geoip_database in the configuration.',
    de: 'Keine Orte bekannt. Sie brauchen eine GeoIP-Datenbank: privacy.geoip_database in der Konfiguration.',
  },
  'o.no-events': {
    en: 'No custom events in this range. Send one with pulse("event", { name: "signup" }).',
    de: 'Keine eigenen Ereignisse in diesem Zeitraum. pulse("event", { name: "signup" }) sendet eines.',
  },
  'o.last-open': { en: 'The dashed part is not over yet.', de: 'Der gestrichelte Teil ist noch nicht vorbei.' },
};

export async function show(view) {
  const { root, state, report, go, can, signal } = view;
  const stats = report('/api/v1/stats'), series = report('/api/v1/stats/timeseries', { interval: view.interval, ...view.compare });
  series.catch(() => {});
  const figures = h('div', { class: 'figures' }), chart = h('div'), live = h('span', { class: 'muted', id: 'live' });
  let metric = state.extra.metric ?? 'visitors';

  const pick = name => () => { metric = name; heading.textContent = t(name); drawFigures(); drawChart(); };
  const drawFigures = () => load(figures,
    async () => {
      const { current, previous } = await stats;
      const make = (name, title, format, lowIsGood, chartable) => figure({
        name: title,
        value: format(current[name]),
        explain: t(`o.${{ bounce_rate: 'bounce', avg_duration: 'duration' }[name] ?? name}?`),
        change: state.compare ? delta(current[name], previous[name], lowIsGood) : null,
        onclick: chartable && pick(name),
        pressed: metric === name,
      });
      return [
        make('visitors', t('visitors'), short, false, true),
        make('pageviews', t('pageviews'), short, false, true),
        make('sessions', t('sessions'), short, false, true),
        make('bounce_rate', t('o.bounce'), percent, true),
        make('avg_duration', t('o.duration'), duration),
        make('events', t('events'), short),
      ];
    },
    { lines: 2, signal },
  );
  const drawChart = () => load(chart,
    async () => {
      const { data, previous } = await series, hourly = view.interval === 'hour', last = data.at(-1)?.date ?? '';
      const label = date => hourly ? `${weekday(date, { weekday: 'short', day: 'numeric', month: 'short' })}, ${date.slice(11, 16)}` : weekday(date);
      const points = data.map((point, at) => ({
        label: label(point.date),
        short: hourly ? point.date.slice(11, 16) : day(point.date),
        value: point[metric],
        before: state.compare ? previous?.data[at]?.[metric] : undefined,
      }));
      if (!points.length) return null;
      const partial = !hourly && last.slice(0, 10) === today(state.zone);
      return [lineChart({ name: t(metric), points, unit: t(metric).toLowerCase(), partial }), partial && h('p', { class: 'hint' }, t('o.last-open'))];
    },
    { lines: 7, signal },
  );

  const heading = h('span', null, t(metric));
  replace(root, figures, card(heading, { actions: live }, chart), h('div', { class: 'grid' }, lists(view)));
  const settled = Promise.all([drawFigures(), drawChart()]);
  const countLive = async () => {
    try {
      replace(live, h('span', { class: 'live' }), t('o.live', { count: number((await ask('/api/v1/realtime', { signal })).active_visitors) }));
    } catch { replace(live); }
  };
  countLive();
  const timer = setInterval(countLive, 10000);
  signal.addEventListener('abort', () => clearInterval(timer));
  await settled;
  // Nothing at all, ever: the project is new.
  const { current, previous } = await stats.catch(() => ({ current: {}, previous: {} }));
  if (current.pageviews === 0 && current.events === 0 && !previous.pageviews && !state.filters.length && !state.segment) {
    const ever = await ask('/api/v1/stats', { signal, parameters: { start_at: '2000-01-01' } });
    if (!ever.current.pageviews && !ever.current.events && !signal.aborted) (await import('./start.js')).showStart(view, () => view.refresh());
  }

  function lists(view) {
    const filter = (name, key = name) => row => () => go({ filters: withFilter(state.filters, name, row[key]) });
    const list = (path, extra) => async limit => (await report(path, { limit, ...extra })).data;
    const visitors = { name: t('visitors'), value: row => row.visitors, explain: t('o.visitors?') };
    const views = { name: t('pageviews'), value: row => row.pageviews };
    const share = { name: t('share'), value: row => row.percentage, format: percent };
    const devices = key => async limit => (await report('/api/v1/devices', { limit }))[key];
    const place = (level, title, label) => ({
      id: level,
      title,
      nothing: t('o.no-places'),
      columns: [visitors, share],
      rows: list('/api/v1/geo', { level }),
      label,
      pick: row => row[level] ? filter(level)(row) : null,
    });
    return [
      breakdown(t('o.pages'),
        [
          {
            id: 'pages',
            title: t('o.top'),
            what: t('dimension.path'),
            columns: [
              { name: t('o.views'), value: row => row.views },
              { name: t('o.unique'), value: row => row.unique_views },
              { name: t('o.time'), value: row => row.avg_duration, format: duration },
            ],
            rows: list('/api/v1/pages'),
            label: row => row.path,
            pick: filter('path'),
          },
          {
            id: 'entry',
            title: t('o.entry'),
            what: t('dimension.entry_page'),
            columns: [{ name: t('sessions'), value: row => row.sessions }, { name: t('o.bounce'), value: row => row.bounce_rate, format: percent }],
            rows: list('/api/v1/pages/entry'),
            label: row => row.path,
            pick: filter('entry_page', 'path'),
          },
          {
            id: 'exit',
            title: t('o.exit'),
            what: t('dimension.exit_page'),
            columns: [{ name: t('sessions'), value: row => row.sessions }, { name: t('o.exit-rate'), value: row => row.exit_rate, format: percent }],
            rows: list('/api/v1/pages/exit'),
            label: row => row.path,
            pick: filter('exit_page', 'path'),
          },
        ],
        { signal },
      ),
      breakdown(t('o.sources'),
        [
          {
            id: 'sources',
            title: t('o.source'),
            columns: [visitors, views],
            rows: list('/api/v1/referrers'),
            label: row => row.source,
            pick: filter('source'),
          },
          ...can('utm')
            ? [
              {
                id: 'channels',
                title: t('o.channels'),
                columns: [visitors, { name: t('sessions'), value: row => row.sessions }],
                rows: list('/api/v1/marketing/channels', { limit: undefined }),
                label: row => row.channel,
              },
              {
                id: 'campaigns',
                title: t('o.campaigns'),
                columns: [visitors, { name: t('o.bounce'), value: row => row.bounce_rate, format: percent }],
                rows: list('/api/v1/campaigns'),
                label: row => row.campaign,
              },
            ]
            : [],
        ],
        { signal },
      ),
      breakdown(t('o.places'),
        [
          place('country', t('o.countries'), row => country(row.country)),
          place('region', t('o.regions'), row => row.region),
          place('city', t('o.cities'), row => row.city),
        ],
        { signal },
      ),
      breakdown(t('o.technology'),
        [
          {
            id: 'devices',
            title: t('o.devices'),
            columns: [visitors, share],
            rows: devices('device_types'),
            label: row => row.name,
            pick: filter('device', 'name'),
          },
          {
            id: 'browsers',
            title: t('o.browsers'),
            columns: [visitors, share],
            rows: devices('browsers'),
            label: row => row.name,
            pick: filter('browser', 'name'),
          },
          {
            id: 'systems',
            title: t('o.systems'),
            columns: [visitors, share],
            rows: devices('operating_systems'),
            label: row => row.name,
            pick: filter('os', 'name'),
          },
        ],
        { signal },
      ),
      breakdown(t('events'),
        [
          {
            id: 'events',
            title: t('events'),
            explain: t('o.events?'),
            nothing: t('o.no-events'),
            columns: [{ name: t('o.count'), value: row => row.count }, { name: t('visitors'), value: row => row.unique }],
            rows: list('/api/v1/events'),
            label: row => row.name,
            pick: filter('event', 'name'),
          },
        ],
        { signal },
      ),
    ];
  }
}
