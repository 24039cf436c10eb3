// The overview: totals, a chart over time, and breakdowns.

import {
  h, replace, t, number, short, percent, duration, country, figure, delta, breakdown, card, load, lineChart, picker, timeline, endsToday,
  ask, parameters, noPlaces, script,
} from './kit.js';
import { isOfEvents } from './toolbar.js';
import { losses } from './ledger.js';

export const compares = true;

const all = ['visitors', 'pageviews', 'sessions'];

/** @param {View} view */
export async function show(view) {
  const { root, state, report, signal } = view;
  // Filters on events leave no pageviews to count: hide the numbers that need them, because a 0 would be wrong.
  const isEvents = isOfEvents(state.filters), metrics = all.filter(name => name !== 'pageviews' || !isEvents);
  // The figures load first, then the previous period, then everything else: parallel requests would only slow them down.
  const after = (first, ask) => first.then(ask, ask);
  const stats = report('/api/v1/stats', { compare: 'none' });
  const compared = state.compare ? after(stats, async () => {
    const [now, then] = await Promise.all([stats, view.earlier('/api/v1/stats', { compare: 'none' })]);
    return { ...now, previous: then.current };
  }) : stats;
  const series = after(compared, () => report('/api/v1/stats/timeseries', { interval: view.interval, ...view.compare }));
  const lost = h('p', { class: 'problem', role: 'status', id: 'lost' });
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
    /**
     * @param {string} name
     * @param {string} title
     * @param {(value: any) => string} format
     * @param {{ lowIsGood?: boolean, onclick?: () => unknown }} options
     */
    const make = (name, title, format, { lowIsGood, onclick } = {}) => figure({
      name: title,
      value: format(current[name]),
      explain: t(`core.${name}?`),
      onclick,
      pressed: metric === name,
      change: previous && delta(current[name], previous[name], lowIsGood),
    });
    return [
      ...metrics.map(name => make(name, t(name), short, { onclick: pick(name) })),
      !isEvents && make('bounce_rate', t('core.bounce'), percent, { lowIsGood: true }),
      !isEvents && make('avg_duration', t('core.duration'), duration),
      make('events', t('events'), short),
    ];
  };
  let shown;
  const redraw = answer => {
    const wasInside = figures.contains(document.activeElement);
    replace(figures, made(shown = answer));
    if (wasInside) /** @type {HTMLElement | null} */ (figures.querySelector('[aria-pressed=true]'))?.focus();
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
        partial && h('p', { class: 'hint' }, t('core.last-open')),
      ];
    },
    { lines: 7, signal, again: view.refresh },
  );

  replace(root, figures, lost, card(heading, { actions: live }, chart), h('div', { class: 'grid' }, lists(view, stats, series.catch(() => { /* the chart shows the error */ }))));
  countLive(live, view);
  await Promise.all([drawFigures(), drawChart()]);
  const { current } = await stats.catch(() => ({ current: {} }));
  const isEmpty = current.pageviews === 0 && current.events === 0 && !state.filters.length && !state.segment;
  if (!isEmpty) tellLosses(lost, signal);
  if (isEmpty && await isNew(signal)) (await script('./start.js')).showStart(view, () => view.refresh());
}

/** Says how many events were rejected by mistake, and why. */
async function tellLosses(place, signal) {
  try { place.textContent = (await losses({ signal, byMistake: true })).refused; } catch { /* the numbers are still right */ }
}

/** Whether the project has never received an event. */
async function isNew(signal) {
  const { current } = await ask('/api/v1/stats', { signal, parameters: { start_at: '2000-01-01', compare: 'none' } });
  return !current.pageviews && !current.events && !signal.aborted;
}

