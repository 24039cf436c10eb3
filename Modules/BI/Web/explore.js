// Questions of one's own: by choosing, or in SQL.

import {
  h, replace, t, number, moment, load, card, field, select, form, table, button, submit, formDialog, removal, ask, askAll, growing, toast, csv, download,
  parameters, unique, empty, dialog, stored, Failure,
} from './kit.js';

export const texts = {
  'b.visual': { en: 'By choosing', de: 'Durch Auswählen' },
  'b.visual?': {
    en: 'Rows by the columns that you tick, in the range above, whose days are those of {zone}; the largest first.',
    de: 'Zeilen nach den angehakten Spalten, im Zeitraum oben, dessen Tage die von {zone} sind; die größten zuerst.',
  },
  'b.no-metric': { en: 'Tick at least one number under “How many”.', de: 'Haken Sie unter „Wie viele“ mindestens eine Zahl an.' },
  'b.sql': { en: 'In SQL', de: 'In SQL' },
  'b.dataset': { en: 'Of what', de: 'Wovon' },
  'b.dimensions': { en: 'By', de: 'Nach' },
  'b.metrics': { en: 'How many', de: 'Wie viele' },
  'b.only': { en: 'Only', de: 'Nur' },
  'b.column': { en: 'Column', de: 'Spalte' },
  'b.values': { en: 'Values, with commas between', de: 'Werte, mit Kommas dazwischen' },
  'b.behind': { en: 'The rows behind it, the latest first.', de: 'Die Zeilen dahinter, die neuesten zuerst.' },
  'b.run': { en: 'Run', de: 'Ausführen' },
  'b.all-time': {
    en: 'The range above does not apply to SQL: a statement names its own days.',
    de: 'Der Zeitraum oben gilt nicht für SQL: Eine Anweisung sagt selbst, welche Tage sie meint.',
  },
  'b.hint': {
    en:
      'Begins with SELECT or WITH, reads only, and names the project: WHERE project_id = {id}. Names are offered below as you type: Tab takes '
      + 'one, arrow keys choose, Ctrl+Enter runs.',
    de:
      'Beginnt mit SELECT oder WITH, liest nur, und nennt das Projekt: WHERE project_id = {id}. Namen erscheinen unten beim Tippen: Tab '
      + 'übernimmt einen, Pfeiltasten wählen, Strg+Enter führt aus.',
  },
  'b.statement': { en: 'Statement', de: 'Anweisung' },
  'b.offers': { en: 'Names that fit', de: 'Passende Namen' },
  'b.saved': { en: 'Saved statements', de: 'Gespeicherte Anweisungen' },
  'b.none': { en: 'None yet. Save one that you want to run again.', de: 'Noch keine. Speichern Sie eine, die Sie wieder ausführen wollen.' },
  'b.rows': {
    en: { one: '{count} row in {time} ms', other: '{count} rows in {time} ms' },
    de: { one: '{count} Zeile in {time} ms', other: '{count} Zeilen in {time} ms' },
  },
  'b.first': { en: 'The first {count} rows, in {time} ms; there are more.', de: 'Die ersten {count} Zeilen, in {time} ms; es gibt mehr.' },
  'b.file': {
    en: 'The file has {count} rows, the most that is answered. There may be more.',
    de: 'Die Datei hat {count} Zeilen, mehr werden nicht geantwortet. Es kann mehr geben.',
  },
  'b.save': { en: 'Save the statement', de: 'Anweisung speichern' },
  'b.delete?': { en: 'Deletes the statement “{name}”. Collected data is kept.', de: 'Die Anweisung „{name}“ wird gelöscht, Daten nicht.' },
  'b.cancel': { en: 'Stop', de: 'Abbrechen' },
  'b.running': { en: 'Running for {time} s', de: 'Läuft seit {time} s' },
  'b.stopped': { en: 'Stopped.', de: 'Abgebrochen.' },
  'b.result': { en: 'Result', de: 'Ergebnis' },
  'b.no-result': { en: 'Nothing was asked yet.', de: 'Noch wurde nichts gefragt.' },
  'b.empty': { en: 'No rows.', de: 'Keine Zeilen.' },
  'b.no-runs': { en: 'Nothing was run yet.', de: 'Noch wurde nichts ausgeführt.' },
  'b.run.success': { en: 'done', de: 'fertig' },
  'b.run.error': { en: 'failed', de: 'fehlgeschlagen' },
  'b.kind.sql': { en: 'A statement', de: 'Eine Anweisung' },
  'b.kind.saved_sql': { en: 'A saved statement', de: 'Eine gespeicherte Anweisung' },
  'b.kind.visual': { en: 'By choosing', de: 'Durch Auswählen' },
  'b.kind.drill_through': { en: 'Rows behind a number', de: 'Zeilen hinter einer Zahl' },
  'b.kind.external_sql': { en: 'In another database', de: 'In einer anderen Datenbank' },
  'b.runs': { en: 'Latest runs', de: 'Letzte Abfragen' },
  'b.state': { en: 'State', de: 'Stand' },
  'b.took': { en: 'Took', de: 'Dauer' },
  'b.count': { en: 'Rows', de: 'Zeilen' },
};

