// Ordered steps, and where visitors stop.

import {
  h, replace, t, number, percent, duration, load, formDialog, removal, byProperty, button, choice, field, select, empty, behind,
  toast, offering, noticing, followKind, ask, askAll,
} from './kit.js';
import { propertyRows } from './conditions.js';
import { forgetSegments } from './toolbar.js';

export const texts = {
  'f.new': { en: 'New funnel', de: 'Neuer Trichter' },
  'f.list': { en: 'Funnels', de: 'Trichter' },
  'f.none': {
    en: 'No funnels yet. One is two or more steps in order: the pricing page, then a sign-up.',
    de: 'Noch keine Trichter. Einer besteht aus zwei oder mehr Schritten in Reihenfolge: die Preisseite, dann eine Anmeldung.',
  },
  'f.step': { en: 'Step {number}', de: 'Schritt {number}' },
  'f.add': { en: 'Add a step', de: 'Schritt hinzufügen' },
  'f.drop': { en: 'Remove step {number}', de: 'Schritt {number} entfernen' },
  'f.pageview': { en: 'opens the page', de: 'öffnet die Seite' },
  'f.event': { en: 'does the event', de: 'tut das Ereignis' },
  'f.value': { en: 'Path or name', de: 'Pfad oder Name' },
  'f.label': { en: 'Shown as', de: 'Gezeigt als' },
  'f.hint': {
    en: '* in a path matches any text. A step without a label is shown by its path or name.',
    de: '* im Pfad steht für beliebigen Text. Ein Schritt, der nicht anders gezeigt wird, heißt wie sein Pfad oder Name.',
  },
  'f.order': { en: 'Order', de: 'Reihenfolge' },
  'f.order.ordered': { en: 'in this order, with gaps', de: 'nacheinander, mit Lücken' },
  'f.order.strict': { en: 'directly one after the other', de: 'unmittelbar nacheinander' },
  'f.order.any': { en: 'in any order', de: 'in beliebiger Reihenfolge' },
  'f.window': { en: 'At most', de: 'Höchstens' },
  'f.window?': {
    en: 'The longest time from the first step to the last. Empty: as long as the range.',
    de: 'So lange darf es vom ersten Schritt bis zum letzten dauern. Leer: so lange wie der Zeitraum.',
  },
  'f.unit': { en: 'Unit', de: 'Einheit' },
  'f.unit.1': { en: 'seconds', de: 'Sekunden' },
  'f.unit.60': { en: 'minutes', de: 'Minuten' },
  'f.unit.3600': { en: 'hours', de: 'Stunden' },
  'f.unit.86400': { en: 'days', de: 'Tage' },
  'f.exclusion': { en: 'Excluded if', de: 'Heraus fällt, wer' },
  'f.exclude': { en: 'Exclude visitors who do something on the way', de: 'Auslassen, wer unterwegs etwas tut' },
  'f.when': { en: 'When', de: 'Wann' },
  'f.anywhere': { en: 'anywhere on the way', de: 'irgendwo unterwegs' },
  'f.after': { en: 'between steps {step} and {next}', de: 'zwischen den Schritten {step} und {next}' },
  'f.drop-exclusion': { en: 'Remove this', de: 'Das entfernen' },
  'f.took': { en: 'half of them within {median}, nine in ten within {p90}', de: 'die Hälfte in {median}, neun von zehn in {p90}' },
  'f.by': { en: 'Who gets through', de: 'Wer ans Ende kommt' },
  'f.by?': {
    en: 'By properties of the visit that took the first step. Click a row to filter by it.',
    de: 'Nach dem, was vom Besuch bekannt ist, der den ersten Schritt tat. Ein Klick auf eine Zeile zeigt nur, was zu ihr gehört.',
  },
  'f.began': { en: 'Began', de: 'Begannen' },
  'f.finished': { en: 'Finished', de: 'Am Ende' },
  'f.rate': { en: 'Rate', de: 'Rate' },
  'f.overall': { en: '{rate} of those who began finished', de: '{rate} derer, die begannen, kamen ans Ende' },
  'f.of': { en: '{rate} of the step before', de: '{rate} des Schritts davor' },
  'f.lost': { en: '{count} stopped here', de: '{count} hörten hier auf' },
  'f.delete?': { en: 'Deletes the funnel “{name}”. Collected data is kept.', de: 'Der Trichter „{name}“ wird gelöscht, Daten nicht.' },
  'f.nobody': { en: 'Nobody took the first step in this range.', de: 'Niemand tat in diesem Zeitraum den ersten Schritt.' },
  'f.reached': { en: 'Reached “{label}”', de: 'Erreichten „{label}“' },
  'f.dropped': { en: 'Stopped before “{label}”', de: 'Hörten auf vor „{label}“' },
  'f.segment': { en: 'Save as a segment', de: 'Als Segment speichern' },
  'f.segment?': {
    en: 'Every report can then be asked about these visitors. The segment keeps the steps as they are now.',
    de: 'Jede Auswertung lässt sich dann auf diese Besucher beschränken. Das Segment behält die Schritte, wie sie jetzt sind.',
  },
  'f.choose': { en: 'Funnel', de: 'Trichter' },
};

