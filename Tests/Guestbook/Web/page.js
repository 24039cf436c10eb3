// Entries by page.

import { replace, t, breakdown, picker } from './kit.js';

export async function show(view) {
  const { root, report, signal } = view;
  replace(root,
    breakdown(t('guestbook.pages'),
      [
        {
          id: 'guestbook',
          title: t('guestbook.pages'),
          nothing: t('guestbook.none'),
          columns: [{ name: t('guestbook.entries'), value: row => row.entries }],
          rows: async limit => (await report('/api/v1/guestbook', { limit })).data,
          label: row => row.path,
          pick: picker(view)('path'),
        },
      ],
      { signal },
    ),
  );
}
