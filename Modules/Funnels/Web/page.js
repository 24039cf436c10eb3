// Funnels: ordered steps, and where visitors drop off.

import {
  h, replace, t, number, percent, duration, load, formDialog, removal, byProperty, button, choice, field, select, empty, behind,
  toast, offering, noticing, followKind, ask, askAll,
} from './kit.js';
import { propertyRows } from './conditions.js';
import { forgetSegments } from './toolbar.js';

/** @param {View} view */
export async function show(view) {
  const { root, state, go, signal, report } = view;
  const data = await askAll('/api/v1/funnels', { signal });
  const chosen = data.find(funnel => funnel.id === state.extra.funnel) ?? data[0], place = h('div', { class: 'body' });
  const path = `/api/v1/funnels/${chosen?.id}`;
  const compose = saved => composer(view, saved, made => go({ extra: { funnel: made.id } }));
  const actions = chosen
    && [
      choice(view, 'funnel', t('funnels.choose'), data.map(({ id, name }) => [id, name]), chosen.id),
      button(t('edit'), async () => compose(await ask(path))),
      removal(t('funnels.delete?', { name: chosen.name }), async () => {
        await ask(path, { method: 'DELETE' });
        go({ extra: { funnel: '' } });
      }),
    ];
  replace(root,
    h('section', { class: 'card' },
      h('header', null,
        h('h2', null, t('funnels.list')),
        h('div', { class: 'row' }, actions, button(`+ ${t('funnels.new')}`, () => compose(), { class: 'primary', id: 'new-funnel' })),
      ),
      place,
    ),
  );
  await load(place,
    async () => {
      if (!chosen) return null;
      const { steps, overall_conversion: overall, time_to_convert: whole } = await report(`${path}/analyze`), first = steps[0]?.visitors ?? 0;
      const missing = steps.some(step => !step.visitors) && await unseen(view, path);
      if (!first) return [empty(t('funnels.nobody')), missing];
      const who = (step, state) => () => {
        const title = t(state === 'dropped' ? 'funnels.dropped' : 'funnels.reached', { label: steps[step - 1].label });
        const save = button(t('funnels.segment'), () => asSegment(view, path, { step, state }, title), { class: 'link', id: 'save-segment' });
        behind(view, title, `${path}/drill`, { step, state }, view.can('segments') && save);
      };
      return [
        h('p', null, h('strong', null, t('funnels.overall', { rate: percent(overall) })), took(whole)),
        missing,
        steps.map((step, at) => h('div', { class: 'step' },
          h('strong', null, `${at + 1}. ${step.label}`),
          button(t('count.visitors', { count: step.visitors }), who(at + 1, 'converted'), { class: 'link' }),
          h('div', { class: 'track', 'aria-hidden': 'true' }, h('i', { style: { width: `${step.visitors / first * 100}%` } })),
          at > 0
            && [
              h('span', { class: 'muted' }, t('funnels.of', { rate: percent(step.conversion_rate) }), took(step.time_to_convert)),
              button(t('funnels.lost', { count: number(step.drop_off) }), who(at + 1, 'dropped'), { class: 'link' }),
            ],
        )),
      ];
    },
    { signal, nothing: t('funnels.none') },
  );
  if (chosen && !signal.aborted) root.append(whoGetsThrough(view, `${path}/analyze`));
}

/** Hints for steps that do not occur in the range at all: they may be misspelled. */
async function unseen(view, path) {
  const { steps } = await view.ask(path);
  return h('div', null, steps.map(step => noticing(view, () => step.type === 'event' ? 'event' : 'path', h('input', { value: step.value }))));
}

/** The time to reach a step; empty if nobody did. */
const took = time => time && `, ${t('funnels.took', { median: duration(time.median), p90: duration(time.p90) })}`;

/** The funnel by properties of the visit with the first step. */
const whoGetsThrough = (view, path) => byProperty(view, t('funnels.by'), ['source', 'entry_page', 'country', 'device', 'browser'], {
  nothing: t('funnels.nobody'),
  columns: [
    { name: t('funnels.began'), value: row => row.steps[0].visitors, explain: t('funnels.by?') },
    { name: t('funnels.finished'), value: row => row.steps.at(-1).visitors },
    { name: t('funnels.rate'), value: row => row.overall_conversion, format: percent },
  ],
  rows: async (breakdown, limit) => (await view.report(path, { breakdown, limit })).breakdown,
});

function asSegment(view, path, place, title) {
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: title.slice(0, 200) });
  const save = async () => {
    await ask(`${path}/segment`, { method: 'POST', body: { name: name.value, ...place } });
    forgetSegments();
    toast(t('saved'));
    view.refresh();
  };
  formDialog(t('funnels.segment'), { id: 'new-segment-form' }, save, field(t('name'), name), h('p', { class: 'hint' }, t('funnels.segment?')));
}

const units = [1, 60, 3600, 86400];

