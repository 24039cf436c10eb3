// How far visitors scroll.

import { replace, t, number, percent, breakdown, later, columnChart, picker } from './kit.js';

/** @param {View} view */
export async function show(view) {
  const { root, report, signal } = view;
  replace(root,
    later(t('scroll.reached'), { signal, explain: t('scroll.reached?'), nothing: t('scroll.none') }, async () => {
      const { data, samples } = await report('/api/v1/scroll/distribution');
      return samples
        ? columnChart({
          name: t('scroll.reached'),
          format: percent,
          points: data.map(row => ({ label: `${row.from}–${percent(row.to)}`, short: percent(row.from), value: row.reached })),
        })
        : null;
    }),
    breakdown(t('scroll.pages'),
      [
        {
          id: 'scroll',
          title: t('scroll.pages'),
          nothing: t('scroll.none'),
          columns: [
            { name: t('scroll.depth'), value: row => row.avg_max_depth, format: percent, explain: t('scroll.depth?') },
            { name: t('scroll.median'), value: row => row.p50, format: percent },
            { name: t('scroll.samples'), value: row => row.samples, format: number },
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
