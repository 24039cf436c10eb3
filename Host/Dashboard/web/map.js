// The world map with its borders, 17 KB: pages import it once they have data for it.

import { h, s } from './dom.js';
import { t, number, percent, country } from './text.js';
import { info } from './kit.js';
import { size, borders } from './world.js';

/** Shares, as percentages, at which a darker step may begin: a map uses the four highest below its highest share. */
const marks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], darkest = 5;

/**
 * Countries by share of visitors, in five steps. Rows, highest first: { country, visitors, percentage }, with ISO 3166 alpha-2 codes;
 * `pick(row)` returns the click handler. Pages list the same numbers after the map, for keyboard users.
 * @param {{ rows: any[], pick?: (row: any) => (() => unknown) | null }} options
 */
export function worldMap({ rows, pick }) {
  const shares = rows.map(row => row.percentage), bounds = marks.filter(mark => mark < Math.max(...shares)).slice(1 - darkest);
  const step = row => row ? darkest - bounds.filter(bound => row.percentage < bound).length : 0;
  const byCode = new Map(rows.map(row => [row.country, row]));
  const shapes = Object.entries(borders)
    .map(([code, outline]) => ({ code, outline, row: byCode.get(code), step: step(byCode.get(code)) }))
    // Later shapes are on top, so their edges are fully visible.
    .sort((a, b) => a.step - b.step);
  return h('figure', { class: 'drawing world' },
    s('svg', { viewBox: `0 0 ${size.join(' ')}`, role: 'img', 'aria-label': description(rows) },
      shapes.map(({ code, outline, row, step }) => {
        const onclick = row && pick?.(row), title = row ? withShare(row) : said({ country: code, visitors: 0 });
        return s('path', { d: outline, class: `step-${step}${onclick ? ' pick' : ''}`, 'data-country': code, onclick }, s('title', null, title));
      }),
    ),
    legend(bounds),
  );
}

const said = row => `${country(row.country)}: ${t('count.visitors', { count: row.visitors })}`;
const withShare = row => `${said(row)} (${percent(row.percentage)})`;
const description = rows => t('map.shows', { countries: rows.slice(0, 3).map(withShare).join('; ') });

/** The legend of the steps; lower bounds are inclusive. */
function legend(bounds) {
  const last = bounds.length, name = at => at === last
    ? last ? `≥ ${percent(bounds[at - 1])}` : `> ${percent(0)}`
    : at ? `${number(bounds[at - 1])}–${percent(bounds[at])}` : `< ${percent(bounds[0])}`;
  const entry = (step, text) => h('li', null, h('i', { class: `step-${step}` }), text);
  return h('figcaption', { class: 'steps' },
    h('ul', { 'aria-label': t('map.legend') },
      entry(0, t('map.none')),
      Array.from({ length: last + 1 }, (_, at) => entry(darkest - last + at, name(at))),
    ),
    info(t('map?')),
  );
}
