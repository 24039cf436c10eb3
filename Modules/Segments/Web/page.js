// Segments: groups of visitors for every report.

import {
  h, replace, t, has, number, percent, load, failed, table, byProperty, formDialog, removal, button, field, select, toast,
  offering, noticing, pathInput, written, stored, storedSoFar, ask, askAll, parameters,
} from './kit.js';
import { propertyRows, areComplete } from './conditions.js';
import { forgetSegments } from './toolbar.js';

const words = ['eq', 'neq', 'contains', 'starts_with', 'ends_with'];
const operators = {
  session: words,
  pageview: words,
  profile: [...words, 'exists', 'not_exists'],
  metric: ['gte', 'lte', 'eq', 'gt', 'lt'],
};
const fields = {
  session: ['source', 'country', 'region', 'city', 'browser', 'os', 'device', 'screen', 'language', 'referrer', 'entry_page', 'exit_page'],
  pageview: ['path', 'title'],
  metric: ['pageviews', 'events', 'sessions', 'days_active', 'duration', 'revenue'],
};

/** The initial condition of each kind. */
const blank = {
  session: { source: 'session', field: 'source', op: 'eq', value: '' },
  pageview: { source: 'pageview', field: 'path', op: 'eq', value: '' },
  event: { source: 'event', event: '', count: { op: 'gte', value: 1 } },
  sequence: { source: 'sequence', steps: [{ path: '' }, { event: '' }] },
  profile: { source: 'profile', field: 'traits.plan', op: 'eq', value: '' },
  metric: { source: 'metric', field: 'pageviews', op: 'gte', value: 5 },
};