/** Keeps showing how many visitors that match the filters are on the site now. */
function countLive(place, { signal, state }) {
  const { filter } = parameters(state);
  const count = async () => {
    try {
      const { active_visitors } = await ask('/api/v1/realtime', { signal, parameters: { filter } });
      replace(place, h('span', { class: 'live' }), t('core.live', { count: number(active_visitors) }));
    } catch { replace(place); }
  };
  count();
  const timer = setInterval(count, 10000);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** The world map, loaded when it is about to scroll into view, to keep the first view small. */
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

/** The breakdowns, requested once `numbers` has settled, so they don't delay the figures above. */
function lists(view, stats, numbers) {
  const { report: ask, can, signal, state } = view, filter = picker(view);
  /** A breakdown whose tab is stored in the URL. */
  const tabbed = (name, tabs, options) => {
    const onchoose = id => view.keep({ [name]: id === tabs[0].id ? '' : id });
    return breakdown(t(`core.${name}`), tabs, { signal, chosen: state.extra[name], onchoose, ...options });
  };
  const report = async (...question) => {
    await numbers;
    return ask(...question);
  };
  const list = path => async limit => (await report(path, { limit })).data;
  const column = (name, key, format) => ({ name, value: row => row[key], format });
  const visitors = { ...column(t('visitors'), 'visitors'), explain: t('core.visitors?') };
  const views = isOfEvents(state.filters) ? [] : [column(t('pageviews'), 'pageviews')];
  const sessions = column(t('sessions'), 'sessions');
  const bounces = column(t('core.bounce'), 'bounce_rate', percent);
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
          title: t('core.top'),
          what: t('dimension.path'),
          rows: list('/api/v1/pages'),
          label: page,
          pick: filter('path'),
          columns: [
            column(t('core.views'), 'views'),
            { ...column(t('core.unique'), 'unique_views'), explain: t('core.unique?') },
            column(t('core.time'), 'avg_duration', duration),
          ],
        },
        {
          id: 'entry',
          title: t('core.entry'),
          what: t('dimension.entry_page'),
          rows: list('/api/v1/pages/entry'),
          label: page,
          pick: filter('entry_page', 'path'),
          columns: [sessions, bounces],
        },
        {
          id: 'exit',
          title: t('core.exit'),
          what: t('dimension.exit_page'),
          rows: list('/api/v1/pages/exit'),
          label: page,
          pick: filter('exit_page', 'path'),
          columns: [sessions, column(t('core.exit-rate'), 'exit_rate', percent)],
        },
      ],
    ),
    tabbed('sources',
      [
        {
          id: 'sources',
          title: t('core.source'),
          columns: [visitors, ...views],
          rows: list('/api/v1/referrers'),
          label: row => row.source,
          pick: filter('source'),
        },
        ...can('utm')
          ? [
            {
              id: 'channels',
              title: t('core.channels'),
              columns: [visitors, sessions],
              label: row => row.channel,
              pick: filter('channel'),
              rows: async limit => (await report('/api/v1/marketing/channels')).data.slice(0, limit),
            },
            {
              id: 'campaigns',
              title: t('core.campaigns'),
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
          ...geo('country', t('core.countries'), row => country(row.country)),
          // The map shows every country, the list only the first ones.
          rows: async limit => (await report('/api/v1/geo', { level: 'country', limit: Math.max(limit, 300) })).data,
          picture: rows => map({ rows, pick: filter('country') }),
        },
        geo('region', t('core.regions')),
        geo('city', t('core.cities')),
      ],
      { wide: true },
    ),
    tabbed('technology',
      [
        devices('devices', t('core.devices'), 'device', 'device_types'),
        devices('browsers', t('core.browsers'), 'browser', 'browsers'),
        devices('systems', t('core.systems'), 'os', 'operating_systems'),
      ],
    ),
    breakdown(t('events'),
      [
        {
          id: 'events',
          title: t('events'),
          explain: t('core.events?'),
          nothing: t('core.no-events'),
          rows: list('/api/v1/events'),
          label: row => row.name,
          pick: filter('event', 'name'),
          columns: [column(t('core.count'), 'count'), column(t('visitors'), 'unique')],
        },
      ],
      { signal },
    ),
  ];
}
