// The data behind queries, and who may see the results: metrics, uploads, external databases, row policies, embeds.

import {
  h, replace, t, number, ago, moment, card, load, table, form, formDialog, dialog, field, select, submit, button, removal, toast, ask, askAll,
  growing, stored, Failure, endOfDay,
} from './kit.js';
import { copyable } from './start.js';

export const ranged = false;

const root = '/api/v1/bi';

/** @param {View} view */
export async function show(view) {
  const { data: datasets } = await ask(`${root}/datasets`, { signal: view.signal });
  replace(view.root, h('div', { class: 'grid' }, embeds(view), policies(view, datasets), connections(view), uploads(view), metrics(view, datasets)));
}

/**
 * A card with all definitions of a kind; `compose(again)` creates one, `actions(row, again)` are buttons next to `Delete`.
 * @param {View} view
 * @param {string} name
 * @param {{ columns: TableColumn[], compose: (again: () => unknown) => unknown, actions?: (row: any, again: () => unknown) => Content }} options
 */
function definitions(view, name, { columns, compose, actions = () => [] }) {
  const path = `${root}/${paths[name]}`, place = h('div', { class: 'body' }), title = t(`bi.${name}`);
  const again = () => load(place,
    async () => {
      const data = await askAll(path, { signal: view.signal });
      if (!data.length) return null;
      const remove = row => removal(
        t('bi.delete?', { name: row.name }),
        async () => {
          await ask(`${path}/${row.id}`, { method: 'DELETE' });
          again();
        },
        { of: row.name },
      );
      return table(title,
        [
          { name: t('name'), cell: row => row.name },
          ...columns,
          { name: '', cell: row => h('div', { class: 'row end' }, actions(row, again), remove(row)) },
        ],
        data,
      );
    },
    { signal: view.signal, nothing: t(`bi.no-${name}`) },
  );
  again();
  const singular = { metrics: 'metric', uploads: 'upload', connections: 'connection', policies: 'policy', embeds: 'embed' }[name];
  return card(title,
    { wide: true, explain: t(`bi.${name}?`), actions: button(`+ ${t(`bi.new-${singular}`)}`, () => compose(again), { id: `new-${singular}` }) },
    place,
  );
}

const paths = { metrics: 'metrics', uploads: 'csv-uploads', connections: 'connections', policies: 'row-policies', embeds: 'embeds' };
const text = properties => h('input', { type: 'text', required: true, maxlength: 200, ...properties });
const list = (value, mark) => value.split(mark).map(part => part.trim()).filter(Boolean);
const create = async (name, body, again) => {
  const made = await ask(`${root}/${paths[name]}`, { method: 'POST', body });
  again();
  return made;
};

/** A button that turns a definition on or off. */
const toggle = (name, row, again) => button(
  t(row.is_active ? 'bi.turn-off' : 'bi.turn-on'),
  async () => {
    await ask(`${root}/${paths[name]}/${row.id}`, { method: 'PUT', body: { is_active: !row.is_active } });
    again();
  },
  { 'aria-label': `${t(row.is_active ? 'bi.turn-off' : 'bi.turn-on')}: ${row.name}` },
);
const active = () => ({ name: t('bi.active'), cell: row => t(row.is_active ? 'bi.on' : 'bi.off') });

function metrics(view, datasets) {
  const compose = again => {
    const key = text({ maxlength: 100, pattern: '[a-z_][a-z0-9_]*' });
    const name = text();
    const expression = text({ maxlength: 2000, placeholder: 'sum(pageviews) / count()' });
    const dataset = select({}, datasets.map(({ name }) => [name, name]), 'sessions');
    formDialog(t('bi.new-metric'), { id: 'metric-form' },
      () => create('metrics', { key: key.value, name: name.value, dataset: dataset.value, expression: expression.value }, again),
      field(t('name'), name),
      field(t('bi.key'), key, t('bi.key-hint')),
      field(t('bi.dataset'), dataset),
      field(t('bi.expression'), expression),
    );
  };
  return definitions(view, 'metrics', {
    compose,
    columns: [
      { name: t('bi.key'), cell: row => h('code', null, row.key) },
      { name: t('bi.dataset'), cell: row => row.dataset },
      { name: t('bi.expression'), cell: row => h('code', null, row.expression) },
    ],
  });
}