export const ranged = 'days';

/** The statement as it was left: another range, or a look at another page, does not cost what was written. */
let written = 'SELECT path, count(*) AS views\nFROM pageviews\nWHERE project_id = {{project_id}}\nGROUP BY path ORDER BY views DESC';

export async function show({ root, signal, state }) {
  const { data: datasets, functions } = await ask('/api/v1/bi/datasets', { signal });
  const result = h('div', { class: 'body', id: 'result' }, empty(t('b.no-result')));
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
      field(t('b.statement'), text),
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
        t('b.delete?', { name: row.name }),
        async () => {
          await ask(`/api/v1/bi/sql-queries/${row.id}`, { method: 'DELETE' });
          drawSaved();
        },
        { of: row.name },
      );
      return data.length
        ? table(t('b.saved'),
          [
            { name: t('name'), cell: row => row.name },
            { name: '', cell: row => h('div', { class: 'row end' }, button(t('edit'), () => edit(row, drawSaved), { class: 'edit' }), remove(row)) },
          ],
          data,
          { pick: open },
        )
        : null;
    },
    { signal, nothing: t('b.none') },
  );
  const save = () => {
    const name = h('input', { type: 'text', required: true, maxlength: 200 });
    formDialog(t('b.save'), { id: 'save-form' },
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
        ? table(t('b.runs'),
          [
            { name: t('time'), cell: row => moment(row.created_at, state.zone) },
            { name: t('what'), cell: row => begun.get(row.id) ?? t(`b.kind.${row.query_type}`) },
            {
              name: t('b.state'),
              cell: row => [t(`b.run.${row.status}`), row.error && h('div', { class: 'hint' }, row.error)],
            },
            { name: t('b.count'), number: true, cell: row => number(row.row_count) },
            { name: t('b.took'), number: true, cell: row => `${number(row.duration_ms)} ms` },
          ],
          data,
        )
        : null;
    },
    { signal, nothing: t('b.no-runs') },
  );
  replace(root,
    h('div', { class: 'grid' },
      card(t('b.sql'), {},
        form({ id: 'sql-form' }, runSQL, element, h('p', { class: 'hint' }, t('b.all-time')), submit(t('b.run'), button(t('b.save'), save))),
      ),
      card(t('b.visual'), { explain: t('b.visual?', { zone: state.zone.replaceAll('_', ' ') }) },
        visual(datasets, body => {
          const whole = { ...body, ...range(state) };
          return run('/api/v1/bi/visual-query', whole, summary(body), rowsBehind(whole, signal));
        }),
      ),
    ),
    card(t('b.result'), {}, result),
    h('div', { class: 'grid' }, card(t('b.saved'), {}, saved), card(t('b.runs'), {}, runs)),
  );
  drawSaved();
  drawRuns();
}

/** What the runs of this visit were, by their ids: the history does not keep it. */
const begun = new Map();
const summary = ({ dataset, dimensions, metrics }) => `${dataset}: ${[...dimensions, ...metrics].join(', ')}`;

function range(state) {
  const { start_at, end_at, timezone } = parameters(state);
  return { start_at, end_at, timezone };
}

/** Rows that are shown, and that a file may have: what the API answers at most, of so many columns. */
const shown = 1000, most = columns => Math.min(10000, Math.floor(200000 / Math.max(1, columns)));

/** A random UUID. The browser's own is not there on pages without https. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Runs one question at a time into `place`, tells how long it has taken, and lets the person stop it. */
function runner(place, signal, done) {
  let running;
  return async (path, body, what, pick) => {
    running?.abort();
    const mine = running = new AbortController(), began = performance.now(), id = uuid();
    begun.set(id, what.length > 80 ? `${what.slice(0, 79)}…` : what);
    const either = AbortSignal.any([signal, mine.signal]);
    const time = h('span', { class: 'muted', role: 'status' });
    const tick = () => time.textContent = t('b.running', { time: Math.round((performance.now() - began) / 1000) });
    const timer = setInterval(tick, 1000);
    tick();
    const meanwhile = h('div', { class: 'row' }, time, button(t('b.cancel'), () => mine.abort(), { id: 'stop' }));
    const stop = () => ask(`/api/v1/bi/query-runs/${id}`, { method: 'DELETE' }).catch(() => { /* it has ended all the same */ });
    either.addEventListener('abort', stop, { once: true });
    try {
      // One more than is shown tells whether there are more.
      const question = { method: 'POST', body: { ...body, limit: shown + 1, run_id: id }, signal: either };
      const all = limit => ask(path, { method: 'POST', body: { ...body, limit }, signal });
      await load(place, async () => answer(await ask(path, question), all, pick), { signal, meanwhile });
    } finally {
      clearInterval(timer);
      either.removeEventListener('abort', stop);
      if (mine === running && mine.signal.aborted) replace(place, empty(t('b.stopped')));
    }
    done();
  };
}

