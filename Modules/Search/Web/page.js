// What visitors look for on the site.

import { h, replace, t, number, percent, breakdown, dialog, load } from './kit.js';

export const texts = {
  'q.queries': { en: 'Searches', de: 'Suchen' },
  'q.count': { en: 'Times', de: 'Male' },
  'q.results': { en: 'Results', de: 'Treffer' },
  'q.results?': { en: 'Average number of results that the site showed.', de: 'Mittlere Zahl der Treffer, die die Site zeigte.' },
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
  const next = row => () => dialog(
    t('q.next', { query: row.query }),
    () => {
      const place = h('div');
      load(place,
        async () => {
          const { data } = await report('/api/v1/search/next-pages', { query: row.query, limit: 20 });
          return data.length
            ? h('table', { class: 'plain' },
              data.map(flow => h('tr', null,
                h('th', { scope: 'row' }, flow.path),
                h('td', { class: 'number' }, number(flow.count)),
                h('td', { class: 'number' }, percent(flow.percentage)),
              )),
            )
            : null;
        },
        { nothing: t('q.no-next'), signal },
      );
      return place;
    },
    { closeLabel: t('close') },
  );
  replace(root,
    h('div', { class: 'grid' },
      breakdown(t('q.queries'),
        [
          {
            id: 'search',
            title: t('q.queries'),
            nothing: t('q.none'),
            columns: [count, unique, { name: t('q.results'), value: row => row.avg_results, explain: t('q.results?') }],
            rows: async limit => (await report('/api/v1/search', { limit })).data,
            label: row => row.query,
            pick: next,
          },
        ],
        { signal },
      ),
      breakdown(t('q.zero'),
        [
          {
            id: 'no-results',
            title: t('q.zero'),
            nothing: t('q.none'),
            columns: [count, unique],
            rows: async limit => (await report('/api/v1/search/no-results', { limit })).data,
            label: row => row.query,
            pick: next,
          },
        ],
        { signal },
      ),
    ),
  );
}
