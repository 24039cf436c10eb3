// The first page: how many, over time, from where, on what.

import {
  h, replace, t, number, short, percent, duration, country, figure, delta, breakdown, card, load, lineChart, picker, timeline, endsToday, ask, parameters, noPlaces, script,
} from './kit.js';
import { isOfEvents } from './toolbar.js';

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
  'o.bounce_rate?': {
    en: 'Share of sessions with a single pageview and no event. Lower is better.',
    de: 'Anteil der Sitzungen mit nur einem Seitenaufruf und ohne Ereignis. Weniger ist besser.',
  },
  'o.avg_duration?': {
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
  'o.unique': { en: 'Unique', de: 'Besucher' },
  'o.unique?': { en: 'Visitors who saw the page at least once.', de: 'Besucher, die die Seite mindestens einmal gesehen haben.' },
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
  'o.no-events': {
    en: 'No custom events in this range. Send one with pulse("event", { name: "signup" }).',
    de: 'Keine eigenen Ereignisse in diesem Zeitraum. pulse("event", { name: "signup" }) sendet eines.',
  },
  'o.last-open': { en: 'The dashed part is not over yet.', de: 'Der gestrichelte Teil ist noch nicht vorbei.' },
};

export const compares = true;

const all = ['visitors', 'pageviews', 'sessions'];

export async function show(view) {
  const { root, state, report, signal } = view;
  // Event rows have no pageviews, so no bounces and no pages; a 0 would be wrong.
  const isEvents = isOfEvents(state.filters), metrics = all.filter(name => name !== 'pageviews' || !isEvents);
  // The figures come first, then what they were before, then everything else: what is asked beside them would only take their time.
  const after = (first, ask) => first.then(ask, ask);
  const stats = report('/api/v1/stats', { compare: 'none' });
  const compared = state.compare ? after(stats, async () => {
    const [now, then] = await Promise.all([stats, view.earlier('/api/v1/stats', { compare: 'none' })]);
    return { ...now, previous: then.current };
  }) : stats;
  const series = after(compared, () => report('/api/v1/stats/timeseries', { interval: view.interval, ...view.compare }));
  const figures = h('div', { class: 'figures' }), chart = h('div'), live = h('span', { class: 'muted', id: 'live' });
  let metric = metrics.find(name => name === state.extra.metric) ?? metrics[0];
  const heading = h('span', null, t(metric));
  const pick = name => () => {
    metric = name;
    view.keep({ metric: name === metrics[0] ? '' : name });
    heading.textContent = t(name);
    redraw(shown);
    drawChart();
  };
  const made = ({ current, previous }) => {
    const make = (name, title, format, { lowIsGood, onclick } = {}) => figure({
      name: title,
      value: format(current[name]),
      explain: t(`o.${name}?`),
      onclick,
      pressed: metric === name,
      change: previous && delta(current[name], previous[name], lowIsGood),
    });
    return [
      ...metrics.map(name => make(name, t(name), short, { onclick: pick(name) })),
      !isEvents && make('bounce_rate', t('o.bounce'), percent, { lowIsGood: true }),
      !isEvents && make('avg_duration', t('o.duration'), duration),
      make('events', t('events'), short),
    ];
  };
  let shown;
  const redraw = answer => {
    const wasInside = figures.contains(document.activeElement);
    replace(figures, made(shown = answer));
    if (wasInside) figures.querySelector('[aria-pressed=true]').focus();
  };
  const drawFigures = async () => {
    await load(figures, async () => made(shown = await stats), { lines: 2, signal, again: view.refresh });
    const both = await compared.catch(() => null);
    if (both && !signal.aborted) redraw(both);
  };
  const drawChart = () => load(chart,
    async () => {
      const answer = await series, points = timeline(answer, view.interval, point => point[metric]), partial = endsToday(view, answer.data);
      if (!points.length) return null;
      return [
        lineChart({ name: t(metric), points, say: count => t(`count.${metric}`, { count }), partial }),
        partial && h('p', { class: 'hint' }, t('o.last-open')),
      ];
    },
    { lines: 7, signal, again: view.refresh },
  );

  replace(root, figures, card(heading, { actions: live }, chart), h('div', { class: 'grid' }, lists(view, stats, series.catch(() => { /* the chart says so */ }))));
  countLive(live, view);
  await Promise.all([drawFigures(), drawChart()]);
  const { current } = await stats.catch(() => ({ current: {} }));
  const isEmpty = current.pageviews === 0 && current.events === 0 && !state.filters.length && !state.segment;
  if (isEmpty && await isNew(signal)) (await script('./start.js')).showStart(view, () => view.refresh());
}

/** Whether nothing has ever come to the project. */
async function isNew(signal) {
  const { current } = await ask('/api/v1/stats', { signal, parameters: { start_at: '2000-01-01', compare: 'none' } });
  return !current.pageviews && !current.events && !signal.aborted;
}

