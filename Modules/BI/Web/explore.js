// Custom queries: visual or in SQL.

import {
  h, replace, t, number, moment, load, card, field, select, form, table, button, submit, formDialog, removal, ask, askAll, growing, toast, csv, download,
  parameters, unique, empty, dialog, stored, Failure,
} from './kit.js';

export const ranged = 'days';

/** The current statement, kept while the user changes the range or visits another page. */
let written = 'SELECT path, count(*) AS views\nFROM pageviews\nWHERE project_id = {{project_id}}\nGROUP BY path ORDER BY views DESC';

/** @param {View} view */
export async function show({ root, signal, state }) {
  const { data: datasets, functions } = await ask('/api/v1/bi/datasets', { signal });
  const result = h('div', { class: 'body', id: 'result' }, empty(t('bi.no-result')));
  const saved = h('div', { class: 'body' });
  const runs = h('div', { class: 'body' });
  const run = runner(result, signal, () => drawRuns());
  const edit = (query, done) => {
    const name = h('input', { type: 'text', required: true, maxlength: 200, value: query.name });
    const text = h('textarea', { required: true, rows: 10, spellcheck: 'false', autocapitalize: 'off', value: query.sql_text });
    formDialog(query.name, { id: 'edit-form', wide: true },
      async () => {
        await ask(`/api/v1/bi/sql-queries/${query.id}`, { method: 'PUT', body: { name: name.value, sql_text: text.value } });
        toast(t('saved'));
        done();
      },
      field(t('name'), name),
      field(t('bi.statement'), text),
    );
  };
  const { element, statement } = editor(datasets, functions, () => runSQL());
  const runSQL = () => run('/api/v1/bi/sql', { sql_text: statement.value }, statement.value);
  const drawSaved = () => load(saved,
    async () => {
      const data = await askAll('/api/v1/bi/sql-queries', { signal });
      const open = query => () => {
        statement.value = written = query.sql_text;
        return run(`/api/v1/bi/sql-queries/${query.id}/run`, {}, query.name);
      };
      const remove = row => removal(
        t('bi.delete-statement?', { name: row.name }),
        async () => {
          await ask(`/api/v1/bi/sql-queries/${row.id}`, { method: 'DELETE' });
          drawSaved();
        },
        { of: row.name },
      );
      return data.length
        ? table(t('bi.saved'),
          [
            { name: t('name'), cell: row => row.name },
            { name: '', cell: row => h('div', { class: 'row end' }, button(t('edit'), () => edit(row, drawSaved), { class: 'edit' }), remove(row)) },
          ],
          data,
          { pick: open },
        )
        : null;
    },
    { signal, nothing: t('bi.none') },
  );
  const save = () => {
    const name = h('input', { type: 'text', required: true, maxlength: 200 });
    formDialog(t('bi.save'), { id: 'save-form' },
      async () => {
        await ask('/api/v1/bi/sql-queries', { method: 'POST', body: { name: name.value, sql_text: statement.value } });
        toast(t('saved'));
        drawSaved();
      },
      field(t('name'), name),
    );
  };
  const drawRuns = () => load(runs,
    async () => {
      const { data } = await ask('/api/v1/bi/query-runs', { signal, parameters: { limit: 10 } });
      return data.length
        ? table(t('bi.runs'),
          [
            { name: t('time'), cell: row => moment(row.created_at, state.zone) },
            { name: t('bi.query'), cell: row => begun.get(row.id) ?? t(`bi.kind.${row.query_type}`) },
            {
              name: t('bi.state'),
              cell: row => [t(`bi.run.${row.status}`), row.error && h('div', { class: 'hint' }, row.error)],
            },
            { name: t('bi.rows'), number: true, cell: row => number(row.row_count) },
            { name: t('bi.took'), number: true, cell: row => `${number(row.duration_ms)} ms` },
          ],
          data,
        )
        : null;
    },
    { signal, nothing: t('bi.no-runs') },
  );
  replace(root,
    h('div', { class: 'grid' },
      card(t('bi.sql'), {},
        form({ id: 'sql-form' }, runSQL, element, h('p', { class: 'hint' }, t('bi.all-time')), submit(t('bi.run'), button(t('bi.save'), save))),
      ),
      card(t('bi.visual'), { explain: t('bi.visual?', { zone: state.zone.replaceAll('_', ' ') }) },
        visual(datasets, body => {
          const whole = { ...body, ...range(state) };
          return run('/api/v1/bi/visual-query', whole, summary(body), rowsBehind(whole, signal));
        }),
      ),
    ),
    card(t('bi.result'), {}, result),
    h('div', { class: 'grid' }, card(t('bi.saved'), {}, saved), card(t('bi.runs'), {}, runs)),
  );
  drawSaved();
  drawRuns();
}

/** The queries of this session by run ID: the server's history does not keep them. */
const begun = new Map();
const summary = ({ dataset, dimensions, metrics }) => `${dataset}: ${[...dimensions, ...metrics].join(', ')}`;

