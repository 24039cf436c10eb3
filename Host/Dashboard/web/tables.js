// Rows: breakdowns that filter by a click, and plain tables.

import { h, replace, scroller, unique, breakable } from './dom.js';
import { t, language, number, country } from './text.js';
import { bar } from './charts.js';
import { button, card, info, load, empty, more, saveRows } from './kit.js';
import { mostRows } from './api.js';
import { withFilter } from './state.js';

/** For `pick` of breakdowns: what filters the whole view by a row's value; null where it has none. */
export const picker = ({ go, state }) => (name, key = name) => row => row[key] ? () => go({ filters: withFilter(state.filters, name, row[key]) }) : null;

/**
 * A card with tabs, each a list with bars. A tab: { id, title, explain, columns: [{ name, value(row), format, explain }], rows(limit) → rows,
 * label(row), pick(row) → what a click does, before(row), picture(rows) → what stands before the list }. The first column's value makes
 * the bar; `rows` may answer more than were asked for; `nothing` says, or comes to, why there are none. `wide`: the card takes the page's
 * whole width; `again` as for `load`; `onchoose(id)` hears of another tab.
 */
export function breakdown(name, tabs, { signal, chosen, onchoose, wide, again } = {}) {
  let tab = tabs.find(tab => tab.id === chosen) ?? tabs[0], limit = 8;
  const panel = unique('panel'), place = h('div', { class: 'body', id: panel, role: tabs.length > 1 ? 'tabpanel' : undefined });
  const buttons = tabs.map(each => h('button',
    {
      type: 'button',
      role: 'tab',
      id: unique('tab'),
      'data-key': `tab-${each.id}`,
      'aria-controls': panel,
      onclick: () => { tab = each; limit = 8; onchoose?.(each.id); show(); },
      onkeydown: event => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = buttons[(buttons.indexOf(event.currentTarget) + step + tabs.length) % tabs.length];
        next.focus();
        next.click();
      },
    },
    each.title,
  ));
  const show = () => {
    const current = tab;
    buttons.forEach((button, at) => {
      button.setAttribute('aria-selected', String(tabs[at] === tab));
      button.tabIndex = tabs[at] === tab ? 0 : -1;
      if (tabs[at] === tab && tabs.length > 1) place.setAttribute('aria-labelledby', button.id);
    });
    load(place,
      async () => {
        const asked = Math.min(mostRows, limit + 1), rows = await current.rows(asked);
        if (tab !== current) return place.firstChild;
        const grow = more(limit, limit < 50 ? 50 : limit * 4, next => { limit = next; show(); });
        return rows.length
          ? pictured(current.picture?.(rows), list(current, rows.slice(0, limit), rows.length >= asked && grow))
          : empty(await (typeof current.nothing === 'function' ? current.nothing() : current.nothing));
      },
      { lines: 6, signal, again },
    );
  };
  show();
  return card(name,
    {
      wide,
      explain: tabs.length === 1 ? tabs[0].explain : undefined,
      actions: tabs.length > 1 && h('div', { class: 'tabs', role: 'tablist', 'aria-label': name }, buttons),
    },
    place,
  );
}

/**
 * A breakdown by properties of visits, one at a time: `rows(property, limit)` come to rows that have a `value`; `columns` and `nothing` as of
 * a tab. A click on a row filters the whole view by it, and which property is shown is part of the address.
 */
export function byProperty({ state, go, keep, signal }, title, properties, { columns, nothing, rows }) {
  const filter = picker({ state, go });
  return breakdown(title,
    properties.map(name => ({
      id: name,
      title: t(`dimension.${name}`),
      nothing,
      columns,
      label: row => name === 'country' ? country(row.value) : row.value,
      rows: limit => rows(name, limit),
      pick: filter(name, 'value'),
    })),
    { signal, chosen: state.extra.by, onchoose: by => keep({ by }) },
  );
}

const pictured = (picture, list) => picture ? h('div', { class: 'pictured' }, picture, h('div', null, list)) : list;

