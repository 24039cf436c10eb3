// Clicks on outbound links, and downloads.

import { h, replace, t, breakdown } from './kit.js';

/** @param {View} view */
export async function show({ root, report, signal }) {
  const columns = [{ name: t('outlinks.clicks'), value: row => row.clicks }, { name: t('visitors'), value: row => row.unique }];
  const tab = (id, title, path, label, extra) => ({
    id,
    title,
    nothing: t('outlinks.none'),
    columns,
    label,
    rows: async limit => (await report(path, { limit, ...extra })).data,
  });
  replace(root,
    h('div', { class: 'grid' },
      breakdown(t('outlinks.links'),
        [
          tab('hosts', t('outlinks.hosts'), '/api/v1/outlinks/hosts', row => row.host, { link_type: 'external' }),
          tab('links', t('outlinks.links'), '/api/v1/outlinks', row => row.url, { link_type: 'external' }),
        ],
        { signal },
      ),
      breakdown(t('outlinks.downloads'),
        [
          tab('downloads', t('outlinks.downloads'), '/api/v1/outlinks', row => row.url, { link_type: 'download' }),
          tab('types', t('outlinks.types'), '/api/v1/outlinks/file-types', row => row.file_type),
        ],
        { signal },
      ),
    ),
  );
}
