// What questions are asked of, and who may see the answers: metrics, uploads, other databases, row policies, embeds.

import {
  h, replace, t, number, ago, moment, card, load, table, form, formDialog, dialog, field, select, submit, button, removal, toast, ask, askAll,
  growing, stored, Failure, endOfDay,
} from './kit.js';
import { copyable } from './start.js';

export const texts = {
  'i.dataset': { en: 'Dataset', de: 'Datensatz' },
  'i.delete?': { en: '“{name}” is deleted. What uses it no longer works.', de: '„{name}“ wird gelöscht. Was es benutzt, funktioniert dann nicht mehr.' },
  'i.active': { en: 'Active', de: 'Aktiv' },
  'i.on': { en: 'on', de: 'an' },
  'i.off': { en: 'off', de: 'aus' },
  'i.turn-off': { en: 'Turn off', de: 'Ausschalten' },
  'i.turn-on': { en: 'Turn on', de: 'Einschalten' },
  'i.metrics': { en: 'Metrics', de: 'Kennzahlen' },
  'i.metrics?': {
    en: 'Numbers with a name, such as sum(pageviews) / count(): for questions by choosing, and for embeds.',
    de: 'Zahlen mit Namen, etwa sum(pageviews) / count(): für Abfragen durch Auswählen und für Einbettungen.',
  },
  'i.no-metrics': { en: 'None yet; each dataset has some of its own.', de: 'Noch keine; jeder Datensatz hat eigene.' },
  'i.new-metric': { en: 'New metric', de: 'Neue Kennzahl' },
  'i.key': { en: 'Key', de: 'Schlüssel' },
  'i.key-hint': { en: 'Lower-case letters, digits and _.', de: 'Kleinbuchstaben, Ziffern und _.' },
  'i.expression': { en: 'Expression', de: 'Ausdruck' },
  'i.uploads': { en: 'Uploads', de: 'Hochgeladenes' },
  'i.uploads?': {
    en: 'Tables of your own from CSV files, kept alongside the events.',
    de: 'Eigene Tabellen aus CSV-Dateien, neben den Ereignissen aufbewahrt.',
  },
  'i.no-uploads': { en: 'Nothing was uploaded.', de: 'Nichts wurde hochgeladen.' },
  'i.new-upload': { en: 'Upload a file', de: 'Datei hochladen' },
  'i.file': { en: 'CSV file', de: 'CSV-Datei' },
  'i.file-hint': {
    en: 'The first line names the columns. At most 100,000 rows and 64 MB.',
    de: 'Die erste Zeile nennt die Spalten. Höchstens 100.000 Zeilen und 64 MB.',
  },
  'i.rows': { en: 'Rows', de: 'Zeilen' },
  'i.columns': { en: 'Columns', de: 'Spalten' },
  'i.connections': { en: 'Other databases', de: 'Andere Datenbanken' },
  'i.connections?': {
    en:
      'PostgreSQL databases to ask in SQL, read-only. The configuration says which addresses may be reached (bi.allowed_addresses). Passwords '
      + 'are sealed and never shown.',
    de:
      'PostgreSQL-Datenbanken für SQL-Abfragen, nur lesend. Die Konfiguration sagt, welche Adressen erreichbar sind (bi.allowed_addresses). '
      + 'Passwörter sind versiegelt und werden nie gezeigt.',
  },
  'i.no-connections': { en: 'No other database is connected.', de: 'Keine andere Datenbank ist verbunden.' },
  'i.new-connection': { en: 'New connection', de: 'Neue Verbindung' },
  'i.string': { en: 'Connection string', de: 'Verbindungszeichenfolge' },
  'i.state': { en: 'State', de: 'Stand' },
  'i.untested': { en: 'not tested', de: 'nicht geprüft' },
  'i.ok': { en: 'works', de: 'funktioniert' },
  'i.error': { en: 'does not work', de: 'funktioniert nicht' },
  'i.test': { en: 'Test', de: 'Prüfen' },
  'i.ask': { en: 'Ask', de: 'Abfragen' },
  'i.statement': { en: 'Statement', de: 'Anweisung' },
  'i.policies': { en: 'Row policies', de: 'Zeilenregeln' },
  'i.policies?': {
    en: 'Only rows that meet every active policy are seen in queries and embeds. Reports of other pages show all.',
    de: 'Abfragen und Einbettungen sehen nur Zeilen, die alle aktiven Regeln erfüllen. Auswertungen anderer Seiten zeigen alles.',
  },
  'i.no-policies': { en: 'No policy: queries see all rows.', de: 'Keine Regel: Abfragen sehen alle Zeilen.' },
  'i.new-policy': { en: 'New policy', de: 'Neue Regel' },
  'i.field': { en: 'Column', de: 'Spalte' },
  'i.rule': { en: 'Leaves rows where', de: 'Lässt Zeilen, in denen' },
  'i.eq': { en: 'is', de: 'ist' },
  'i.neq': { en: 'is not', de: 'nicht ist' },
  'i.in': { en: 'is one of', de: 'eines ist von' },
  'i.not_in': { en: 'is not one of', de: 'keines ist von' },
  'i.values': { en: 'Values', de: 'Werte' },
  'i.values-hint': { en: 'Separated by commas.', de: 'Durch Kommas getrennt.' },
  'i.embeds': { en: 'Embeds', de: 'Einbettungen' },
  'i.embeds?': {
    en: 'An answer that other sites may show, by a token that reads nothing else.',
    de: 'Eine Antwort, die andere Sites zeigen dürfen, mit einem Token, das sonst nichts liest.',
  },
  'i.no-embeds': { en: 'Nothing is embedded.', de: 'Nichts ist eingebettet.' },
  'i.new-embed': { en: 'New embed', de: 'Neue Einbettung' },
  'i.kind': { en: 'What it shows', de: 'Was sie zeigt' },
  'i.dashboard': { en: 'a board', de: 'eine Tafel' },
  'i.sql_query': { en: 'a saved statement', de: 'eine gespeicherte Anweisung' },
  'i.metric': { en: 'a metric', de: 'eine Kennzahl' },
  'i.report': { en: 'a saved report', de: 'ein gespeicherter Bericht' },
  'i.visual_query': { en: 'a visual query', de: 'eine ausgewählte Abfrage' },
  'i.own-range': {
    en: 'An embed shows its own range. A board or report that names none covers the 30 × 24 hours until now, with days in UTC, so its numbers can differ a little from those of this dashboard.',
    de: 'Eine Einbettung zeigt ihren eigenen Zeitraum. Eine Tafel oder ein Bericht ohne eigenen umfasst die 30 × 24 Stunden bis jetzt, mit Tagen in UTC; seine Zahlen können deshalb etwas von denen hier abweichen.',
  },
  'i.which': { en: 'Which', de: 'Welche' },
  'i.origins': { en: 'Sites that may show it', de: 'Sites, die sie zeigen dürfen' },
  'i.origins-hint': {
    en: 'Such as https://app.example.com, one a line; empty for all.',
    de: 'Etwa https://app.example.com, eine je Zeile; leer für alle.',
  },
  'i.expires': { en: 'Ends', de: 'Endet' },
  'i.never': { en: 'never', de: 'nie' },
  'i.used': { en: 'Used', de: 'Benutzt' },
  'i.times': { en: { one: 'once', other: '{count} times' }, de: { one: 'einmal', other: '{count}-mal' } },
  'i.rotate': { en: 'New token', de: 'Neues Token' },
  'i.rotate?': { en: 'The present token of “{name}” stops at once.', de: 'Das jetzige Token von „{name}“ gilt sofort nicht mehr.' },
  'i.once': { en: 'This address holds the token and is shown only now.', de: 'Diese Adresse enthält das Token und wird nur jetzt gezeigt.' },
  'i.nothing-to-embed': { en: 'There is nothing of this kind yet.', de: 'So etwas gibt es noch nicht.' },
};

