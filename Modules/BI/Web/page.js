// Questions of one's own: by choosing, or in SQL.

import { h, replace, t, number, load, card, field, select, form, table, dialog, ask, toast, csv, download, parameters } from './kit.js';

export const texts = {
  'b.visual': { en: 'By choosing', de: 'Durch Auswählen' },
  'b.sql': { en: 'In SQL', de: 'In SQL' },
  'b.dataset': { en: 'Of what', de: 'Wovon' },
  'b.dimensions': { en: 'By', de: 'Nach' },
  'b.metrics': { en: 'How many', de: 'Wie viele' },
  'b.run': { en: 'Run', de: 'Ausführen' },
  'b.hint': {
    en: 'Begins with SELECT or WITH, reads only, and names the project: WHERE project_id = {id}.',
    de: 'Beginnt mit SELECT oder WITH, liest nur, und nennt das Projekt: WHERE project_id = {id}.',
  },
  'b.statement': { en: 'Statement', de: 'Anweisung' },
  'b.saved': { en: 'Saved statements', de: 'Gespeicherte Anweisungen' },
  'b.none': { en: 'None yet.', de: 'Noch keine.' },
  'b.rows': { en: '{count} rows in {time} ms', de: '{count} Zeilen in {time} ms' },
  'b.save': { en: 'Save the statement', de: 'Anweisung speichern' },
  'b.cancel': { en: 'Stop waiting', de: 'Nicht mehr warten' },
  'b.list': { en: 'Names, separated by commas', de: 'Namen, durch Kommas getrennt' },
  'b.empty': { en: 'No rows.', de: 'Keine Zeilen.' },
};

export async function show({ root, signal, state }) {
  const result = h('div', { class: 'body', 'aria-live': 'polite' }), saved = h('div', { class: 'body' });
  let running;
  const run = (path, body) => {
    running?.abort();
    running = new AbortController();
    const stop = h('button', { type: 'button', onclick: () => running.abort() }, t('b.cancel'));
    root.querySelector('.stop').replaceChildren(stop);
    return load(result, async () => {
      try {
        const answer = await ask(path, { method: 'POST', body, signal: AbortSignal.any([signal, running.signal]) });
        const rows = answer.rows;
        return [
          h('div', { class: 'row' },
            h('p', { class: 'muted' }, t('b.rows', { count: number(answer.run.row_count), time: number(answer.run.duration_ms) })),
            h('button',
              {
                type: 'button',
                class: 'link',
                onclick: () => download('query.csv', csv(answer.columns, rows.map(row => answer.columns.map(name => row[name])))),
              },
              t('csv'),
            ),
          ),
          table(t('b.sql'),
            answer.columns.map(name => ({
              name,
              number: typeof rows[0]?.[name] === 'number',
              cell: row => row[name] === null ? '–' : typeof row[name] === 'object' ? JSON.stringify(row[name]) : String(row[name]),
            })),
            rows,
            { nothing: t('b.empty') },
          ),
        ];
      } finally { stop.remove(); }
    });
  };
  const dataset = select({}, ['pageviews', 'events', 'sessions', 'daily_stats'].map(name => [name, name]), 'pageviews');
  const dimensions = h('input', { type: 'text', value: 'country' });
  const metrics = h('input', { type: 'text', required: true, value: 'visitors' });
  const names = input => input.value.split(',').map(name => name.trim()).filter(Boolean);
  const statement = h('textarea', {
    required: true,
    spellcheck: 'false',
    value: 'SELECT path, count(*) AS views FROM pageviews WHERE project_id = {{project_id}} GROUP BY path ORDER BY views DESC',
  });
  const drawSaved = () => load(saved,
    async () => {
      const { data } = await ask('/api/v1/bi/sql-queries', { signal });
      return data.length
        ? h('ul', null,
          data.map(query => h('li', null,
            h('button',
              { type: 'button', class: 'link', onclick: () => {
                statement.value = query.sql_text;
                run(`/api/v1/bi/sql-queries/${query.id}/run`, { limit: 1000 });
              } },
              query.name,
            ),
          )),
        )
        : null;
    },
    { signal, nothing: t('b.none') },
  );
  const save = () => {
    const name = h('input', { type: 'text', required: true, maxlength: 200 });
    dialog(t('b.save'),
      close => form(null,
        async () => {
          await ask('/api/v1/bi/sql-queries', { method: 'POST', body: { name: name.value, sql_text: statement.value } });
          close();
          toast(t('saved'));
          drawSaved();
        },
        field(t('name'), name),
        h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('save'))),
      ),
      { closeLabel: t('close') },
    );
  };
  const { start_at, end_at } = parameters(state);
  replace(root,
    h('div', { class: 'grid' },
      card(t('b.visual'), {},
        form(null,
          () => run('/api/v1/bi/visual-query', {
            dataset: dataset.value,
            dimensions: names(dimensions),
            metrics: names(metrics),
            start_at,
            end_at,
            limit: 1000,
          }),
          field(t('b.dataset'), dataset),
          field(t('b.dimensions'), dimensions, t('b.list')),
          field(t('b.metrics'), metrics, t('b.list')),
          h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('b.run'))),
        ),
      ),
      card(t('b.sql'), {},
        form(null,
          () => run('/api/v1/bi/sql', { sql_text: statement.value, limit: 1000 }),
          field(t('b.statement'), statement, t('b.hint', { id: '{{project_id}}' })),
          h('div', { class: 'row end' },
            h('button', { type: 'button', onclick: save }, t('b.save')),
            h('button', { type: 'submit', class: 'primary' }, t('b.run')),
          ),
        ),
      ),
      card(t('b.saved'), {}, saved),
    ),
    h('div', { class: 'row stop' }),
    h('section', { class: 'card', 'aria-label': t('b.run') }, result),
  );
  drawSaved();
}
