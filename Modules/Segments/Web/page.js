// Groups of visitors that every report can be asked about.

import {
  h, replace, t, number, percent, load, failed, table, breakdown, formDialog, removal, button, field, select, toast, ask, parameters,
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
  'g.count': {
    en: { one: '{count} visitor, {share} of all in this range', other: '{count} visitors, {share} of all in this range' },
    de: '{count} Besucher, {share} aller im Zeitraum',
  },
  'g.incomplete': {
    en: 'How many there are is counted once every condition has a value.',
    de: 'Gezählt wird, sobald jede Bedingung einen Wert hat.',
  },
  'g.counting': { en: 'Counting …', de: 'Zählt …' },
  'g.delete?': { en: 'Reports that use “{name}” no longer can.', de: 'Auswertungen können „{name}“ dann nicht mehr benutzen.' },
  'g.drop': { en: 'Remove this condition', de: 'Diese Bedingung entfernen' },
  'g.event-name': { en: 'Name of the event', de: 'Name des Ereignisses' },
  'g.did': { en: 'did it at least', de: 'mindestens' },
  'g.times': { en: 'times', de: 'Mal' },
  'g.complex': { en: 'Who is in it is edited through the API:', de: 'Wer dazugehört, wird über die API bearbeitet:' },
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

/** A condition of each kind, as the composer begins it. */
const blank = {
  session: { source: 'session', field: 'source', op: 'eq', value: '' },
  pageview: { source: 'pageview', field: 'path', op: 'eq', value: '' },
  event: { source: 'event', event: '', count: { op: 'gte', value: 1 } },
  profile: { source: 'profile', field: 'traits.plan', op: 'eq', value: '' },
  metric: { source: 'metric', field: 'pageviews', op: 'gte', value: 5 },
};

export async function show(view) {
  const { root, state, go, signal, report } = view, list = h('div', { class: 'body' });
  const compose = (saved, definition) => composer(view, saved, definition, () => { forgetSegments(); view.refresh(); });
  const { data } = await ask('/api/v1/segments', { signal, parameters: { limit: 100 } });
  const names = new Map(data.map(segment => [segment.id, segment]));
  replace(root,
    h('section', { class: 'card' },
      h('header', null, h('h2', null, t('g.list')), button(`+ ${t('g.new')}`, () => compose(), { class: 'primary', id: 'new-segment' })),
      h('p', { class: 'hint' }, t('g.list?')),
      list,
    ),
  );
  await load(list,
    async () => {
      if (!data.length) return null;
      const count = async ids => (await ask('/api/v1/segments/compare', {
        signal,
        parameters: { ...parameters({ ...state, segment: '' }), segment_ids: ids.join(',') },
      })).data;
      const ids = data.filter(segment => segment.is_active).map(segment => segment.id), first = ids.slice(0, 10);
      const known = new Map((first.length ? await count(first) : []).map(row => [row.segment_id, row])), waiting = new Map();
      const cell = (key, format = number) => row => {
        if (known.has(row.id) || !row.is_active) return format(known.get(row.id)?.[key]);
        const place = h('span', null, '…');
        waiting.set(row.id, [...waiting.get(row.id) ?? [], numbers => place.textContent = format(numbers?.[key])]);
        return place;
      };
      const problem = h('div');
      // So many at a time are answered, and the table does not wait for all of them.
      const rest = async from => {
        replace(problem);
        try {
          for (let at = from; at < ids.length; at += 10) {
            from = at;
            for (const row of await count(ids.slice(at, at + 10))) waiting.get(row.segment_id)?.forEach(fill => fill(row));
          }
        } catch (error) { if (!signal.aborted) replace(problem, failed(error, () => rest(from))); }
      };
      const drawn = table(t('g.list'),
        [
          { name: t('name'), cell: row => [row.name, row.description && h('div', { class: 'hint' }, row.description)] },
          { name: t('visitors'), number: true, cell: cell('visitors') },
          { name: t('sessions'), number: true, cell: cell('sessions') },
          { name: t('pageviews'), number: true, cell: cell('pageviews') },
          { name: t('g.bounce'), number: true, cell: cell('bounce_rate', percent) },
          {
            name: '',
            cell: row => h('div', { class: 'row end' },
              button(t(state.segment === row.id ? 'g.used' : 'g.use'), () => go({ segment: state.segment === row.id ? '' : row.id }), {
                class: 'use',
              }),
              button(t('edit'), () => compose(row, row.definition)),
              removal(
                t('g.delete?', { name: row.name }),
                async () => {
                  await ask(`/api/v1/segments/${row.id}`, { method: 'DELETE' });
                  forgetSegments();
                  state.segment === row.id ? go({ segment: '' }) : view.refresh();
                },
                { of: row.name },
              ),
            ),
          },
        ],
        data,
      );
      rest(10);
      return [drawn, problem];
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

/** Whether a condition has what the composer's rows can't show. */
function isComplex({ conditions, source, field, op, count, within_days, where, negate }) {
  if (conditions || within_days || where || negate || !(source in blank)) return true;
  return source === 'event' ? field || op || count && count.op !== 'gte' : !field || count || Array.isArray(op);
}

/** Whether a condition says enough to be asked about. */
function isComplete({ source, field, op, value, event, count }) {
  if (source === 'event') return event.trim() !== '' && !(count && !(count.value >= 1));
  if (source === 'profile' && !(/^traits\..+/.test(field) || ['user_id', 'account_id'].includes(field))) return false;
  return op.endsWith('exists') || value !== undefined && value !== '';
}

function composer(view, saved, definition = { match: 'all', conditions: [blank.session] }, done) {
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const about = h('input', { type: 'text', maxlength: 2000, value: saved?.description ?? '' });
  /** The form, with what tells who is in the segment; `whole()` is its definition, nothing where that stays as it is. */
  const asks = (whole, ...parts) => formDialog(
    saved?.name ?? t('g.new'),
    { wide: true, id: 'segment-form' },
    async () => {
      const body = { name: name.value, description: about.value || null, definition: whole?.() };
      await ask(saved ? `/api/v1/segments/${saved.id}` : '/api/v1/segments', { method: saved ? 'PUT' : 'POST', body });
      toast(t('saved'));
      done();
    },
    field(t('name'), name),
    field(t('description'), about),
    ...parts,
  );
  if (definition.negate || definition.conditions.some(isComplex)) {
    return asks(undefined, h('p', null, t('g.complex')), h('pre', { tabindex: 0 }, JSON.stringify(definition, null, 2)));
  }
  const conditions = structuredClone(definition.conditions);
  const rows = h('div');
  const counted = h('p', { class: 'hint', role: 'status', id: 'segment-count' });
  const match = select({ 'aria-label': t('g.match'), onchange: () => count() }, [['all', t('g.all')], ['any', t('g.any')]], definition.match);
  const whole = () => ({ match: match.value, conditions });
  let waiting, asked = 0;
  const count = () => {
    clearTimeout(waiting);
    const mine = ++asked;
    if (!conditions.every(isComplete)) return counted.textContent = t('g.incomplete');
    waiting = setTimeout(
      async () => {
        counted.textContent = t('g.counting');
        try {
          const { visitors, percentage } = await ask('/api/v1/segments/preview', {
            method: 'POST',
            body: { definition: whole() },
            parameters: { ...parameters(view.state), segment_id: '', filter: '' },
          });
          if (mine === asked) counted.textContent = t('g.count', { count: visitors, share: percent(percentage) });
        } catch (error) { if (mine === asked) counted.textContent = error.message; }
      },
      350,
    );
  };
  const draw = () => {
    replace(rows,
      conditions.map((condition, at) => h('div', { class: 'row condition' },
        parts(condition, { change: made => { Object.assign(condition, made); count(); }, redraw: draw, become: name => {
          conditions[at] = { ...blank[name] };
          draw();
        } }),
        button('✕', () => { conditions.splice(at, 1); draw(); }, { class: 'icon', 'aria-label': t('g.drop'), disabled: conditions.length === 1 }),
      )),
    );
    count();
  };
  asks(
    whole,
    h('div', { class: 'row' }, t('g.match'), match),
    rows,
    button(`+ ${t('g.add')}`, () => { conditions.push({ ...blank.session, field: 'country' }); draw(); }, { class: 'link' }),
    counted,
  );
  draw();
}

/** The controls of a condition. `change(parts)`, `become(source)` and `redraw()` are what they do to it. */
function parts(condition, { change, redraw, become }) {
  const input = (label, value, properties, read = text => text) => text => h('input', {
    type: 'text',
    'aria-label': t(label),
    value,
    ...properties,
    oninput: event => change({ [text]: read(event.target.value) }),
  });
  const source = select(
    { 'aria-label': t('what'), onchange: event => become(event.target.value) },
    Object.keys(blank).map(name => [name, t(`g.${name}`)]),
    condition.source,
  );
  if (condition.source === 'event') {
    const times = input('g.times', condition.count?.value ?? 1, { type: 'number', min: 1 }, text => ({ op: 'gte', value: Number(text) }))('count');
    return [
      source,
      input('g.event-name', condition.event ?? '', { placeholder: 'signup', required: true })('event'),
      t('g.did'),
      times,
      t('g.times'),
    ];
  }
  const isNumber = condition.source === 'metric', isProfile = condition.source === 'profile';
  const of = isProfile
    ? input('g.field', condition.field)('field')
    : select(
      { 'aria-label': t('g.field'), onchange: event => change({ field: event.target.value }) },
      fields[condition.source].map(name => [name, t(isNumber ? name : `dimension.${name}`)]),
      condition.field,
    );
  const operators = isNumber ? numbers : isProfile ? [...words, 'exists', 'not_exists'] : words;
  const how = select(
    { 'aria-label': t('g.how'), onchange: event => { change({ op: event.target.value }); redraw(); } },
    operators.map(name => [name, t(`g.op.${name}`)]),
    condition.op,
  );
  const value = input('g.value', condition.value ?? '', { type: isNumber ? 'number' : 'text', required: true }, text => isNumber && text
    ? Number(text)
    : text)('value');
  return [source, of, how, !condition.op.endsWith('exists') && value];
}