export const ranged = false;

const root = '/api/v1/bi';

export async function show(view) {
  const { data: datasets } = await ask(`${root}/datasets`, { signal: view.signal });
  replace(view.root, h('div', { class: 'grid' }, embeds(view), policies(view, datasets), connections(view), uploads(view), metrics(view, datasets)));
}

/** A card with all definitions of a kind; `compose(again)` makes one, `actions(row, again)` are buttons beside `Delete`. */
function definitions(view, name, { columns, compose, actions = () => [] }) {
  const path = `${root}/${paths[name]}`, place = h('div', { class: 'body' }), title = t(`i.${name}`);
  const again = () => load(place,
    async () => {
      const data = await askAll(path, { signal: view.signal });
      if (!data.length) return null;
      const remove = row => removal(
        t('i.delete?', { name: row.name }),
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
    { signal: view.signal, nothing: t(`i.no-${name}`) },
  );
  again();
  const singular = { metrics: 'metric', uploads: 'upload', connections: 'connection', policies: 'policy', embeds: 'embed' }[name];
  return card(title,
    { wide: true, explain: t(`i.${name}?`), actions: button(`+ ${t(`i.new-${singular}`)}`, () => compose(again), { id: `new-${singular}` }) },
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
  t(row.is_active ? 'i.turn-off' : 'i.turn-on'),
  async () => {
    await ask(`${root}/${paths[name]}/${row.id}`, { method: 'PUT', body: { is_active: !row.is_active } });
    again();
  },
  { 'aria-label': `${t(row.is_active ? 'i.turn-off' : 'i.turn-on')}: ${row.name}` },
);
const active = () => ({ name: t('i.active'), cell: row => t(row.is_active ? 'i.on' : 'i.off') });

function metrics(view, datasets) {
  const compose = again => {
    const key = text({ maxlength: 100, pattern: '[a-z_][a-z0-9_]*' });
    const name = text();
    const expression = text({ maxlength: 2000, placeholder: 'sum(pageviews) / count()' });
    const dataset = select({}, datasets.map(({ name }) => [name, name]), 'sessions');
    formDialog(t('i.new-metric'), { id: 'metric-form' },
      () => create('metrics', { key: key.value, name: name.value, dataset: dataset.value, expression: expression.value }, again),
      field(t('name'), name),
      field(t('i.key'), key, t('i.key-hint')),
      field(t('i.dataset'), dataset),
      field(t('i.expression'), expression),
    );
  };
  return definitions(view, 'metrics', {
    compose,
    columns: [
      { name: t('i.key'), cell: row => h('code', null, row.key) },
      { name: t('i.dataset'), cell: row => row.dataset },
      { name: t('i.expression'), cell: row => h('code', null, row.expression) },
    ],
  });
}

function uploads(view) {
  const compose = again => {
    const file = h('input', { type: 'file', accept: '.csv,.tsv,text/csv', required: true }), name = text();
    file.addEventListener('change', () => name.value ||= file.files[0]?.name ?? '');
    formDialog(t('i.new-upload'), { id: 'upload-form' },
      async () => {
        await ask(`${root}/csv-uploads`, { method: 'POST', parameters: { name: name.value }, file: file.files[0] });
        again();
      },
      field(t('i.file'), file, t('i.file-hint')),
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
      { name: t('i.rows'), number: true, cell: row => number(row.row_count) },
      { name: t('i.columns'), cell: row => row.columns.join(', ') },
      { name: t('time'), cell: row => moment(row.created_at) },
    ],
  });
}

function connections(view) {
  const compose = again => {
    const name = text();
    const string = text({ type: 'password', maxlength: 2000, autocomplete: 'off', placeholder: 'postgresql://user:password@host:5432/database' });
    formDialog(t('i.new-connection'), { id: 'connection-form' },
      () => create('connections', { name: name.value, database_type: 'postgres', connection_string: string.value }, again),
      field(t('name'), name),
      field(t('i.string'), string, 'postgresql://user:password@host:5432/database?sslmode=require'),
    );
  };
  const actions = (row, again) => [
    button(t('i.test'), async () => {
      const { ok, error } = await ask(`${root}/connections/${row.id}/test`, { method: 'POST' });
      toast(ok ? t('i.ok') : error, ok ? 'good' : 'bad');
      again();
    }),
    button(t('i.ask'), () => query(row)),
  ];
  const shown = { ok: 'good', error: 'bad' };
  return definitions(view, 'connections', {
    compose,
    actions,
    columns: [
      { name: t('i.string'), cell: row => h('code', null, row.connection_string) },
      {
        name: t('i.state'),
        cell: row => h('span', { class: `badge ${shown[row.status] ?? ''}`, title: row.last_error ?? undefined }, t(`i.${row.status}`)),
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
        field(t('i.statement'), statement),
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
    const comparison = select({}, ['eq', 'neq', 'in', 'not_in'].map(name => [name, t(`i.${name}`)]), 'eq');
    const fields = () => datasets.find(({ name }) => name === dataset.value).columns.filter(column => column.is_field);
    const draw = () => replace(column, fields().map(({ name }) => h('option', { value: name, selected: name === 'country' }, name)));
    draw();
    // A value of a column that holds numbers, or true and false, is one.
    const read = value => fields().find(({ name }) => name === column.value).type === 'text' ? stored(column.value, value) : JSON.parse(value);
    formDialog(t('i.new-policy'), { id: 'policy-form' },
      async () => {
        let given;
        try { given = list(values.value, ',').map(read); } catch (error) {
          if (error instanceof Failure) throw error;
          throw new Failure(400, `${t('i.values')}: ${fields().find(({ name }) => name === column.value).type}`);
        }
        await create('policies', { name: name.value, dataset: dataset.value, field: column.value, operator: comparison.value, values: given }, again);
      },
      field(t('name'), name),
      field(t('i.dataset'), dataset),
      field(t('i.field'), column),
      field(t('i.rule'), comparison),
      field(t('i.values'), values, t('i.values-hint')),
    );
  };
  return definitions(view, 'policies', {
    compose,
    actions: (row, again) => toggle('policies', row, again),
    columns: [
      { name: t('i.dataset'), cell: row => row.dataset },
      { name: t('i.rule'), cell: row => `${row.field} ${t(`i.${row.operator}`)} ${row.values.join(', ')}` },
      active(),
    ],
  });
}

/** What may be embedded, with where it is listed, and how an embed names it. */
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
    const kind = select({ onchange: () => draw() }, kinds.map(name => [name, t(`i.${name}`)]));
    const draw = async () => {
      const data = await askAll(shows[kind.value][0]);
      hint.textContent = data.length ? '' : t('i.nothing-to-embed');
      replace(which, data.map(({ id, name }) => h('option', { value: id }, name)));
    };
    draw();
    formDialog(t('i.new-embed'), { id: 'embed-form' },
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
      field(t('i.kind'), kind),
      field(t('i.which'), which, t('i.own-range')),
      hint,
      field(t('i.origins'), origins, t('i.origins-hint')),
      field(t('i.expires'), expires),
    );
  };
  const actions = (row, again) => [
    toggle('embeds', row, again),
    removal(
      t('i.rotate?', { name: row.name }),
      async () => {
        reveal(await ask(`${root}/embeds/${row.id}/rotate`, { method: 'POST' }));
        again();
      },
      { text: t('i.rotate'), of: row.name },
    ),
  ];
  return definitions(view, 'embeds', {
    compose,
    actions,
    columns: [
      { name: t('i.kind'), cell: row => t(`i.${row.resource_type}`) },
      active(),
      { name: t('i.expires'), cell: row => row.expires_at ? moment(row.expires_at) : t('i.never') },
      {
        name: t('i.used'),
        cell: row => row.last_accessed_at ? `${t('i.times', { count: row.access_count })}, ${ago(row.last_accessed_at)}` : t('i.never'),
      },
    ],
  });
}

/** Shows the address of an embed, once. */
const reveal = embed => dialog(embed.name, () => [h('p', { role: 'status' }, t('i.once')), copyable(new URL(embed.embed_url, location.href).href)]);