/** Keeps counting how many of those that are looked at are there now. */
function countLive(place, { signal, state }) {
  const { filter } = parameters(state);
  const count = async () => {
    try {
      const { active_visitors } = await ask('/api/v1/realtime', { signal, parameters: { filter } });
      replace(place, h('span', { class: 'live' }), t('o.live', { count: number(active_visitors) }));
    } catch { replace(place); }
  };
  count();
  const timer = setInterval(count, 10000);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** The map of the world. It comes once its place is about to be seen, so that the first view stays small. */
function map(options) {
  const place = h('div', { class: 'map' });
  const sight = new IntersectionObserver(
    async entries => {
      if (!entries.some(entry => entry.isIntersecting)) return;
      sight.disconnect();
      await load(place, async again => (await script('./map.js', again)).worldMap(options));
    },
    { rootMargin: '200px' },
  );
  sight.observe(place);
  return place;
}

/** The breakdowns. They are asked once `numbers` has settled, so that the figures above them don't wait. */
function lists(view, stats, numbers) {
  const { report: ask, can, signal, state } = view, filter = picker(view);
  /** A breakdown whose tab is in the address. */
  const tabbed = (name, tabs, options) => {
    const onchoose = id => view.keep({ [name]: id === tabs[0].id ? '' : id });
    return breakdown(t(`o.${name}`), tabs, { signal, chosen: state.extra[name], onchoose, ...options });
  };
  const report = async (...question) => {
    await numbers;
    return ask(...question);
  };
  const list = path => async limit => (await report(path, { limit })).data;
  const column = (name, key, format) => ({ name, value: row => row[key], format });
  const visitors = { ...column(t('visitors'), 'visitors'), explain: t('o.visitors?') };
  const views = isOfEvents(state.filters) ? [] : [column(t('pageviews'), 'pageviews')];
  const sessions = column(t('sessions'), 'sessions');
  const bounces = column(t('o.bounce'), 'bounce_rate', percent);
  const share = column(t('share'), 'percentage', percent);
  const geo = (level, title, label = row => row[level]) => ({
    id: level,
    title,
    nothing: async () => (await stats).current.visitors ? noPlaces(view, level) : undefined,
    columns: [visitors, share],
    label,
    pick: filter(level),
    rows: async limit => (await report('/api/v1/geo', { level, limit })).data,
  });
  const devices = (id, title, dimension, key) => ({
    id,
    title,
    columns: [visitors, share],
    label: row => row.name,
    pick: filter(dimension, 'name'),
    rows: async limit => (await report('/api/v1/devices', { limit }))[key],
  });
  const page = row => row.path;
  return [
    !isOfEvents(state.filters) && tabbed('pages',
      [
        {
          id: 'pages',
          title: t('o.top'),
          what: t('dimension.path'),
          rows: list('/api/v1/pages'),
          label: page,
          pick: filter('path'),
          columns: [
            column(t('o.views'), 'views'),
            { ...column(t('o.unique'), 'unique_views'), explain: t('o.unique?') },
            column(t('o.time'), 'avg_duration', duration),
          ],
        },
        {
          id: 'entry',
          title: t('o.entry'),
          what: t('dimension.entry_page'),
          rows: list('/api/v1/pages/entry'),
          label: page,
          pick: filter('entry_page', 'path'),
          columns: [sessions, bounces],
        },
        {
          id: 'exit',
          title: t('o.exit'),
          what: t('dimension.exit_page'),
          rows: list('/api/v1/pages/exit'),
          label: page,
          pick: filter('exit_page', 'path'),
          columns: [sessions, column(t('o.exit-rate'), 'exit_rate', percent)],
        },
      ],
    ),
    tabbed('sources',
      [
        {
          id: 'sources',
          title: t('o.source'),
          columns: [visitors, ...views],
          rows: list('/api/v1/referrers'),
          label: row => row.source,
          pick: filter('source'),
        },
        ...can('utm')
          ? [
            {
              id: 'channels',
              title: t('o.channels'),
              columns: [visitors, sessions],
              label: row => row.channel,
              pick: filter('channel'),
              rows: async limit => (await report('/api/v1/marketing/channels')).data.slice(0, limit),
            },
            {
              id: 'campaigns',
              title: t('o.campaigns'),
              columns: [visitors, bounces],
              label: row => row.campaign,
              pick: filter('utm_campaign', 'campaign'),
              rows: list('/api/v1/campaigns'),
            },
          ]
          : [],
      ],
    ),
    tabbed('places',
      [
        {
          ...geo('country', t('o.countries'), row => country(row.country)),
          // The map has every country, the list the first of them.
          rows: async limit => (await report('/api/v1/geo', { level: 'country', limit: Math.max(limit, 300) })).data,
          picture: rows => map({ rows, pick: filter('country') }),
        },
        geo('region', t('o.regions')),
        geo('city', t('o.cities')),
      ],
      { wide: true },
    ),
    tabbed('technology',
      [
        devices('devices', t('o.devices'), 'device', 'device_types'),
        devices('browsers', t('o.browsers'), 'browser', 'browsers'),
        devices('systems', t('o.systems'), 'os', 'operating_systems'),
      ],
    ),
    breakdown(t('events'),
      [
        {
          id: 'events',
          title: t('events'),
          explain: t('o.events?'),
          nothing: t('o.no-events'),
          rows: list('/api/v1/events'),
          label: row => row.name,
          pick: filter('event', 'name'),
          columns: [column(t('o.count'), 'count'), column(t('visitors'), 'unique')],
        },
      ],
      { signal },
    ),
  ];
}
