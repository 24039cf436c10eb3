// Where visitors go after a page or event, where they came from, and the paths between two pages.

import {
  h, replace, t, number, percent, duration, later, card, growing, select, form, field, choice, sankey, table, behind, button, offering,
  noticing, followKind,
} from './kit.js';

/** The API's names for the ends of a path, and for the pages it leaves out. */
const ends = { '(exit)': 'paths.exit', '(entry)': 'paths.entry', '(other)': 'paths.other' };

/** @param {View} view */
export async function show(view) {
  const { root, report, state, go, signal } = view;
  const { data: pages } = await report('/api/v1/pages', { limit: 1 });
  const kind = state.extra.kind === 'event' ? 'event' : 'path', direction = state.extra.direction ?? 'forward', depth = state.extra.depth ?? '3';
  const start = state.extra.start || (kind === 'path' ? pages[0]?.path ?? '/' : '');
  const input = (value, label) => h('input', { type: 'text', required: true, value, 'aria-label': label, placeholder: label });
  const page = (value, label) => offering(view, () => 'path', input(value, label));
  const kinds = select({ 'aria-label': t('paths.kind'), onchange: () => { pivot.offer(); note.look(); } },
    ['path', 'event'].map(name => [name, t(`paths.${name}`)]),
    kind,
  );
  const pivot = offering(view, () => kinds.value, input(start, t('paths.page'))), question = { [kind]: start, direction };
  const note = noticing(view, () => kinds.value, pivot);
  followKind(pivot, kinds, { pages: 'path', events: 'event' });
  const actions = form({ class: 'row', id: 'flow-form' },
    () => go({ extra: { kind: kinds.value, start: pivot.value } }),
    kinds,
    pivot,
    h('button', { type: 'submit' }, t('show')),
    choice(view, 'direction', t('paths.direction'), ['forward', 'backward'].map(name => [name, t(`paths.${name}`)]), direction),
    choice(view, 'depth', t('paths.depth'), [1, 2, 3, 4, 5].map(count => [String(count), t('paths.steps', { count })]), depth),
    note,
  );
  replace(root,
    later(t('paths.flow'), { signal, lines: 8, explain: t('paths.flow?'), nothing: t('paths.none'), actions }, async () => {
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
          name: t('paths.flow'),
          nodes: [...drawn.filter(node => !node.kind), ...drawn.filter(node => node.kind)],
          links: links.map(link => ({ ...link, value: link.visitors })),
        }),
        h('div', { class: 'row end' }, button(t('paths.who'), () => behind(view, start, '/api/v1/paths/drill', question), { class: 'link' })),
      ];
    }),
    between(view, page),
  );
}

function between(view, page) {
  const { state, go, report, signal } = view, { first: start, last: end } = state.extra;
  const first = page(start ?? '', t('paths.start')), last = page(end ?? '', t('paths.end'));
  let sums;
  const ways = start && end && growing(
    async limit => {
      const { ways, sessions, visitors, average_steps: steps } = await report('/api/v1/paths/between', { start, end, limit });
      sums = { sessions: number(sessions), visitors: number(visitors), steps: number(steps) };
      return ways;
    },
    ways => [
      h('p', null, t('paths.sum', sums)),
      table(t('paths.between'),
        [
          { name: t('paths.way'), cell: row => row.pages.join(' → ') },
          { name: t('sessions'), number: true, cell: row => number(row.sessions) },
          { name: t('share'), number: true, cell: row => percent(row.percentage) },
          { name: t('paths.median'), number: true, cell: row => duration(row.median_seconds) },
        ],
        ways,
      ),
    ],
    { signal, nothing: t('paths.no-way') },
  );
  return card(t('paths.between'), { explain: t('paths.between?') },
    form({ class: 'row', id: 'between-form' },
      () => go({ extra: { first: first.value, last: last.value } }),
      field(t('paths.start'), first),
      field(t('paths.end'), last),
      h('button', { type: 'submit' }, t('show')),
      noticing(view, () => 'path', first),
      noticing(view, () => 'path', last),
    ),
    ways,
  );
}
