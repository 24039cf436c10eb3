// Groups of visitors that every report can be asked about.

import {
  h, replace, t, number, percent, load, later, table, breakdown, dialog, form, field, select, confirmed, toast, ask, parameters,
} from './kit.js';
import { forgetSegments } from './toolbar.js';

export const texts = {
  'g.list': { en: 'Saved segments', de: 'Gespeicherte Segmente' },
  'g.list?': {
    en: 'A segment is a group of visitors. Every report can be asked about one.',
    de: 'Ein Segment ist eine Gruppe von Besuchern. Jede Auswertung lässt sich darauf beschränken.',
  },
  'g.new': { en: 'New segment', de: 'Neues Segment' },
  'g.use': { en: 'Show only these', de: 'Nur diese zeigen' },
  'g.used': { en: 'Show everyone again', de: 'Wieder alle zeigen' },
  'g.none': {
    en: 'No segments yet. Make one: visitors from France who came twice, say.',
    de: 'Noch keine Segmente. Legen Sie eines an: etwa Besucher aus Frankreich, die zweimal kamen.',
  },
  'g.compare': { en: 'Side by side', de: 'Nebeneinander' },
  'g.bounce': { en: 'Bounce rate', de: 'Absprungrate' },
  'g.who': { en: 'Who they are', de: 'Wer sie sind' },
  'g.match': { en: 'Visitors who meet', de: 'Besucher, auf die zutrifft' },
  'g.all': { en: 'all of these', de: 'alles davon' },
  'g.any': { en: 'any of these', de: 'eines davon' },
  'g.add': { en: 'Add a condition', de: 'Bedingung hinzufügen' },
  'g.session': { en: 'Visit', de: 'Besuch' },
  'g.pageview': { en: 'Pageview', de: 'Seitenaufruf' },
  'g.event': { en: 'Event', de: 'Ereignis' },
  'g.profile': { en: 'Person', de: 'Person' },
  'g.metric': { en: 'How much', de: 'Wie viel' },
  'g.field': { en: 'Of what', de: 'Wovon' },
  'g.how': { en: 'How', de: 'Wie' },
  'g.value': { en: 'Value', de: 'Wert' },
  'g.count': { en: '{count} visitors, {share} of all in this range', de: '{count} Besucher, {share} aller im Zeitraum' },
  'g.counting': { en: 'Counting …', de: 'Zählt …' },
  'g.delete?': { en: 'Reports that use “{name}” no longer can.', de: 'Auswertungen können „{name}“ dann nicht mehr benutzen.' },
  'g.drop': { en: 'Remove this condition', de: 'Diese Bedingung entfernen' },
  'g.event-name': { en: 'Name of the event', de: 'Name des Ereignisses' },
  'g.did': { en: 'did it at least', de: 'mindestens' },
  'g.times': { en: 'times', de: 'Mal' },
  'g.complex': { en: 'This segment has parts that are edited through the API.', de: 'Dieses Segment hat Teile, die über die API bearbeitet werden.' },
  'g.op.eq': { en: 'is', de: 'ist' },
  'g.op.neq': { en: 'is not', de: 'ist nicht' },
  'g.op.contains': { en: 'contains', de: 'enthält' },
  'g.op.starts_with': { en: 'starts with', de: 'beginnt mit' },
  'g.op.ends_with': { en: 'ends with', de: 'endet mit' },
  'g.op.gt': { en: 'more than', de: 'mehr als' },
  'g.op.gte': { en: 'at least', de: 'mindestens' },
  'g.op.lt': { en: 'less than', de: 'weniger als' },
  'g.op.lte': { en: 'at most', de: 'höchstens' },
  'g.op.exists': { en: 'is known', de: 'ist bekannt' },
  'g.op.not_exists': { en: 'is not known', de: 'ist unbekannt' },
};

const words = ['eq', 'neq', 'contains', 'starts_with', 'ends_with'], numbers = ['gte', 'lte', 'eq', 'gt', 'lt'];
const fields = {
  session: ['source', 'country', 'region', 'city', 'browser', 'os', 'device', 'language', 'referrer'],
  pageview: ['path', 'title'],
  metric: ['pageviews', 'events', 'sessions'],
};

