// Where visitors go next, or came from.

import { h, replace, t, later, select, form, sankey } from './kit.js';

export const texts = {
  'x.flow': { en: 'Ways through the site', de: 'Wege durch die Site' },
  'x.flow?': {
    en: 'Where visitors went after a page, or were before it,. Click a page to begin there.',
    de: 'Wohin Besucher nach einer Seite gingen oder woher sie kamen. Ein Klick auf eine Seite beginnt dort.',
  },
  'x.page': { en: 'Page', de: 'Seite' },
  'x.forward': { en: 'afterwards', de: 'danach' },
  'x.backward': { en: 'before', de: 'davor' },
  'x.direction': { en: 'Direction', de: 'Richtung' },
  'x.none': { en: 'Nobody saw this page in this range.', de: 'Niemand sah diese Seite in diesem Zeitraum.' },
  'x.exit': { en: 'left', de: 'gegangen' },
  'x.entry': { en: 'arrived', de: 'gekommen' },
};

export async function show({ root, report, state, go, signal }) {
  const path = state.extra.path ?? '/', direction = state.extra.direction ?? 'forward', back = direction === 'backward';
  const page = h('input', { type: 'text', required: true, value: path, 'aria-label': t('x.page') });
  const way = select(
    { 'aria-label': t('x.direction'), onchange: event => go({ extra: { direction: event.target.value } }) },
    ['forward', 'backward'].map(name => [name, t(`x.${name}`)]),
    direction,
  );
  replace(root,
    later(t('x.flow'),
      {
        signal,
        lines: 8,
        explain: t('x.flow?'),
        nothing: t('x.none'),
        actions: form({ class: 'row' }, () => go({ extra: { path: page.value } }), page, way, h('button', { type: 'submit' }, t('show'))),
      },
      async () => {
        const { flows } = await report('/api/v1/paths', { path, direction, limit: 10 });
        if (!flows.length) return null;
        const total = flows.reduce((sum, flow) => sum + flow.visitors, 0), pivot = { id: path, label: path, value: total, fixed: true };
        const others = flows.map(flow => ({
          id: flow.next_path,
          label: flow.next_path.startsWith('(') ? t(back ? 'x.entry' : 'x.exit') : flow.next_path,
          value: flow.visitors,
          fixed: flow.next_path.startsWith('('),
        }));
        const links = flows.map(flow => back
          ? { depth: 0, from: flow.next_path, to: path, value: flow.visitors }
          : { depth: 0, from: path, to: flow.next_path, value: flow.visitors });
        return sankey({ name: t('x.flow'), columns: back ? [others, [pivot]] : [[pivot], others], links, onpick: id => go({ extra: { path: id } }) });
      },
    ),
  );
}
