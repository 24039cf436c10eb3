// Live activity.

import { h, replace, t, number, clock, country, card, figure, listen, ask, bar, noPlaces } from './kit.js';

export const ranged = false;

/** The maximum number of lines in the feed. */
const most = 100;

/** @param {View} view */
export async function show(view) {
  const { root, signal, state } = view;
  /** The activity of the last five minutes, oldest first, and the part that is not in the feed yet. */
  const recent = [], fresh = [];
  let paused = false, active = null, waiting;
  const figures = h('div', { class: 'figures' });
  const feed = h('ol', { class: 'feed', 'aria-label': t('core.feed'), tabindex: 0 });
  const status = h('span', { class: 'muted', role: 'status' });
  const pages = h('div'), map = h('div'), places = h('div'), wait = h('p', { class: 'muted' }, t('core.waiting'));
  const pause = h('button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => {
      paused = !paused;
      pause.textContent = t(paused ? 'core.resume' : 'core.pause');
      pause.setAttribute('aria-pressed', String(paused));
    } },
    t('core.pause'),
  );
  /** Rows: [name, visitors], highest first. */
  const list = (place, what, rows, nothing = t('core.waiting')) => replace(place,
    rows.length
      ? h('table', { class: 'list' },
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, what), h('th', { scope: 'col', class: 'number' }, t('visitors')))),
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
    /** The number of events older than `time` milliseconds. */
    const before = time => {
      const first = recent.findIndex(event => event.came > Date.now() - time);
      return first < 0 ? recent.length : first;
    };
    recent.splice(0, before(300000));
    replace(figures,
      figure({ name: t('core.now'), value: number(active), explain: t('core.now?') }),
      figure({ name: t('core.minute'), value: number(recent.length - before(60000)), explain: t('core.minute?') }),
    );
    list(pages, t('dimension.path'), countPages());
    if (fresh.length) wait.hidden = true;
    feed.prepend(...fresh.splice(0).slice(-most).reverse().map(line));
    while (feed.children.length > most) feed.lastChild?.remove();
  };
  // A busy site has hundreds of events per second: they are drawn in batches.
  const soon = () => waiting ??= setTimeout(() => { waiting = undefined; draw(); }, 200);
  replace(root, figures,
    h('div', { class: 'grid' },
      card(t('core.feed'), { actions: [status, pause] }, wait, feed),
      h('div', { class: 'page' },
        card(t('core.active-pages'), {}, h('p', { class: 'hint' }, t('core.since')), pages),
        card(t('core.places'), {}, h('p', { class: 'hint' }, t('core.half-hour')), map, places),
      ),
    ),
  );
  const count = async () => {
    try { active = (await ask('/api/v1/realtime', { signal })).active_visitors; draw(); } catch { /* shown with the next one */ }
  };
  let drawn;
  const locate = async () => {
    try {
      // Starts at a full minute, so all users send the same request within a minute.
      const start = (Math.floor(Date.now() / 60000) - 30) * 60000;
      const parameters = { level: 'country', limit: 300, start_at: new Date(start).toISOString() };
      const { data } = await ask('/api/v1/geo', { signal, parameters });
      const answer = JSON.stringify(data);
      if (answer === drawn && data.length) return;
      // If there are visitors but none has a country, locations are not looked up.
      const isSomebody = !data.length && (await ask('/api/v1/stats', { signal, parameters: { start_at: parameters.start_at, compare: 'none' } })).current.visitors;
      const rows = data.slice(0, 10).map(row => [country(row.country), row.visitors]);
      list(places, t('dimension.country'), rows, isSomebody ? noPlaces(view) : undefined);
      replace(map, data.length ? (await import('./map.js')).worldMap({ rows: data }) : []);
      drawn = answer;
    } catch { /* shown with the next one */ }
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
    connected => replace(status, connected ? [h('span', { class: 'live' }), t('core.connected')] : t('core.lost')),
  );
}