function list(tab, rows, more) {
  const highest = Math.max(1e-9, ...rows.map(row => tab.columns[0].value(row) ?? 0));
  return [
    scroller(tab.title,
      h('table', { class: 'list' },
        h('thead', null,
          h('tr', null,
            h('th', { scope: 'col' }, tab.what ?? tab.title),
            tab.columns.map(column => h('th', { scope: 'col', class: 'number' }, column.name, column.explain && [' ', info(column.explain)])),
          ),
        ),
        h('tbody', null,
          rows.map(row => {
            const label = tab.label(row), pick = tab.pick?.(row), text = label || t('unknown');
            return h('tr', null,
              h('th', { scope: 'row' },
                bar(tab.columns[0].value(row) / highest),
                pick
                  ? h('button', { type: 'button', class: 'row', onclick: pick, title: t('filter-by', { value: text }) }, breakable(text))
                  : h('span', { class: 'row', title: text }, breakable(text)),
              ),
              tab.columns.map(column => h('td', { class: 'number' }, (column.format ?? number)(column.value(row)))),
            );
          }),
        ),
      ),
    ),
    h('div', { class: 'row end' },
      more,
      button(t('csv'),
        async () => {
          const all = await tab.rows(mostRows);
          const heads = [tab.what ?? tab.title, ...tab.columns.map(column => column.name)];
          saveRows(`${tab.id}.csv`, heads, all.map(row => [tab.label(row), ...tab.columns.map(column => column.value(row))]));
        },
        { class: 'link' },
      ),
    ),
  ];
}

/** What a cell has, and how: a short text stays on its line, a sentence gets room, so that on a phone its row is no tower. */
function laidOut(made) {
  const parts = [made].flat(Infinity).filter(part => part || part === 0), isText = part => typeof part !== 'object' || part.matches('time, code');
  const length = parts.filter(isText).reduce((sum, part) => sum + (part.textContent ?? String(part)).length, 0);
  return {
    content: length > 24 ? parts.map(part => typeof part === 'string' ? breakable(part) : part) : parts,
    layout: length > 80 ? 'long' : length > 24 ? 'text' : length ? 'short' : '',
  };
}

/** By what the tables of this visit are sorted, where a person has chosen it: column and direction by page and table. */
const orders = new Map();

/** Words as the person's language sorts them, numbers by size; what has no value comes last either way. */
function compare(a, b, isUp) {
  if (a == null || b == null) return (a == null) - (b == null);
  const order = typeof a === 'number' ? a - b : String(a).localeCompare(String(b), language, { numeric: true });
  return isUp ? order : -order;
}

/**
 * A plain table. Columns: { name, cell(row), number, explain, value(row) }, the last where rows can be sorted by it; one without a name has
 * what can be done with a row. `pick(row)` → what a click on the first cell does, or null. Sorting is told to what holds the table as
 * the event `sort`, so that a list which is cut can bring the rest.
 */
export function table(name, columns, rows, { nothing, pick } = {}) {
  if (!rows.length) return empty(nothing);
  const key = `${location.pathname} ${name}`, body = h('tbody'), heads = h('tr');
  const line = row => h('tr', null,
    columns.map((column, at) => {
      const made = column.cell(row);
      if (made instanceof HTMLTableCellElement) return made;
      const { content, layout } = laidOut(made);
      const action = at === 0 && pick?.(row), shown = action ? button(content, action, { class: 'link' }) : content;
      return h(at === 0 ? 'th' : 'td', { scope: at === 0 ? 'row' : undefined, class: column.number ? 'number' : layout }, shown);
    }),
  );
  const lines = new Map(rows.map(row => [row, line(row)]));
  const sort = at => {
    const now = orders.get(key);
    orders.set(key, { at, isUp: now?.at === at ? !now.isUp : !columns[at].number });
    draw();
    heads.children[at].querySelector('button').focus();
    heads.dispatchEvent(new Event('sort', { bubbles: true }));
  };
  const draw = () => {
    const { at, isUp } = orders.get(key) ?? {}, value = columns[at]?.value;
    replace(heads,
      columns.map(({ name, number, explain, value }, own) => h('th',
        { scope: 'col', class: number ? 'number' : '', 'aria-sort': own === at ? isUp ? 'ascending' : 'descending' : undefined },
        value ? h('button', { type: 'button', class: 'sort', onclick: () => sort(own) }, name) : name || h('span', { class: 'hidden' }, t('actions')),
        explain && [' ', info(explain)],
      )),
    );
    replace(body, (value ? [...rows].sort((a, b) => compare(value(a), value(b), isUp)) : rows).map(row => lines.get(row)));
  };
  draw();
  return scroller(name, h('table', { class: 'plain' }, h('caption', { class: 'hidden' }, name), h('thead', null, heads), body));
}

/** Names and values, one below the other. */
export const facts = pairs => h('dl', { class: 'facts' },
  pairs.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => [
    h('dt', null, name),
    h('dd', null, value),
  ]),
);