/** @param {View} view */
export async function show(view) {
  const { root, state, go, signal, report } = view, list = h('div', { class: 'body' });
  const compose = (saved, definition) => composer(view, saved, definition, () => { forgetSegments(); view.refresh(); });
  const data = await askAll('/api/v1/segments', { signal });
  const names = new Map(data.map(segment => [segment.id, segment]));
  replace(root,
    h('section', { class: 'card' },
      h('header', null, h('h2', null, t('segments.list')), button(`+ ${t('segments.new')}`, () => compose(), { class: 'primary', id: 'new-segment' })),
      h('p', { class: 'hint' }, t('segments.list?')),
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
      const column = (name, key, format) => ({ name, number: true, cell: cell(key, format), value: row => known.get(row.id)?.[key] });
      const problem = h('div');
      // The API compares ten segments at a time; the table does not wait for all of them.
      const rest = async from => {
        replace(problem);
        try {
          for (let at = from; at < ids.length; at += 10) {
            from = at;
            for (const row of await count(ids.slice(at, at + 10))) {
              known.set(row.segment_id, row);
              waiting.get(row.segment_id)?.forEach(fill => fill(row));
            }
          }
        } catch (error) { if (!signal.aborted) replace(problem, failed(error, () => rest(from))); }
      };
      const drawn = table(t('segments.list'),
        [
          {
            name: t('name'),
            cell: row => [row.name, row.description && h('div', { class: 'hint' }, row.description)],
            value: row => row.name,
          },
          column(t('visitors'), 'visitors'),
          column(t('sessions'), 'sessions'),
          column(t('pageviews'), 'pageviews'),
          column(t('segments.bounce'), 'bounce_rate', percent),
          {
            name: '',
            cell: row => h('div', { class: 'row end' },
              button(t(state.segment === row.id ? 'segments.used' : 'segments.use'), () => go({ segment: state.segment === row.id ? '' : row.id }), {
                class: 'use',
              }),
              button(t('edit'), () => compose(row, row.definition)),
              removal(
                t('segments.delete?', { name: row.name }),
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
    { signal, nothing: t('segments.none') },
  );
  if (names.has(state.segment)) {
    root.append(
      byProperty(view, `${names.get(state.segment).name}: ${t('segments.who')}`, ['country', 'device', 'browser', 'path', 'event'], {
        columns: [{ name: t('visitors'), value: row => row.visitors }],
        rows: async (property, limit) => (await report(`/api/v1/segments/${state.segment}/breakdown`, { property, limit, segment_id: '' })).data,
      }),
    );
  }
}

/** Whether an operator compares whole values, not parts. */
const isWhole = op => ['eq', 'neq'].includes(op);

/** The steps of a sequence; the last may be the one that must not follow. */
const stepsOf = ({ steps, then_not }) => [...steps, ...then_not ? [then_not] : []];

/** Whether a condition has parts that the form can't show. */
function isComplex(condition) {
  const { conditions, source, field, op, value, event, count, within_days, negate } = condition;
  if (conditions || negate || !(source in blank)) return true;
  if (source === 'sequence') return stepsOf(condition).length !== 2;
  if (source === 'event') return event == null || field || op || count && count.op !== 'gte';
  if (fields[source] && !fields[source].includes(field)) return true;
  return !field || count || within_days || !operators[source].includes(op) || typeof value === 'object';
}

/** Whether a condition is complete. */
function isComplete(condition) {
  const { source, field, op, value, event, count, where } = condition;
  if (source === 'sequence') return stepsOf(condition).every(step => (step.event ?? step.path).trim() && areComplete(step.where));
  if (source === 'event') return event.trim() !== '' && !(count && !(count.value >= 1)) && areComplete(where);
  if (source === 'profile' && !(/^traits\..+/.test(field) || ['user_id', 'account_id'].includes(field))) return false;
  return op.endsWith('exists') || value !== undefined && value !== '';
}

function composer(view, saved, definition = { match: 'all', conditions: [blank.session] }, done) {
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const about = h('input', { type: 'text', maxlength: 2000, value: saved?.description ?? '' });
  /** The form; `parts` edit the definition, which `whole()` returns. Without `whole` the definition stays unchanged. */
  const asks = (whole, ...parts) => formDialog(
    saved?.name ?? t('segments.new'),
    { wide: true, id: 'segment-form' },
    async () => {
      whole?.().conditions.forEach(({ source, field, op, value }) => source === 'session' && stored(field, value, !isWhole(op)));
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
    return asks(undefined, h('p', null, t('segments.complex')), h('pre', { tabindex: 0 }, JSON.stringify(definition, null, 2)));
  }
  const conditions = structuredClone(definition.conditions);
  const rows = h('div');
  const counted = h('p', { class: 'hint', role: 'status', id: 'segment-count' });
  const match = select(
    { 'aria-label': t('segments.match'), onchange: () => count() },
    ['all', 'any'].map(name => [name, t(`segments.${name}`)]),
    definition.match,
  );
  const whole = () => ({ match: match.value, conditions });
  let waiting, asked = 0;
  const count = () => {
    clearTimeout(waiting);
    const mine = ++asked;
    if (!conditions.every(isComplete)) return counted.textContent = t('segments.incomplete');
    waiting = setTimeout(
      async () => {
        counted.textContent = t('segments.counting');
        try {
          const { visitors, percentage } = await ask('/api/v1/segments/preview', {
            method: 'POST',
            body: { definition: whole() },
            parameters: { ...parameters(view.state), segment_id: '', filter: '' },
          });
          if (mine === asked) counted.textContent = t('segments.count', { count: visitors, share: percent(percentage) });
        } catch (error) { if (mine === asked) counted.textContent = error.message; }
      },
      350,
    );
  };
  const draw = () => {
    replace(rows,
      conditions.map((condition, at) => {
        const { line, below } = parts(view, condition, { change: made => { Object.assign(condition, made); count(); }, redraw: draw, become: name => {
          conditions[at] = structuredClone(blank[name]);
          draw();
        } });
        const drop = button('✕', () => { conditions.splice(at, 1); draw(); }, {
          class: 'icon',
          'aria-label': t('condition.drop'),
          disabled: conditions.length === 1,
        });
        return h('div', { class: 'row condition' }, line, drop, below);
      }),
    );
    count();
  };
  asks(
    whole,
    h('div', { class: 'row' }, t('segments.match'), match),
    rows,
    button(`+ ${t('condition.add')}`, () => { conditions.push({ ...blank.session, field: 'country' }); draw(); }, { class: 'link' }),
    counted,
  );
  draw();
}

/** The controls of a condition, in its line and below. They call `change(parts)`, `become(source)` and `redraw()`. */
function parts(view, condition, { change, redraw, become }) {
  const input = (label, value, properties, read = text => text) => text => h('input', {
    type: 'text',
    'aria-label': t(label),
    value,
    ...properties,
    oninput: event => change({ [text]: read(event.target.value) }),
  });
  const source = select(
    { 'aria-label': t('type'), onchange: event => become(event.target.value) },
    Object.keys(blank).map(name => [name, t(`segments.${name}`)]),
    condition.source,
  );
  const days = input(
    'segments.days',
    condition.within_days ?? '',
    { type: 'number', min: 1, max: 3660, placeholder: t('segments.whole') },
    text => text ? Number(text) : undefined,
  );
  const properties = step => propertyRows(step, () => change({}));
  if (condition.source === 'event') {
    const atLeast = text => ({ op: 'gte', value: Number(text) });
    const times = input('segments.times', condition.count?.value ?? 1, { type: 'number', min: 1 }, atLeast)('count');
    const name = input('segments.event-name', condition.event ?? '', { placeholder: 'signup', required: true })('event');
    const line = [
      source,
      offering(view, () => 'event', name),
      t('segments.did'),
      times,
      `${t('segments.times')} ${t('segments.last')}`,
      days('within_days'),
      t('segments.days'),
    ];
    return { line, below: [noticing(view, () => 'event', name), properties(condition)] };
  }
  if (condition.source === 'sequence') {
    const [first, second] = stepsOf(condition);
    const follow = ({ target }) => {
      const isNot = target.value === 'then-not';
      change({ steps: isNot ? [first] : [first, second], then_not: isNot ? second : undefined });
    };
    const controls = step => {
      const kind = step.event == null ? 'path' : 'event';
      const become = ({ target }) => {
        for (const name of ['event', 'path', 'where']) delete step[name];
        step[target.value] = '';
        redraw();
      };
      const of = select({ 'aria-label': t('type'), onchange: become }, [['path', t('segments.pageview')], ['event', t('segments.event')]], kind);
      const value = h('input', {
        type: 'text',
        'aria-label': t(kind === 'event' ? 'segments.event-name' : 'dimension.path'),
        placeholder: kind === 'event' ? 'signup' : '/pricing',
        value: step[kind],
        required: true,
        oninput: event => { step[kind] = event.target.value; change({}); },
      });
      return [of, pathInput(offering(view, () => kind, value), () => kind), noticing(view, () => kind, value), kind === 'event' && properties(step)];
    };
    const then = select(
      { 'aria-label': t('segments.order'), onchange: follow },
      ['then', 'then-not'].map(name => [name, t(`segments.${name}`)]),
      condition.then_not ? 'then-not' : 'then',
    );
    return {
      line: [source, t('segments.within'), days('within_days'), t('segments.days')],
      below: [h('div', { class: 'row condition' }, controls(first)), h('div', { class: 'row condition' }, then, controls(second))],
    };
  }
  const isNumber = condition.source === 'metric', isProfile = condition.source === 'profile';
  const read = text => isNumber
    ? text && Number(text)
    : isProfile ? text : storedSoFar(condition.field, text, !isWhole(condition.op));
  const of = isProfile
    ? offering(view, () => 'trait', input('segments.field', condition.field)('field'))
    : select(
      {
        'aria-label': t('segments.field'),
        onchange: event => {
          change({ field: event.target.value });
          if (!isNumber && condition.value !== undefined) change({ value: read(value.value) });
        },
      },
      fields[condition.source].map(name => [name, t([`segments.${name}`, `dimension.${name}`].find(has) ?? name)]),
      condition.field,
    );
  const how = select(
    { 'aria-label': t('segments.how'), onchange: event => { change({ op: event.target.value }); redraw(); } },
    operators[condition.source].map(name => [name, t(`op.${name}`)]),
    condition.op,
  );
  const value = input(
    'segments.value',
    (isProfile ? condition.value : written(condition.field, condition.value)) ?? '',
    { type: isNumber ? 'number' : 'text', required: true },
    read,
  )('value');
  if (condition.op.endsWith('exists')) return { line: [source, of, how] };
  // A prefix or substring is not a complete value.
  const dimension = () => ['session', 'pageview', 'profile'].includes(condition.source) ? condition.field : '';
  if (isWhole(condition.op)) pathInput(value, dimension);
  const noticed = () => condition.op === 'eq' ? dimension() : '', note = noticing(view, noticed, value);
  if (!isNumber) of.addEventListener('change', () => { /** @type {any} */ (value).offer(); note.look(); });
  return { line: [source, of, how, isNumber ? value : offering(view, dimension, value)], below: isNumber ? undefined : note };
}