const text = value => value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Rows as they were answered; `pick(row)` as of `table`. */
const plain = (columns, rows, pick) => table(t('b.result'),
  columns.map(name => ({ name, number: typeof rows[0]?.[name] === 'number', cell: row => text(row[name]) || pick && t('unknown') })),
  rows,
  { nothing: t('b.empty'), pick },
);

/** A table of what was answered; `all(limit)` asks the same for a file, where there is more than is shown. */
function answer({ columns, rows: given, run }, all, pick) {
  const rows = given.slice(0, shown), isCut = given.length > shown;
  const file = async () => {
    const limit = most(columns.length), whole = isCut ? (await all(limit)).rows : rows;
    download('query.csv', csv(columns, whole.map(row => columns.map(name => row[name]))));
    if (isCut && whole.length === limit) toast(t('b.file', { count: limit }));
  };
  return [
    h('div', { class: 'row' },
      h('p', { class: 'muted', role: 'status' }, t(isCut ? 'b.first' : 'b.rows', { count: rows.length, time: run.duration_ms })),
      button(t('csv'), file, { class: 'link' }),
    ),
    plain(columns, rows, pick),
  ];
}

/** What a click on a line of a chosen question does: shows the rows behind it. Null where a value of the line is not known. */
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
    return [h('p', null, t('b.behind')), growing(rows, found => plain(columns, found), { signal, nothing: t('b.empty') })];
  }, { wide: true });
};

/** What was written as a value of a column of this type. What is none of it stays text, and the API says so. */
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
    const column = select({ 'aria-label': t('b.column') }, columns().map(({ name }) => [name, name]));
    conditions.append(h('div', { class: 'row condition' },
      column,
      h('input', { type: 'text', required: true, 'aria-label': t('b.values'), placeholder: t('b.values') }),
      button('✕', ({ target }) => target.closest('.condition').remove(), { class: 'icon', 'aria-label': t('condition.drop') }),
    ));
    column.focus();
  };
  /** Of several conditions on a column one has to hold. */
  const filters = () => [...conditions.children].reduce((all, row) => {
    const name = row.querySelector('select').value, { type } = columns().find(column => column.name === name);
    const values = row.querySelector('input').value.split(',').map(text => typed(stored(name, text.trim()), type));
    return { ...all, [name]: [...all[name] ?? [], ...values] };
  }, {});
  const picked = id => [...rest.querySelectorAll(`#${id} input:checked`)].map(input => input.name);
  const draw = () => {
    const { metrics } = datasets.find(({ name }) => name === dataset.value), fields = columns().map(({ name }) => name);
    replace(conditions);
    replace(rest,
      picks(t('b.dimensions'), 'dimensions', fields, fields.includes('country') ? 'country' : fields[0]),
      picks(t('b.metrics'), 'metrics', metrics, metrics[0]),
      h('fieldset', { id: 'only' }, h('legend', null, t('b.only')), conditions, button(`+ ${t('condition.add')}`, add, { class: 'link' })),
    );
  };
  draw();
  const send = () => {
    const body = { dataset: dataset.value, dimensions: picked('dimensions'), metrics: picked('metrics'), filters: filters() };
    if (!body.metrics.length) throw new Failure(400, t('b.no-metric'));
    return ask(body);
  };
  return form({ id: 'visual-form' }, send, field(t('b.dataset'), dataset), rest, submit(t('b.run')));
}

const words = [
  'SELECT', 'FROM', 'WHERE', 'GROUP BY', 'ORDER BY', 'HAVING', 'LIMIT', 'DISTINCT', 'JOIN', 'LEFT JOIN', 'ON', 'AND', 'OR', 'NOT', 'IN', 'BETWEEN',
  'LIKE', 'ILIKE', 'IS NULL', 'AS', 'DESC', 'CASE', 'WHEN', 'THEN', 'ELSE', 'END', 'WITH', 'UNION ALL', 'EXISTS', 'FILTER', 'OVER', 'PARTITION BY',
  'CAST', 'project_id = {{project_id}}',
];

/** A field for SQL that offers the names of datasets, of the columns of those that the statement names, of functions and words. */
function editor(datasets, functions, run) {
  const list = h('ul', { class: 'offers', role: 'listbox', id: unique('offers'), 'aria-label': t('b.offers') });
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
  const begun = () => /[\w.]*$/.exec(statement.value.slice(0, statement.selectionStart))[0].split('.').pop();
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
  return { element: h('div', { class: 'editor' }, field(t('b.statement'), statement, t('b.hint', { id: '{{project_id}}' })), list), statement };
}
