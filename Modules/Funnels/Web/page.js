// Ordered steps, and where visitors stop.

import { h, replace, t, number, percent, load, formDialog, removal, button, choice, field, select, empty, behind, toast, ask } from './kit.js';
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
    en: '* in a path stands for any text. A step that is shown as nothing else is shown by its path or name.',
    de: '* im Pfad steht für beliebigen Text. Ein Schritt, der nicht anders gezeigt wird, heißt wie sein Pfad oder Name.',
  },
  'f.overall': { en: '{rate} of those who began finished', de: '{rate} derer, die begannen, kamen ans Ende' },
  'f.of': { en: '{rate} of the step before', de: '{rate} des Schritts davor' },
  'f.lost': { en: '{count} stopped here', de: '{count} hörten hier auf' },
  'f.delete?': { en: 'The funnel “{name}” is deleted; no data is.', de: 'Der Trichter „{name}“ wird gelöscht, Daten nicht.' },
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
  const { data } = await ask('/api/v1/funnels', { signal, parameters: { limit: 100 } });
  const chosen = data.find(funnel => funnel.id === state.extra.funnel) ?? data[0], place = h('div', { class: 'body' });
  const path = `/api/v1/funnels/${chosen?.id}`;
  const compose = saved => composer(saved, made => go({ extra: { funnel: made.id } }));
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
      const { steps, overall_conversion } = await report(`${path}/analyze`), first = steps[0]?.visitors ?? 0;
      if (!first) return empty(t('f.nobody'));
      const who = (step, state) => () => {
        const title = t(state === 'dropped' ? 'f.dropped' : 'f.reached', { label: steps[step - 1].label });
        const save = button(t('f.segment'), () => asSegment(view, path, { step, state }, title), { class: 'link', id: 'save-segment' });
        behind(view, title, `${path}/drill`, { step, state }, view.can('segments') && save);
      };
      return [
        h('p', null, h('strong', null, t('f.overall', { rate: percent(overall_conversion) }))),
        steps.map((step, at) => h('div', { class: 'step' },
          h('strong', null, `${at + 1}. ${step.label}`),
          button(t('count.visitors', { count: step.visitors }), who(at + 1, 'converted'), { class: 'link' }),
          h('div', { class: 'track', 'aria-hidden': 'true' }, h('i', { style: { width: `${step.visitors / first * 100}%` } })),
          at > 0
            && [
              h('span', { class: 'muted' }, t('f.of', { rate: percent(step.conversion_rate) })),
              button(t('f.lost', { count: number(step.drop_off) }), who(at + 1, 'dropped'), { class: 'link' }),
            ],
        )),
      ];
    },
    { signal, nothing: t('f.none') },
  );
}

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

function composer(saved, done) {
  const given = saved?.steps ?? [{ type: 'pageview', value: '/' }, { type: 'event', value: '' }];
  // A step that nobody named is shown as its value, whatever that becomes.
  const steps = given.map(step => ({ ...step, label: step.label === step.value ? '' : step.label ?? '' }));
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' }), rows = h('div');
  const input = (step, key, properties) => h('input', {
    type: 'text',
    'aria-label': t(`f.${key}`),
    placeholder: t(`f.${key}`),
    value: step[key] ?? '',
    oninput: event => step[key] = event.target.value,
    ...properties,
  });
  const draw = () => replace(rows,
    steps.map((step, at) => h('fieldset', null,
      h('legend', null, t('f.step', { number: at + 1 })),
      h('div', { class: 'row' },
        select(
          { 'aria-label': t('what'), onchange: event => step.type = event.target.value },
          ['pageview', 'event'].map(name => [name, t(`f.${name}`)]),
          step.type,
        ),
        input(step, 'value', { required: true }),
        input(step, 'label'),
        button('✕', () => { steps.splice(at, 1); draw(); }, {
          class: 'icon',
          disabled: steps.length < 3,
          'aria-label': t('f.drop', { number: at + 1 }),
        }),
      ),
    )),
  );
  const send = async () => {
    const body = { name: name.value, steps: steps.map(step => ({ ...step, label: step.label || step.value })) };
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
  );
  draw();
}