export async function show(view) {
  const { root, state, go, signal, report } = view, list = h('div', { class: 'body' });
  const compose = (saved, definition) => composer(view, saved, definition, () => { forgetSegments(); view.refresh(); });
  const { data } = await ask('/api/v1/segments', { signal, parameters: { limit: 100 } });
  const names = new Map(data.map(segment => [segment.id, segment]));
  replace(root,
    h('section', { class: 'card' },
      h('header', null,
        h('h2', null, t('g.list')),
        h('button', { type: 'button', class: 'primary', id: 'new-segment', onclick: () => compose() }, `+ ${t('g.new')}`),
      ),
      h('p', { class: 'hint' }, t('g.list?')),
      list,
    ),
  );
  await load(list,
    async () => {
      if (!data.length) return null;
      const active = data.filter(segment => segment.is_active).slice(0, 10);
      const compared = active.length
        ? (await ask('/api/v1/segments/compare', {
          signal,
          parameters: { ...parameters({ ...state, segment: '' }), segment_ids: active.map(segment => segment.id).join(',') },
        })).data
        : [];
      const numbersOf = new Map(compared.map(row => [row.segment_id, row]));
      const cell = (key, format = number) => row => format(numbersOf.get(row.id)?.[key]);
      return table(t('g.list'),
        [
          { name: t('name'), cell: row => [row.name, row.description && h('div', { class: 'hint' }, row.description)] },
          { name: t('visitors'), number: true, cell: cell('visitors') },
          { name: t('sessions'), number: true, cell: cell('sessions') },
          { name: t('pageviews'), number: true, cell: cell('pageviews') },
          { name: t('g.bounce'), number: true, cell: cell('bounce_rate', percent) },
          {
            name: '',
            cell: row => h('div', { class: 'row end' },
              h('button',
                { type: 'button', class: 'use', onclick: () => go({ segment: state.segment === row.id ? '' : row.id }) },
                t(state.segment === row.id ? 'g.used' : 'g.use'),
              ),
              h('button', { type: 'button', onclick: () => compose(row, row.definition) }, t('edit')),
              h('button',
                { type: 'button', class: 'danger', 'aria-label': `${t('remove')}: ${row.name}`, onclick: async () => {
                  if (!await confirmed(t('g.delete?', { name: row.name }), t('remove'))) return;
                  try {
                    await ask(`/api/v1/segments/${row.id}`, { method: 'DELETE' });
                    forgetSegments();
                    state.segment === row.id ? go({ segment: '' }) : view.refresh();
                  } catch (error) { toast(error.message, 'bad'); }
                } },
                t('remove'),
              ),
            ),
          },
        ],
        data,
      );
    },
    { signal, nothing: t('g.none') },
  );
  if (names.has(state.segment)) {
    root.append(
      breakdown(`${names.get(state.segment).name}: ${t('g.who')}`,
        ['country', 'device', 'browser', 'path', 'event'].map(property => ({
          id: property,
          title: t(`dimension.${property}`),
          columns: [{ name: t('visitors'), value: row => row.visitors }],
          label: row => row.value,
          rows: async limit => (await report(`/api/v1/segments/${state.segment}/breakdown`, { property, limit, segment_id: '' })).data,
        })),
        { signal },
      ),
    );
  }
}