function uploads(view) {
  const compose = again => {
    const file = h('input', { type: 'file', accept: '.csv,.tsv,text/csv', required: true }), name = text();
    file.addEventListener('change', () => name.value ||= file.files?.[0]?.name ?? '');
    formDialog(t('bi.new-upload'), { id: 'upload-form' },
      async () => {
        await ask(`${root}/csv-uploads`, { method: 'POST', parameters: { name: name.value }, file: file.files?.[0] });
        again();
      },
      field(t('bi.file'), file, t('bi.file-hint')),
      field(t('name'), name),
    );
  };
  const look = row => button(t('show'), () => dialog(row.name,
    () => {
      const rows = async limit => (await ask(`${root}/csv-uploads/${row.id}/rows`, { signal: view.signal, parameters: { limit } })).data;
      const columns = row.columns.map(name => ({ name, cell: line => line[name] === null ? '–' : String(line[name]) }));
      return growing(rows, data => table(row.name, columns, data), { first: 100, signal: view.signal });
    },
    { wide: true },
  ));
  return definitions(view, 'uploads', {
    compose,
    actions: look,
    columns: [
      { name: t('bi.rows'), number: true, cell: row => number(row.row_count) },
      { name: t('bi.columns'), cell: row => row.columns.join(', ') },
      { name: t('time'), cell: row => moment(row.created_at) },
    ],
  });
}

function connections(view) {
  const compose = again => {
    const name = text();
    const string = text({ type: 'password', maxlength: 2000, autocomplete: 'off', placeholder: 'postgresql://user:password@host:5432/database' });
    formDialog(t('bi.new-connection'), { id: 'connection-form' },
      () => create('connections', { name: name.value, database_type: 'postgres', connection_string: string.value }, again),
      field(t('name'), name),
      field(t('bi.string'), string, 'postgresql://user:password@host:5432/database?sslmode=require'),
    );
  };
  const actions = (row, again) => [
    button(t('bi.test'), async () => {
      const { ok, error } = await ask(`${root}/connections/${row.id}/test`, { method: 'POST' });
      toast(ok ? t('bi.ok') : error, ok ? 'good' : 'bad');
      again();
    }),
    button(t('bi.ask'), () => query(row)),
  ];
  const shown = { ok: 'good', error: 'bad' };
  return definitions(view, 'connections', {
    compose,
    actions,
    columns: [
      { name: t('bi.string'), cell: row => h('code', null, row.connection_string) },
      {
        name: t('bi.state'),
        cell: row => h('span', { class: `badge ${shown[row.status] ?? ''}`, title: row.last_error ?? undefined }, t(`bi.${row.status}`)),
      },
    ],
  });
}

function query(connection) {
  const statement = h('textarea', { required: true, spellcheck: 'false' }), place = h('div');
  dialog(connection.name,
    () => [
      form(null,
        async () => {
          const { columns, rows } = await ask(`${root}/connections/${connection.id}/query`, {
            method: 'POST',
            body: { sql_text: statement.value, limit: 200 },
          });
          replace(place, table(connection.name, columns.map(name => ({ name, cell: row => row[name] === null ? '–' : String(row[name]) })), rows));
        },
        field(t('bi.statement'), statement),
        submit(t('show')),
      ),
      place,
    ],
    { wide: true },
  );
}

