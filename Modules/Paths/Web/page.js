// Where visitors go after a page or event, or came from, and how they get from one page to another.

import {
  h, replace, t, number, percent, duration, later, card, growing, select, form, field, choice, sankey, table, behind, button, offering,
  noticing, followKind,
} from './kit.js';

export const texts = {
  'x.flow': { en: 'Ways through the site', de: 'Wege durch die Website' },
  'x.flow?': {
    en:
      'Where visitors went after a page or event, or were before it: of each visitor the first time in this range, within that visit. A click '
      + 'on a page begins there.',
    de:
      'Wohin Besucher nach einer Seite oder einem Ereignis gingen oder woher sie kamen: von jedem Besucher das erste Mal im Zeitraum, '
      + 'innerhalb dieses Besuchs. Ein Klick auf eine Seite beginnt dort.',
  },
  'x.kind': { en: 'Begin with', de: 'Beginnen mit' },
  'x.path': { en: 'a page', de: 'einer Seite' },
  'x.event': { en: 'an event', de: 'einem Ereignis' },
  'x.page': { en: 'Page or event', de: 'Seite oder Ereignis' },
  'x.direction': { en: 'Direction', de: 'Richtung' },
  'x.forward': { en: 'afterwards', de: 'danach' },
  'x.backward': { en: 'before', de: 'davor' },
  'x.depth': { en: 'Steps', de: 'Schritte' },
  'x.steps': { en: { one: '{count} step', other: '{count} steps' }, de: { one: '{count} Schritt', other: '{count} Schritte' } },
  'x.none': { en: 'Nobody was there in this range.', de: 'Niemand war dort in diesem Zeitraum.' },
  'x.exit': { en: 'left', de: 'gegangen' },
  'x.entry': { en: 'arrived', de: 'gekommen' },
  'x.other': { en: 'other pages', de: 'andere Seiten' },
  'x.who': { en: 'Who they are', de: 'Wer sie sind' },
  'x.between': { en: 'From one page to another', de: 'Von einer Seite zur anderen' },
  'x.between?': {
    en: 'The ways that visits take from the first page to the second, the most frequent first. * matches any text.',
    de: 'Die Wege, auf denen Besuche von der ersten zur zweiten Seite kommen, die häufigsten zuerst. * steht für beliebigen Text.',
  },
  'x.start': { en: 'First page', de: 'Erste Seite' },
  'x.end': { en: 'Last page', de: 'Letzte Seite' },
  'x.way': { en: 'Way', de: 'Weg' },
  'x.median': { en: 'Median time', de: 'Zeit (Median)' },
  'x.no-way': { en: 'No visit went from the one to the other in this range.', de: 'Kein Besuch kam im Zeitraum von der einen zur anderen.' },
  'x.sum': {
    en: '{sessions} visits of {visitors} visitors, {steps} steps on average.',
    de: '{sessions} Besuche von {visitors} Besuchern, im Mittel {steps} Schritte.',
  },
};

/** What the API calls the end of a way, and the pages that it leaves out. */
const ends = { '(exit)': 'x.exit', '(entry)': 'x.entry', '(other)': 'x.other' };

export async function show(view) {
  const { root, report, state, go, signal } = view;
  const { data: pages } = await report('/api/v1/pages', { limit: 1 });
  const kind = state.extra.kind === 'event' ? 'event' : 'path', direction = state.extra.direction ?? 'forward', depth = state.extra.depth ?? '3';
  const start = state.extra.start || (kind === 'path' ? pages[0]?.path ?? '/' : '');
  const input = (value, label) => h('input', { type: 'text', required: true, value, 'aria-label': label, placeholder: label });
  const page = (value, label) => offering(view, () => 'path', input(value, label));
  const kinds = select({ 'aria-label': t('x.kind'), onchange: () => { pivot.offer(); note.look(); } },
    ['path', 'event'].map(name => [name, t(`x.${name}`)]),
    kind,
  );
  const pivot = offering(view, () => kinds.value, input(start, t('x.page'))), question = { [kind]: start, direction };
  const note = noticing(view, () => kinds.value, pivot);
  followKind(pivot, kinds, { pages: 'path', events: 'event' });
  const actions = form({ class: 'row', id: 'flow-form' },
    () => go({ extra: { kind: kinds.value, start: pivot.value } }),
    kinds,
    pivot,
    h('button', { type: 'submit' }, t('show')),
    choice(view, 'direction', t('x.direction'), ['forward', 'backward'].map(name => [name, t(`x.${name}`)]), direction),
    choice(view, 'depth', t('x.depth'), [1, 2, 3, 4, 5].map(count => [String(count), t('x.steps', { count })]), depth),
    note,
  );
  replace(root,
    later(t('x.flow'), { signal, lines: 8, explain: t('x.flow?'), nothing: t('x.none'), actions }, async () => {
      if (!start) return null;
      const { nodes, links } = await report('/api/v1/paths/flow', { ...question, depth, limit: 8 });
      if (!nodes.length) return null;
      const drawn = nodes.map(({ id, step, name, visitors }) => ({
        id,
        step,
        label: ends[name] ? t(ends[name]) : name,
        value: visitors,
        kind: ends[name] && 'end',
        pick: step && !ends[name] ? () => go({ extra: { kind: 'path', start: name } }) : undefined,
      }));
      return [
        sankey({
          name: t('x.flow'),
          nodes: [...drawn.filter(node => !node.kind), ...drawn.filter(node => node.kind)],
          links: links.map(link => ({ ...link, value: link.visitors })),
        }),
        h('div', { class: 'row end' }, button(t('x.who'), () => behind(view, start, '/api/v1/paths/drill', question), { class: 'link' })),
      ];
    }),
    between(view, page),
  );
}

function between(view, page) {
  const { state, go, report, signal } = view, { first: start, last: end } = state.extra;
  const first = page(start ?? '', t('x.start')), last = page(end ?? '', t('x.end'));
  let sums;
  const ways = start && end && growing(
    async limit => {
      const { ways, sessions, visitors, average_steps: steps } = await report('/api/v1/paths/between', { start, end, limit });
      sums = { sessions: number(sessions), visitors: number(visitors), steps: number(steps) };
      return ways;
    },
    ways => [
      h('p', null, t('x.sum', sums)),
      table(t('x.between'),
        [
          { name: t('x.way'), cell: row => row.pages.join(' → ') },
          { name: t('sessions'), number: true, cell: row => number(row.sessions) },
          { name: t('share'), number: true, cell: row => percent(row.percentage) },
          { name: t('x.median'), number: true, cell: row => duration(row.median_seconds) },
        ],
        ways,
      ),
    ],
    { signal, nothing: t('x.no-way') },
  );
  return card(t('x.between'), { explain: t('x.between?') },
    form({ class: 'row', id: 'between-form' },
      () => go({ extra: { first: first.value, last: last.value } }),
      field(t('x.start'), first),
      field(t('x.end'), last),
      h('button', { type: 'submit' }, t('show')),
      noticing(view, () => 'path', first),
      noticing(view, () => 'path', last),
    ),
    ways,
  );
}