export async function show(view) {
  const { root, state, go, signal, report } = view;
  const data = await askAll('/api/v1/funnels', { signal });
  const chosen = data.find(funnel => funnel.id === state.extra.funnel) ?? data[0], place = h('div', { class: 'body' });
  const path = `/api/v1/funnels/${chosen?.id}`;
  const compose = saved => composer(view, saved, made => go({ extra: { funnel: made.id } }));
  const actions = chosen
    && [
      choice(view, 'funnel', t('f.choose'), data.map(({ id, name }) => [id, name]), chosen.id),
      button(t('edit'), async () => compose(await ask(path))),
      removal(t('f.delete?', { name: chosen.name }), async () => {
        await ask(path, { method: 'DELETE' });
        go({ extra: { funnel: '' } });
      }),
    ];
  replace(root,
    h('section', { class: 'card' },
      h('header', null,
        h('h2', null, t('f.list')),
        h('div', { class: 'row' }, actions, button(`+ ${t('f.new')}`, () => compose(), { class: 'primary', id: 'new-funnel' })),
      ),
      place,
    ),
  );
  await load(place,
    async () => {
      if (!chosen) return null;
      const { steps, overall_conversion: overall, time_to_convert: whole } = await report(`${path}/analyze`), first = steps[0]?.visitors ?? 0;
      const missing = steps.some(step => !step.visitors) && await unseen(view, path);
      if (!first) return [empty(t('f.nobody')), missing];
      const who = (step, state) => () => {
        const title = t(state === 'dropped' ? 'f.dropped' : 'f.reached', { label: steps[step - 1].label });
        const save = button(t('f.segment'), () => asSegment(view, path, { step, state }, title), { class: 'link', id: 'save-segment' });
        behind(view, title, `${path}/drill`, { step, state }, view.can('segments') && save);
      };
      return [
        h('p', null, h('strong', null, t('f.overall', { rate: percent(overall) })), took(whole)),
        missing,
        steps.map((step, at) => h('div', { class: 'step' },
          h('strong', null, `${at + 1}. ${step.label}`),
          button(t('count.visitors', { count: step.visitors }), who(at + 1, 'converted'), { class: 'link' }),
          h('div', { class: 'track', 'aria-hidden': 'true' }, h('i', { style: { width: `${step.visitors / first * 100}%` } })),
          at > 0
            && [
              h('span', { class: 'muted' }, t('f.of', { rate: percent(step.conversion_rate) }), took(step.time_to_convert)),
              button(t('f.lost', { count: number(step.drop_off) }), who(at + 1, 'dropped'), { class: 'link' }),
            ],
        )),
      ];
    },
    { signal, nothing: t('f.none') },
  );
  if (chosen && !signal.aborted) root.append(whoGetsThrough(view, `${path}/analyze`));
}

/** Says which steps nobody at all took in the range, funnel or not: they may be misspelt. */
async function unseen(view, path) {
  const { steps } = await view.ask(path);
  return h('div', null, steps.map(step => noticing(view, () => step.type === 'event' ? 'event' : 'path', h('input', { value: step.value }))));
}

/** How long it took those who came so far; nothing where nobody did. */
const took = time => time && `, ${t('f.took', { median: duration(time.median), p90: duration(time.p90) })}`;

