// How far pages are read.

import { replace, t, number, percent, breakdown, later, columnChart, picker } from './kit.js';

export const texts = {
  's.pages': { en: 'Pages', de: 'Seiten' },
  's.depth': { en: 'Average depth', de: 'Mittlere Tiefe' },
  's.depth?': {
    en: 'How far down visitors came on average, in percent of the page’s height.',
    de: 'Wie weit Besucher im Mittel nach unten kamen, in Prozent der Höhe der Seite.',
  },
  's.median': { en: 'Median', de: 'Median' },
  's.samples': { en: 'Views', de: 'Aufrufe' },
  's.reached': { en: 'How many reached each tenth', de: 'Wie viele jedes Zehntel erreichten' },
  's.reached?': {
    en: 'Share of views that came at least so far down, over all pages, or the one you filter by.',
    de: 'Anteil der Aufrufe, die mindestens so weit kamen, über alle Seiten oder die eine, nach der Sie filtern.',
  },
  's.none': {
    en: 'Nothing was measured in this range. Add data-scroll="true" to the script’s tag.',
    de: 'In diesem Zeitraum wurde nichts gemessen. Ergänzen Sie data-scroll="true" am Skript.',
  },
};

export async function show(view) {
  const { root, report, signal } = view;
  replace(root,
    later(t('s.reached'), { signal, explain: t('s.reached?'), nothing: t('s.none') }, async () => {
      const { data, samples } = await report('/api/v1/scroll/distribution');
      return samples
        ? columnChart({
          name: t('s.reached'),
          format: percent,
          points: data.map(row => ({ label: `${row.from}–${percent(row.to)}`, short: percent(row.from), value: row.reached })),
        })
        : null;
    }),
    breakdown(t('s.pages'),
      [
        {
          id: 'scroll',
          title: t('s.pages'),
          nothing: t('s.none'),
          columns: [
            { name: t('s.depth'), value: row => row.avg_max_depth, format: percent, explain: t('s.depth?') },
            { name: t('s.median'), value: row => row.p50, format: percent },
            { name: t('s.samples'), value: row => row.samples, format: number },
          ],
          rows: async limit => (await report('/api/v1/scroll', { limit })).data,
          label: row => row.path,
          pick: picker(view)('path'),
        },
      ],
      { signal },
    ),
  );
}