function composer(view, saved, definition = { match: 'all', conditions: [{ source: 'session', field: 'source', op: 'eq', value: '' }] }, done) {
  // What the rows below can't show is left to the API.
  const isComplex = ({ conditions, source, field, op, count, within_days, where, negate }) =>
    conditions
      || within_days
      || where
      || negate
      || !['session', 'pageview', 'event', 'profile', 'metric'].includes(source)
      || (source === 'event' ? field || op || (count && count.op !== 'gte') : !field || count || Array.isArray(op));
  if (definition.negate || definition.conditions.some(isComplex)) return dialog(saved.name,
    () => [h('p', null, t('g.complex')), h('pre', { tabindex: 0 }, JSON.stringify(definition, null, 2))],
    { closeLabel: t('close') },
  );
  const conditions = structuredClone(definition.conditions);
  const rows = h('div');
  const counted = h('p', { class: 'hint', role: 'status', id: 'segment-count' });
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const about = h('input', { type: 'text', maxlength: 2000, value: saved?.description ?? '' });
  const match = select({ 'aria-label': t('g.match'), onchange: () => count() }, [['all', t('g.all')], ['any', t('g.any')]], definition.match);
  const whole = () => ({ match: match.value, conditions });
  let waiting, asked = 0;
  const count = () => {
    clearTimeout(waiting);
    waiting = setTimeout(
      async () => {
        const mine = ++asked;
        counted.textContent = t('g.counting');
        try {
          const { visitors, percentage } = await ask('/api/v1/segments/preview', {
            method: 'POST',
            body: { definition: whole() },
            parameters: { ...parameters(view.state), segment_id: '', filter: '' },
          });
          if (mine === asked) counted.textContent = t('g.count', { count: number(visitors), share: percent(percentage) });
        } catch (error) { if (mine === asked) counted.textContent = error.message; }
      },
      350,
    );
  };
  const draw = () => {
    replace(rows,
      conditions.map((condition, at) => h('div', { class: 'row condition' },
        parts(condition, at),
        h('button',
          { type: 'button', class: 'icon', 'aria-label': t('g.drop'), disabled: conditions.length === 1, onclick: () => {
            conditions.splice(at, 1);
            draw();
          } },
          '✕',
        ),
      )),
    );
    count();
  };
  const parts = (condition, at) => {
    const set = (change, redraw) => { Object.assign(condition, change); redraw ? draw() : count(); };
    const source = select(
      { 'aria-label': t('what'), onchange: event => {
        conditions[at] = {
          session: { source: 'session', field: 'source', op: 'eq', value: '' },
          pageview: { source: 'pageview', field: 'path', op: 'eq', value: '' },
          event: { source: 'event', event: '', count: { op: 'gte', value: 1 } },
          profile: { source: 'profile', field: 'traits.plan', op: 'eq', value: '' },
          metric: { source: 'metric', field: 'pageviews', op: 'gte', value: 5 },
        }[event.target.value];
        draw();
      } },
      ['session', 'pageview', 'event', 'profile', 'metric'].map(name => [name, t(`g.${name}`)]),
      condition.source,
    );
    if (condition.source === 'event') return [
      source,
      h('input', {
        type: 'text',
        'aria-label': t('g.event-name'),
        placeholder: 'signup',
        value: condition.event ?? '',
        oninput: event => set({ event: event.target.value }),
      }),
      t('g.did'),
      h('input', {
        type: 'number',
        min: 1,
        'aria-label': t('g.times'),
        value: condition.count?.value ?? 1,
        oninput: event => set({ count: { op: 'gte', value: Number(event.target.value) } }),
      }),
      t('g.times'),
    ];
    const isNumber = condition.source === 'metric';
    const of = fields[condition.source]
      ? select(
        { 'aria-label': t('g.field'), onchange: event => set({ field: event.target.value }) },
        fields[condition.source].map(name => [name, isNumber ? t(name) : t(`dimension.${name}`)]),
        condition.field,
      )
      : h('input', { type: 'text', 'aria-label': t('g.field'), value: condition.field, oninput: event => set({ field: event.target.value }) });
    const operators = isNumber ? numbers : condition.source === 'profile' ? [...words, 'exists', 'not_exists'] : words;
    const how = select(
      { 'aria-label': t('g.how'), onchange: event => { set({ op: event.target.value }, true); } },
      operators.map(name => [name, t(`g.op.${name}`)]),
      condition.op,
    );
    return [
      source,
      of,
      how,
      !['exists', 'not_exists'].includes(condition.op)
        && h('input', {
          type: isNumber ? 'number' : 'text',
          'aria-label': t('g.value'),
          required: true,
          value: condition.value ?? '',
          oninput: event => set({ value: isNumber ? Number(event.target.value) : event.target.value }),
        }),
    ];
  };
  dialog(
    saved?.name ?? t('g.new'),
    close => form({ id: 'segment-form' },
      async () => {
        await ask(saved ? `/api/v1/segments/${saved.id}` : '/api/v1/segments', {
          method: saved ? 'PUT' : 'POST',
          body: { name: name.value, description: about.value || null, definition: whole() },
        });
        close();
        toast(t('saved'));
        done();
      },
      field(t('name'), name),
      field(t('description'), about),
      h('div', { class: 'row' }, t('g.match'), match),
      rows,
      h('button',
        { type: 'button', class: 'link', onclick: () => { conditions.push({ source: 'session', field: 'country', op: 'eq', value: '' }); draw(); } },
        `+ ${t('g.add')}`,
      ),
      counted,
      h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('save'))),
    ),
    { wide: true, closeLabel: t('close') },
  );
  draw();
}
