// What visitors look for on the site.

import { h, replace, t, number, percent, breakdown, table, dialog, growing } from './kit.js';

export const texts = {
  'q.queries': { en: 'Searches', de: 'Suchen' },
  'q.count': { en: 'Times', de: 'Anzahl' },
  'q.results': { en: 'Results', de: 'Treffer' },
  'q.results?': { en: 'Average number of results that the site showed.', de: 'Mittlere Zahl der Treffer, die die Website zeigte.' },
  'q.zero': { en: 'Without result', de: 'Ohne Treffer' },
  'q.next': { en: 'Where they went after “{query}”', de: 'Wohin sie nach „{query}“ gingen' },
  'q.none': {
    en: 'Nobody searched in this range. Add data-search="true" to the script’s tag.',
    de: 'Niemand suchte in diesem Zeitraum. Ergänzen Sie data-search="true" am Skript.',
  },
  'q.no-next': { en: 'Nobody opened a page after it.', de: 'Danach hat niemand eine Seite geöffnet.' },
};

export async function show({ root, report, signal }) {
  const count = { name: t('q.count'), value: row => row.count }, unique = { name: t('visitors'), value: row => row.unique };
  const results = { name: t('q.results'), value: row => row.avg_results, explain: t('q.results?') };
  const next = ({ query }) => () => {
    const title = t('q.next', { query }), columns = [
      { name: t('dimension.path'), cell: row => row.path },
      { name: t('q.count'), number: true, cell: row => number(row.count) },
      { name: t('share'), number: true, cell: row => percent(row.percentage) },
    ];
    dialog(title, () => growing(async limit => (await report('/api/v1/search/next-pages', { query, limit })).data,
      data => table(title, columns, data),
      { nothing: t('q.no-next'), signal },
    ));
  };
  const list = (id, title, path, columns) => breakdown(title,
    [
      {
        id,
        title,
        nothing: t('q.none'),
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
      list('search', t('q.queries'), '/api/v1/search', [count, unique, results]),
      list('no-results', t('q.zero'), '/api/v1/search/no-results', [count, unique]),
    ),
  );
}