/** The funnel by what the first step's visit was. */
const whoGetsThrough = (view, path) => byProperty(view, t('f.by'), ['source', 'entry_page', 'country', 'device', 'browser'], {
  nothing: t('f.nobody'),
  columns: [
    { name: t('f.began'), value: row => row.steps[0].visitors, explain: t('f.by?') },
    { name: t('f.finished'), value: row => row.steps.at(-1).visitors },
    { name: t('f.rate'), value: row => row.overall_conversion, format: percent },
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
  formDialog(t('f.segment'), { id: 'new-segment-form' }, save, field(t('name'), name), h('p', { class: 'hint' }, t('f.segment?')));
}

const units = [1, 60, 3600, 86400];

function composer(view, saved, done) {
  const given = saved ?? { steps: [{ type: 'pageview', value: '/' }, { type: 'event', value: '' }] };
  // A step that nobody named is shown as its value, whatever that becomes.
  const steps = structuredClone(given.steps).map(step => ({ ...step, label: step.label === step.value ? '' : step.label ?? '' }));
  const exclusions = structuredClone(given.exclusions ?? []);
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: given.name ?? '' });
  const order = select(
    { id: 'funnel-order', onchange: () => draw() },
    ['ordered', 'strict', 'any'].map(name => [name, t(`f.order.${name}`)]),
    given.order ?? 'ordered',
  );
  const seconds = given.conversion_window, size = seconds ? units.findLast(unit => seconds % unit === 0) : 3600;
  const unit = select({ id: 'funnel-unit' }, units.map(unit => [`${unit}`, t(`f.unit.${unit}`)]), `${size}`);
  const limit = h('input', { type: 'number', min: 1, max: 315360000, value: seconds ? seconds / size : '' });
  const rows = h('div'), outs = h('div', { id: 'exclusions' });
  const input = (step, key, properties) => h('input', {
    type: 'text',
    'aria-label': t(`f.${key}`),
    placeholder: t(`f.${key}`),
    value: step[key] ?? '',
    oninput: event => step[key] = event.target.value,
    ...properties,
  });
  /** What somebody does in a step: kind and value, `more` controls on the line, and what belongs below it. */
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
    const kind = select({ 'aria-label': t('what'), onchange: become }, ['pageview', 'event'].map(name => [name, t(`f.${name}`)]), step.type);
    followKind(value, kind, { pages: 'pageview', events: 'event' });
    replace(below, asked(step));
    return [h('div', { class: 'row' }, kind, value, ...more), note, below];
  };
  const drop = (list, at, label, disabled) => button('✕', () => { list.splice(at, 1); draw(); }, { class: 'icon', 'aria-label': label, disabled });
  const asked = step => step.type === 'event' && propertyRows(step);
  const draw = () => {
    replace(rows,
      steps.map((step, at) => h('fieldset', null,
        h('legend', null, t('f.step', { number: at + 1 })),
        action(step, input(step, 'label'), drop(steps, at, t('f.drop', { number: at + 1 }), steps.length < 3)),
      )),
    );
    // Nothing lies between the steps of a strict funnel, and where any order will do no step is after another.
    replace(outs,
      order.value !== 'strict' && exclusions.map((step, at) => h('fieldset', null,
        h('legend', null, t('f.exclusion')),
        action(step, order.value === 'ordered' && place(step), drop(exclusions, at, t('f.drop-exclusion'))),
      )),
    );
    exclude.hidden = order.value === 'strict';
  };
  const place = step => {
    if (step.after_step >= steps.length) delete step.after_step;
    const between = steps.slice(1).map((_, at) => [`${at + 1}`, t('f.after', { step: at + 1, next: at + 2 })]);
    return select(
      { 'aria-label': t('f.when'), onchange: event => step.after_step = Number(event.target.value) || undefined },
      [['', t('f.anywhere')], ...between],
      `${step.after_step ?? ''}`,
    );
  };
  const exclude = button(`+ ${t('f.exclude')}`, () => { exclusions.push({ type: 'pageview', value: '' }); draw(); }, {
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
    saved?.name ?? t('f.new'),
    { wide: true, id: 'funnel-form' },
    send,
    field(t('name'), name),
    rows,
    h('p', { class: 'hint' }, t('f.hint')),
    button(`+ ${t('f.add')}`, () => { steps.push({ type: 'pageview', value: '', label: '' }); draw(); }, { class: 'link', id: 'add-step' }),
    field(t('f.order'), order),
    h('div', { class: 'row' }, field(t('f.window'), limit), field(t('f.unit'), unit)),
    h('p', { class: 'hint' }, t('f.window?')),
    outs,
    exclude,
  );
  draw();
}
