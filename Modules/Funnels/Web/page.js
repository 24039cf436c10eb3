// Ordered steps, and where visitors stop.

import { h, replace, t, number, percent, load, dialog, form, field, select, confirmed, toast, ask } from './kit.js';

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
  'f.hint': { en: '* in a path stands for any text.', de: '* im Pfad steht für beliebigen Text.' },
  'f.overall': { en: '{rate} of those who began finished', de: '{rate} derer, die begannen, kamen ans Ende' },
  'f.of': { en: '{rate} of the step before', de: '{rate} des Schritts davor' },
  'f.lost': { en: '{count} stopped here', de: '{count} hörten hier auf' },
  'f.delete?': { en: 'The funnel “{name}” is deleted; no data is.', de: 'Der Trichter „{name}“ wird gelöscht, Daten nicht.' },
  'f.nobody': { en: 'Nobody took the first step in this range.', de: 'Niemand tat in diesem Zeitraum den ersten Schritt.' },
  'f.choose': { en: 'Funnel', de: 'Trichter' },
};

export async function show(view) {
  const { root, state, go, signal, report } = view;
  const { data } = await ask('/api/v1/funnels', { signal, parameters: { limit: 100 } });
  const chosen = data.find(funnel => funnel.id === state.extra.funnel) ?? data[0], place = h('div', { class: 'body' });
  const compose = async id => composer(id && await ask(`/api/v1/funnels/${id}`), saved => go({ extra: { funnel: saved.id } }));
  replace(root,
    h('section', { class: 'card' },
      h('header', null,
        data.length
          ? h('div', { class: 'row' },
            h('h2', null, t('f.list')),
            select(
              { 'aria-label': t('f.choose'), onchange: event => go({ extra: { funnel: event.target.value } }) },
              data.map(({ id, name }) => [id, name]),
              chosen.id,
            ),
          )
          : h('h2', null, t('f.list')),
        h('div', { class: 'row' },
          chosen
            && [
              h('button', { type: 'button', onclick: () => compose(chosen.id) }, t('edit')),
              h('button',
                { type: 'button', class: 'danger', onclick: async () => {
                  if (!await confirmed(t('f.delete?', { name: chosen.name }), t('remove'))) return;
                  try { await ask(`/api/v1/funnels/${chosen.id}`, { method: 'DELETE' }); go({ extra: { funnel: '' } }); } catch (error) {
                    toast(error.message, 'bad');
                  }
                } },
                t('remove'),
              ),
            ],
          h('button', { type: 'button', class: 'primary', id: 'new-funnel', onclick: () => compose() }, `+ ${t('f.new')}`),
        ),
      ),
      place,
    ),
  );
  await load(place,
    async () => {
      if (!chosen) return null;
      const { steps, overall_conversion } = await report(`/api/v1/funnels/${chosen.id}/analyze`), first = steps[0]?.visitors ?? 0;
      if (!first) return h('p', { class: 'empty' }, t('f.nobody'));
      return [
        h('p', null, h('strong', null, t('f.overall', { rate: percent(overall_conversion) }))),
        steps.map((step, at) => h('div', { class: 'step' },
          h('span', null, h('strong', null, `${at + 1}. ${step.label}`)),
          h('span', null, `${number(step.visitors)} ${t('visitors').toLowerCase()}`),
          h('div', { class: 'track', 'aria-hidden': 'true' }, h('i', { style: { width: `${step.visitors / first * 100}%` } })),
          at > 0
            && [
              h('span', { class: 'muted' }, t('f.of', { rate: percent(step.conversion_rate) })),
              h('span', { class: 'muted' }, t('f.lost', { count: number(step.drop_off) })),
            ],
        )),
      ];
    },
    { signal, nothing: t('f.none') },
  );
}

function composer(saved, done) {
  const steps = structuredClone(saved?.steps ?? [{ type: 'pageview', value: '/', label: '' }, { type: 'event', value: '', label: '' }]);
  const rows = h('div');
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const draw = () => replace(rows,
    steps.map((step, at) => h('fieldset', null,
      h('legend', null, t('f.step', { number: at + 1 })),
      h('div', { class: 'row' },
        select(
          { 'aria-label': t('what'), onchange: event => step.type = event.target.value },
          ['pageview', 'event'].map(name => [name, t(`f.${name}`)]),
          step.type,
        ),
        h('input', {
          type: 'text',
          required: true,
          'aria-label': t('f.value'),
          placeholder: t('f.value'),
          value: step.value,
          oninput: event => step.value = event.target.value,
        }),
        h('input', {
          type: 'text',
          'aria-label': t('f.label'),
          placeholder: t('f.label'),
          value: step.label ?? '',
          oninput: event => step.label = event.target.value,
        }),
        h('button',
          { type: 'button', class: 'icon', disabled: steps.length < 3, 'aria-label': t('f.drop', { number: at + 1 }), onclick: () => {
            steps.splice(at, 1);
            draw();
          } },
          '✕',
        ),
      ),
    )),
  );
  dialog(
    saved?.name ?? t('f.new'),
    close => form({ id: 'funnel-form' },
      async () => {
        const body = { name: name.value, steps: steps.map(step => ({ ...step, label: step.label || step.value })) };
        const made = await ask(saved ? `/api/v1/funnels/${saved.id}` : '/api/v1/funnels', { method: saved ? 'PUT' : 'POST', body });
        close();
        done(made);
      },
      field(t('name'), name),
      rows,
      h('p', { class: 'hint' }, t('f.hint')),
      h('button',
        { type: 'button', class: 'link', onclick: () => { steps.push({ type: 'pageview', value: '', label: '' }); draw(); } },
        `+ ${t('f.add')}`,
      ),
      h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('save'))),
    ),
    { wide: true, closeLabel: t('close') },
  );
  draw();
}