function range(state) {
  const { start_at, end_at, timezone } = parameters(state);
  return { start_at, end_at, timezone };
}

/** The maximum number of rows shown, and of rows in a file: the API's limit for that many columns. */
const shown = 1000, most = columns => Math.min(10000, Math.floor(200000 / Math.max(1, columns)));

/** A random UUID. crypto.randomUUID is missing on pages without https. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Runs one query at a time and shows the result in `place`, with the elapsed time and a button to stop it. */
function runner(place, signal, done) {
  let running;
  return async (path, body, what, pick) => {
    running?.abort();
    const mine = running = new AbortController(), began = performance.now(), id = uuid();
    begun.set(id, what.length > 80 ? `${what.slice(0, 79)}…` : what);
    const either = /** @type {any} */ (AbortSignal).any([signal, mine.signal]);
    const time = h('span', { class: 'muted', role: 'status' });
    const tick = () => time.textContent = t('bi.running', { time: Math.round((performance.now() - began) / 1000) });
    const timer = setInterval(tick, 1000);
    tick();
    const meanwhile = h('div', { class: 'row' }, time, button(t('bi.cancel'), () => mine.abort(), { id: 'stop' }));
    const stop = () => ask(`/api/v1/bi/query-runs/${id}`, { method: 'DELETE' }).catch(() => { /* it has already ended */ });
    either.addEventListener('abort', stop, { once: true });
    try {
      // One more row than shown, to know whether there are more.
      const question = { method: 'POST', body: { ...body, limit: shown + 1, run_id: id }, signal: either };
      const all = limit => ask(path, { method: 'POST', body: { ...body, limit }, signal });
      await load(place, async () => answer(await ask(path, question), all, pick), { signal, meanwhile });
    } finally {
      clearInterval(timer);
      either.removeEventListener('abort', stop);
      if (mine === running && mine.signal.aborted) replace(place, empty(t('bi.stopped')));
    }
    done();
  };
}

const text = value => value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** The rows as a table; `pick(row)` as for `table`. */
const plain = (columns, rows, pick) => table(t('bi.result'),
  columns.map(name => ({ name, number: typeof rows[0]?.[name] === 'number', cell: row => text(row[name]) || pick && t('unknown') })),
  rows,
  { nothing: t('bi.empty'), pick },
);

/** The result as a table; `all(limit)` runs the query again for a file if there are more rows than shown. */
function answer({ columns, rows: given, run }, all, pick) {
  const rows = given.slice(0, shown), isCut = given.length > shown;
  const file = async () => {
    const limit = most(columns.length), whole = isCut ? (await all(limit)).rows : rows;
    download('query.csv', csv(columns, whole.map(row => columns.map(name => row[name]))));
    if (isCut && whole.length === limit) toast(t('bi.file-limit', { count: limit }));
  };
  return [
    h('div', { class: 'row' },
      h('p', { class: 'muted', role: 'status' }, t(isCut ? 'bi.first' : 'bi.row-count', { count: rows.length, time: run.duration_ms })),
      button(t('csv'), file, { class: 'link' }),
    ),
    plain(columns, rows, pick),
  ];
}

/** The click handler for a row of a visual query, which shows the underlying rows. Null if a value of the row is unknown. */
const rowsBehind = ({ dataset, dimensions, metrics, filters, ...range }, signal) => row => {
  const values = dimensions.map(name => row[name]);
  if (values.includes(null)) return null;
  const exactly = { ...filters, ...Object.fromEntries(dimensions.map(name => [name, row[name]])) };
  return () => dialog([dataset, ...values].map(value => text(value) || t('unknown')).join(', '), () => {
    let columns;
    const rows = async limit => {
      const found = await ask('/api/v1/bi/drill-through', { method: 'POST', body: { dataset, filters: exactly, limit, ...range }, signal });
      columns = found.columns;
      return found.rows;
    };
    return [h('p', null, t('bi.behind')), growing(rows, found => plain(columns, found), { signal, nothing: t('bi.empty') })];
  }, { wide: true });
};

/** The input as a value of the column's type. Invalid input stays text, and the API rejects it. */
function typed(text, type) {
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  return type === 'text' || !text || isNaN(text) ? text : Number(text);
}

