// What visitors search for on the site.

import { h, replace, t, number, percent, breakdown, table, dialog, growing } from './kit.js';

/** @param {View} view */
export async function show({ root, report, signal }) {
  const count = { name: t('search.count'), value: row => row.count }, unique = { name: t('visitors'), value: row => row.unique };
  const results = { name: t('search.results'), value: row => row.avg_results, explain: t('search.results?') };
  const next = ({ query }) => () => {
    const title = t('search.next', { query }), columns = [
      { name: t('dimension.path'), cell: row => row.path },
      { name: t('search.count'), number: true, cell: row => number(row.count) },
      { name: t('share'), number: true, cell: row => percent(row.percentage) },
    ];
    dialog(title, () => growing(async limit => (await report('/api/v1/search/next-pages', { query, limit })).data,
      data => table(title, columns, data),
      { nothing: t('search.no-next'), signal },
    ));
  };
  const list = (id, title, path, columns) => breakdown(title,
    [
      {
        id,
        title,
        nothing: t('search.none'),
        columns,
        rows: async limit => (await report(path, { limit })).data,
        label: row => row.query,
        pick: next,
      },
    ],
    { signal },
  );
  replace(root,
    h('div', { class: 'grid' },
      list('search', t('search.queries'), '/api/v1/search', [count, unique, results]),
      list('no-results', t('search.zero'), '/api/v1/search/no-results', [count, unique]),
    ),
  );
}
