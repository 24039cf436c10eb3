// Breakdowns, whose rows filter on click, and plain tables.

import { h, replace, scroller, unique, breakable } from './dom.js';
import { t, language, number, country } from './text.js';
import { bar } from './charts.js';
import { button, card, info, load, empty, more, saveRows } from './kit.js';
import { mostRows } from './api.js';
import { withFilter } from './state.js';

/** For `pick` of breakdowns: filters the whole view by a row's value; null for a row without one. */
export const picker = ({ go, state }) => (name, key = name) => row => row[key] ? () => go({ filters: withFilter(state.filters, name, row[key]) }) : null;

/**
 * A card with tabs, each a list with bars. A tab: { id, title, explain, columns: [{ name, value(row), format, explain }], rows(limit) → rows,
 * label(row), pick(row) → click handler, before(row), picture(rows) → shown above the list }. The first column's value sets the bar; `rows`
 * may return more than requested; `nothing` is the text for no rows, or a function that returns it. `wide`: the card takes the full width;
 * `again` as for `load`; `onchoose(id)` is called when the tab changes.
 * @param {string} name
 * @param {Tab[]} tabs
 * @param {{ signal?: AbortSignal, chosen?: string, onchoose?: (id: string) => unknown, wide?: boolean, again?: () => unknown }} options
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
 * A breakdown with one tab per property: `rows(property, limit)` returns rows with a `value`; `columns` and `nothing` as for a tab. A click on
 * a row filters the whole view by it. The selected property is stored in the URL.
 * @param {View} view
 * @param {string} title
 * @param {string[]} properties
 * @param {{ columns: ValueColumn[], nothing?: Content, rows: (property: string, limit: number) => Promise<any[]> }} options
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

/** The content and layout of a cell: short text stays on one line, long text gets more width, so rows stay low on a phone. */
function laidOut(made) {
  const parts = [made].flat(Infinity).filter(part => part || part === 0), isText = part => typeof part !== 'object' || part.matches('time, code');
  const length = parts.filter(isText).reduce((sum, part) => sum + (part.textContent ?? String(part)).length, 0);
  return {
    content: length > 24 ? parts.map(part => typeof part === 'string' ? breakable(part) : part) : parts,
    layout: length > 80 ? 'long' : length > 24 ? 'text' : length ? 'short' : '',
  };
}

/** The sort column and direction that the user chose, by page and table, until the page is reloaded. */
const orders = new Map();

/** Sorts text by the user's language and numbers by size; missing values are always last. */
function compare(a, b, isUp) {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  const order = typeof a === 'number' ? a - b : String(a).localeCompare(String(b), language, { numeric: true });
  return isUp ? order : -order;
}

/**
 * A plain table. Columns: { name, cell(row), number, explain, value(row) }; with `value` the column is sortable, and a column without a name
 * has the row's actions. `pick(row)` → click handler of the first cell, or null. Sorting dispatches the event `sort`, so that a list that is
 * cut off can load the rest.
 * @param {string} name
 * @param {TableColumn[]} columns
 * @param {any[]} rows
 * @param {{ nothing?: Content, pick?: (row: any) => (() => unknown) | null }} options
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
    heads.children[at].querySelector('button')?.focus();
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

/** A list of names and values. */
export const facts = pairs => h('dl', { class: 'facts' },
  pairs.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => [
    h('dt', null, name),
    h('dd', null, value),
  ]),
);