function visual(datasets, ask) {
  const dataset = select({ id: 'dataset', onchange: () => draw() }, datasets.map(({ name }) => [name, name])), rest = h('div');
  const picks = (title, id, names, chosen) => h('fieldset', { id },
    h('legend', null, title),
    h('div', { class: 'picks' },
      names.map(name => h('label', { class: 'check' }, h('input', { type: 'checkbox', name, checked: name === chosen }), name)),
    ),
  );
  const conditions = h('div'), columns = () => datasets.find(({ name }) => name === dataset.value).columns.filter(column => column.is_field);
  const add = () => {
    const column = select({ 'aria-label': t('bi.column') }, columns().map(({ name }) => [name, name]));
    conditions.append(h('div', { class: 'row condition' },
      column,
      h('input', { type: 'text', required: true, 'aria-label': t('bi.comma-values'), placeholder: t('bi.comma-values') }),
      button('✕', ({ target }) => target.closest('.condition').remove(), { class: 'icon', 'aria-label': t('condition.drop') }),
    ));
    column.focus();
  };
  /** Several conditions on a column are combined with OR. */
  const filters = () => [...conditions.children].reduce((all, row) => {
    const name = row.querySelector('select')?.value ?? '', { type } = columns().find(column => column.name === name);
    const values = (row.querySelector('input')?.value ?? '').split(',').map(text => typed(stored(name, text.trim()), type));
    return { ...all, [name]: [...all[name] ?? [], ...values] };
  }, {});
  const picked = id => [...rest.querySelectorAll(`#${id} input:checked`)].map(input => /** @type {HTMLInputElement} */ (input).name);
  const draw = () => {
    const { metrics } = datasets.find(({ name }) => name === dataset.value), fields = columns().map(({ name }) => name);
    replace(conditions);
    replace(rest,
      picks(t('bi.dimensions'), 'dimensions', fields, fields.includes('country') ? 'country' : fields[0]),
      picks(t('bi.metrics'), 'metrics', metrics, metrics[0]),
      h('fieldset', { id: 'only' }, h('legend', null, t('bi.only')), conditions, button(`+ ${t('condition.add')}`, add, { class: 'link' })),
    );
  };
  draw();
  const send = () => {
    const body = { dataset: dataset.value, dimensions: picked('dimensions'), metrics: picked('metrics'), filters: filters() };
    if (!body.metrics.length) throw new Failure(400, t('bi.no-metric'));
    return ask(body);
  };
  return form({ id: 'visual-form' }, send, field(t('bi.dataset'), dataset), rest, submit(t('bi.run')));
}

const words = [
  'SELECT', 'FROM', 'WHERE', 'GROUP BY', 'ORDER BY', 'HAVING', 'LIMIT', 'DISTINCT', 'JOIN', 'LEFT JOIN', 'ON', 'AND', 'OR', 'NOT', 'IN', 'BETWEEN',
  'LIKE', 'ILIKE', 'IS NULL', 'AS', 'DESC', 'CASE', 'WHEN', 'THEN', 'ELSE', 'END', 'WITH', 'UNION ALL', 'EXISTS', 'FILTER', 'OVER', 'PARTITION BY',
  'CAST', 'project_id = {{project_id}}',
];

/** An SQL editor that suggests datasets, the columns of the datasets in the statement, functions and keywords. */
function editor(datasets, functions, run) {
  const list = h('ul', { class: 'offers', role: 'listbox', id: unique('offers'), 'aria-label': t('bi.offers') });
  const statement = h('textarea', {
    required: true,
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
    id: 'statement',
    value: written,
  });
  let offers = [], chosen = 0;
  const names = () => {
    const text = statement.value.toLowerCase(), named = datasets.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
    const columns = (named.length ? named : datasets).flatMap(({ columns }) => columns.map(column => column.name));
    return [...new Set([...columns, ...datasets.map(({ name }) => name), ...functions.map(name => `${name}(`), ...words])];
  };
  const begun = () => /[\w.]*$/.exec(statement.value.slice(0, statement.selectionStart))?.[0].split('.').pop() ?? '';
  const offer = () => {
    const start = begun().toLowerCase();
    offers = start ? names().filter(name => name.toLowerCase().startsWith(start) && name.toLowerCase() !== start).slice(0, 12) : [];
    chosen = 0;
    draw();
  };
  const draw = () => {
    replace(list,
      offers.map((name, at) => h('li',
        { role: 'option', id: `${list.id}-${at}`, 'aria-selected': String(at === chosen), onmousedown: event => {
          event.preventDefault();
          take(at);
        } },
        name,
      )),
    );
    offers.length ? statement.setAttribute('aria-activedescendant', `${list.id}-${chosen}`) : statement.removeAttribute('aria-activedescendant');
  };
  const take = at => {
    const { selectionStart: end } = statement;
    statement.setRangeText(offers[at], end - begun().length, end, 'end');
    written = statement.value;
    offers = [];
    draw();
  };
  const close = () => { offers = []; draw(); };
  const move = by => { chosen = (chosen + by + offers.length) % offers.length; draw(); };
  const keys = { Tab: () => take(chosen), ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: close };
  statement.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      close();
      run();
      return;
    }
    if (!offers.length || event.shiftKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  statement.addEventListener('input', () => { written = statement.value; offer(); });
  statement.addEventListener('blur', close);
  return { element: h('div', { class: 'editor' }, field(t('bi.statement'), statement, t('bi.hint', { id: '{{project_id}}' })), list), statement };
}