function composer(view, saved, done) {
  const given = saved ?? { steps: [{ type: 'pageview', value: '/' }, { type: 'event', value: '' }] };
  // A step without its own label is labelled with its value, even after the value changes.
  const steps = structuredClone(given.steps).map(step => ({ ...step, label: step.label === step.value ? '' : step.label ?? '' }));
  const exclusions = structuredClone(given.exclusions ?? []);
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: given.name ?? '' });
  const order = select(
    { id: 'funnel-order', onchange: () => draw() },
    ['ordered', 'strict', 'any'].map(name => [name, t(`funnels.order.${name}`)]),
    given.order ?? 'ordered',
  );
  const seconds = given.conversion_window, size = seconds ? units.findLast(unit => seconds % unit === 0) : 3600;
  const unit = select({ id: 'funnel-unit' }, units.map(unit => [`${unit}`, t(`funnels.unit.${unit}`)]), `${size}`);
  const limit = h('input', { type: 'number', min: 1, max: 315360000, value: seconds ? seconds / (size ?? 1) : '' });
  const rows = h('div'), outs = h('div', { id: 'exclusions' });
  const input = (step, key, properties) => h('input', {
    type: 'text',
    'aria-label': t(`funnels.${key}`),
    placeholder: t(`funnels.${key}`),
    value: step[key] ?? '',
    oninput: event => step[key] = event.target.value,
    ...properties,
  });
  /** The controls of a step: type, value and `more` in one row, then hints and conditions. */
  const action = (step, ...more) => {
    const dimension = () => step.type === 'event' ? 'event' : 'path', below = h('div');
    const value = offering(view, dimension, input(step, 'value', { required: true })), note = noticing(view, dimension, value);
    const become = event => {
      step.type = event.target.value;
      delete step.where;
      value.offer();
      note.look();
      replace(below, asked(step));
    };
    const kind = select({ 'aria-label': t('type'), onchange: become }, ['pageview', 'event'].map(name => [name, t(`funnels.${name}`)]), step.type);
    followKind(value, kind, { pages: 'pageview', events: 'event' });
    replace(below, asked(step));
    return [h('div', { class: 'row' }, kind, value, ...more), note, below];
  };
  const drop = (list, at, label, disabled) => button('✕', () => { list.splice(at, 1); draw(); }, { class: 'icon', 'aria-label': label, disabled });
  const asked = step => step.type === 'event' && propertyRows(step);
  const draw = () => {
    replace(rows,
      steps.map((step, at) => h('fieldset', null,
        h('legend', null, t('funnels.step', { number: at + 1 })),
        action(step, input(step, 'label'), drop(steps, at, t('funnels.drop', { number: at + 1 }), steps.length < 3)),
      )),
    );
    // A strict funnel has nothing between its steps, and a funnel in any order has no step after another.
    replace(outs,
      order.value !== 'strict' && exclusions.map((step, at) => h('fieldset', null,
        h('legend', null, t('funnels.exclusion')),
        action(step, order.value === 'ordered' && place(step), drop(exclusions, at, t('funnels.drop-exclusion'))),
      )),
    );
    exclude.hidden = order.value === 'strict';
  };
  const place = step => {
    if (step.after_step >= steps.length) delete step.after_step;
    const between = steps.slice(1).map((_, at) => [`${at + 1}`, t('funnels.after', { step: at + 1, next: at + 2 })]);
    return select(
      { 'aria-label': t('funnels.when'), onchange: event => step.after_step = Number(event.target.value) || undefined },
      [['', t('funnels.anywhere')], ...between],
      `${step.after_step ?? ''}`,
    );
  };
  const exclude = button(`+ ${t('funnels.exclude')}`, () => { exclusions.push({ type: 'pageview', value: '' }); draw(); }, {
    class: 'link',
    id: 'add-exclusion',
  });
  const send = async () => {
    const body = {
      name: name.value,
      steps: steps.map(step => ({ ...step, label: step.label || step.value })),
      order: order.value,
      conversion_window: limit.value ? Number(limit.value) * Number(unit.value) : null,
      exclusions: order.value === 'strict' ? [] : exclusions.map(step => order.value === 'any' ? { ...step, after_step: undefined } : step),
    };
    done(await ask(saved ? `/api/v1/funnels/${saved.id}` : '/api/v1/funnels', { method: saved ? 'PUT' : 'POST', body }));
  };
  formDialog(
    saved?.name ?? t('funnels.new'),
    { wide: true, id: 'funnel-form' },
    send,
    field(t('name'), name),
    rows,
    h('p', { class: 'hint' }, t('funnels.hint')),
    button(`+ ${t('funnels.add')}`, () => { steps.push({ type: 'pageview', value: '', label: '' }); draw(); }, { class: 'link', id: 'add-step' }),
    field(t('funnels.order'), order),
    h('div', { class: 'row' }, field(t('funnels.window'), limit), field(t('funnels.unit'), unit)),
    h('p', { class: 'hint' }, t('funnels.window?')),
    outs,
    exclude,
  );
  draw();
}