function policies(view, datasets) {
  const compose = again => {
    const name = text(), values = text({ maxlength: 2000 });
    const dataset = select({ onchange: () => draw() }, datasets.map(({ name }) => [name, name]), 'pageviews'), column = select({}, []);
    const comparison = select({}, ['eq', 'neq', 'in', 'not_in'].map(name => [name, t(`bi.${name}`)]), 'eq');
    const fields = () => datasets.find(({ name }) => name === dataset.value).columns.filter(column => column.is_field);
    const draw = () => replace(column, fields().map(({ name }) => h('option', { value: name, selected: name === 'country' }, name)));
    draw();
    // Values of number and boolean columns are sent as numbers and booleans, not as text.
    const read = value => fields().find(({ name }) => name === column.value).type === 'text' ? stored(column.value, value) : JSON.parse(value);
    formDialog(t('bi.new-policy'), { id: 'policy-form' },
      async () => {
        let given;
        try { given = list(values.value, ',').map(read); } catch (error) {
          if (error instanceof Failure) throw error;
          throw new Failure(400, `${t('bi.values')}: ${fields().find(({ name }) => name === column.value).type}`);
        }
        await create('policies', { name: name.value, dataset: dataset.value, field: column.value, operator: comparison.value, values: given }, again);
      },
      field(t('name'), name),
      field(t('bi.dataset'), dataset),
      field(t('bi.column'), column),
      field(t('bi.rule'), comparison),
      field(t('bi.values'), values, t('bi.values-hint')),
    );
  };
  return definitions(view, 'policies', {
    compose,
    actions: (row, again) => toggle('policies', row, again),
    columns: [
      { name: t('bi.dataset'), cell: row => row.dataset },
      { name: t('bi.rule'), cell: row => `${row.field} ${t(`bi.${row.operator}`)} ${row.values.join(', ')}` },
      active(),
    ],
  });
}

/** What can be embedded: the list of its kind, and the name of its ID in an embed. */
const shows = {
  sql_query: [`${root}/sql-queries`, 'sql_query_id'],
  metric: [`${root}/metrics`, 'metric_id'],
  dashboard: ['/api/v1/dashboards', 'dashboard_id'],
};

function embeds(view) {
  const compose = again => {
    const name = text();
    const origins = h('textarea', { rows: 2 });
    const expires = h('input', { type: 'date' });
    const which = select({ required: true }, []);
    const hint = h('p', { class: 'hint' });
    const kinds = Object.keys(shows).filter(kind => kind !== 'dashboard' || view.can('dashboards'));
    const kind = select({ onchange: () => draw() }, kinds.map(name => [name, t(`bi.${name}`)]));
    const draw = async () => {
      const data = await askAll(shows[kind.value][0]);
      hint.textContent = data.length ? '' : t('bi.nothing-to-embed');
      replace(which, data.map(({ id, name }) => h('option', { value: id }, name)));
    };
    draw();
    formDialog(t('bi.new-embed'), { id: 'embed-form' },
      async () => {
        const made = await create('embeds',
          {
            name: name.value,
            resource_type: kind.value,
            resource_config: { [shows[kind.value][1]]: which.value },
            allowed_origins: list(origins.value, '\n'),
            ...(expires.value && { expires_at: endOfDay(expires.value) }),
          },
          again,
        );
        reveal(made);
      },
      field(t('name'), name),
      field(t('bi.kind'), kind),
      field(t('bi.which'), which, t('bi.own-range')),
      hint,
      field(t('bi.origins'), origins, t('bi.origins-hint')),
      field(t('bi.expires'), expires),
    );
  };
  const actions = (row, again) => [
    toggle('embeds', row, again),
    removal(
      t('bi.rotate?', { name: row.name }),
      async () => {
        reveal(await ask(`${root}/embeds/${row.id}/rotate`, { method: 'POST' }));
        again();
      },
      { text: t('bi.rotate'), of: row.name },
    ),
  ];
  return definitions(view, 'embeds', {
    compose,
    actions,
    columns: [
      { name: t('bi.kind'), cell: row => t(`bi.${row.resource_type}`) },
      active(),
      { name: t('bi.expires'), cell: row => row.expires_at ? moment(row.expires_at) : t('bi.never') },
      {
        name: t('bi.used'),
        cell: row => row.last_accessed_at ? `${t('bi.times', { count: row.access_count })}, ${ago(row.last_accessed_at)}` : t('bi.never'),
      },
    ],
  });
}

/** Shows the URL of an embed, once. */
const reveal = embed => dialog(embed.name, () => [h('p', { role: 'status' }, t('bi.once')), copyable(new URL(embed.embed_url, location.href).href)]);
