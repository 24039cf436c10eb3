// What happens at this moment.

import { h, replace, t, number, clock, country, card, figure, listen, ask, bar, noPlaces } from './kit.js';

export const texts = {
  'r.now': { en: 'Visitors now', de: 'Besucher jetzt' },
  'r.now?': { en: 'Visitors with an activity in the last 5 minutes.', de: 'Besucher mit einer Aktivität in den letzten 5 Minuten.' },
  'r.minute': { en: 'Events a minute', de: 'Ereignisse pro Minute' },
  'r.minute?': {
    en: 'Pageviews and custom events that arrived in the last 60 seconds, since this page was opened.',
    de: 'Seitenaufrufe und Ereignisse der letzten 60 Sekunden, seit diese Seite offen ist.',
  },
  'r.feed': { en: 'As it arrives', de: 'Wie es ankommt' },
  'r.pages': { en: 'Active pages', de: 'Aktive Seiten' },
  'r.places': { en: 'Places', de: 'Orte' },
  'r.half-hour': { en: 'in the last 30 minutes', de: 'in den letzten 30 Minuten' },
  'r.connected': { en: 'Connected', de: 'Verbunden' },
  'r.lost': { en: 'Connection lost; trying again', de: 'Verbindung verloren; neuer Versuch' },
  'r.waiting': { en: 'Waiting for the next event …', de: 'Warten auf das nächste Ereignis …' },
  'r.pause': { en: 'Pause', de: 'Anhalten' },
  'r.go-on': { en: 'Resume', de: 'Weiter' },
  'r.since': { en: 'since this page was opened', de: 'seit diese Seite offen ist' },
};

export const ranged = false;

/** Lines of the feed. */
const most = 100;

export async function show(view) {
  const { root, signal, state } = view;
  /** What came in the last five minutes, oldest first, and what of it is not in the feed yet. */
  const recent = [], fresh = [];
  let paused = false, active = null, waiting;
  const figures = h('div', { class: 'figures' });
  const feed = h('ol', { class: 'feed', 'aria-label': t('r.feed'), tabindex: 0 });
  const status = h('span', { class: 'muted', role: 'status' });
  const pages = h('div'), map = h('div'), places = h('div'), wait = h('p', { class: 'muted' }, t('r.waiting'));
  const pause = h('button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => {
      paused = !paused;
      pause.textContent = t(paused ? 'r.go-on' : 'r.pause');
      pause.setAttribute('aria-pressed', String(paused));
    } },
    t('r.pause'),
  );
  /** Rows: [name, visitors], highest first. */
  const list = (place, rows, nothing = t('r.waiting')) => replace(place,
    rows.length
      ? h('table', { class: 'list' },
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('what')), h('th', { scope: 'col', class: 'number' }, t('visitors')))),
        h('tbody', null,
          rows.map(([name, count]) => h('tr', null,
            h('th', { scope: 'row' }, bar(count / rows[0][1]), h('span', { class: 'row' }, name)),
            h('td', { class: 'number' }, number(count)),
          )),
        ),
      )
      : h('p', { class: 'muted' }, nothing),
  );
  const countPages = () => {
    const counts = new Map();
    for (const { path, visitor } of recent) if (path) counts.set(path, (counts.get(path) ?? new Set()).add(visitor));
    return [...counts].map(([name, visitors]) => [name, visitors.size]).sort((a, b) => b[1] - a[1]).slice(0, 10);
  };
  const line = event => h('li', null,
    h('time', { datetime: event.at }, clock(event.at, state.zone)),
    h('span', null, event.type === 'event' ? h('strong', null, event.name, ' ') : '', event.path),
    h('span', { class: 'muted' }, [event.country && country(event.country), event.browser, event.device].filter(Boolean).join(' · ')),
  );
  const draw = () => {
    /** How many of them came before so many milliseconds. */
    const before = time => {
      const first = recent.findIndex(event => event.came > Date.now() - time);
      return first < 0 ? recent.length : first;
    };
    recent.splice(0, before(300000));
    replace(figures,
      figure({ name: t('r.now'), value: number(active), explain: t('r.now?') }),
      figure({ name: t('r.minute'), value: number(recent.length - before(60000)), explain: t('r.minute?') }),
    );
    list(pages, countPages());
    if (fresh.length) wait.hidden = true;
    feed.prepend(...fresh.splice(0).slice(-most).reverse().map(line));
    while (feed.children.length > most) feed.lastChild.remove();
  };
  // A busy site has hundreds a second: they are drawn some at a time.
  const soon = () => waiting ??= setTimeout(() => { waiting = undefined; draw(); }, 200);
  replace(root, figures,
    h('div', { class: 'grid' },
      card(t('r.feed'), { actions: [status, pause] }, wait, feed),
      h('div', { class: 'page' },
        card(t('r.pages'), {}, h('p', { class: 'hint' }, t('r.since')), pages),
        card(t('r.places'), {}, h('p', { class: 'hint' }, t('r.half-hour')), map, places),
      ),
    ),
  );
  const count = async () => {
    try { active = (await ask('/api/v1/realtime', { signal })).active_visitors; draw(); } catch { /* the next one will show it */ }
  };
  let drawn;
  const locate = async () => {
    try {
      // From a full minute on, so that it is the same question for everybody within the minute.
      const start = (Math.floor(Date.now() / 60000) - 30) * 60000;
      const parameters = { level: 'country', limit: 300, start_at: new Date(start).toISOString() };
      const { data } = await ask('/api/v1/geo', { signal, parameters });
      const answer = JSON.stringify(data);
      if (answer === drawn && data.length) return;
      // Visitors without a country: places are not looked up.
      const isSomebody = !data.length && (await ask('/api/v1/stats', { signal, parameters: { start_at: parameters.start_at, compare: 'none' } })).current.visitors;
      list(places, data.slice(0, 10).map(row => [country(row.country), row.visitors]), isSomebody ? noPlaces(view) : undefined);
      replace(map, data.length ? (await import('./map.js')).worldMap({ rows: data }) : []);
      drawn = answer;
    } catch { /* the next one will show it */ }
  };
  draw();
  count();
  locate();
  const timers = [setInterval(count, 5000), setInterval(locate, 15000)];
  signal.addEventListener('abort', () => { timers.forEach(clearInterval); clearTimeout(waiting); });
  listen('/api/v1/stream',
    (name, event) => {
      if (name !== 'activity') return;
      recent.push({ path: event.path, visitor: event.visitor, came: Date.now() });
      if (!paused) fresh.push(event);
      soon();
    },
    signal,
    connected => replace(status, connected ? [h('span', { class: 'live' }), t('r.connected')] : t('r.lost')),
  );
}
