// Where visitors leave to, and what they take along.

import { h, replace, t, breakdown } from './kit.js';

export const texts = {
  'k.links': { en: 'Links', de: 'Links' },
  'k.hosts': { en: 'Sites', de: 'Websites' },
  'k.downloads': { en: 'Downloads', de: 'Downloads' },
  'k.types': { en: 'Kinds of file', de: 'Dateiarten' },
  'k.clicks': { en: 'Clicks', de: 'Klicks' },
  'k.none': {
    en: 'No clicks in this range. Add data-outlinks="true" to the script’s tag.',
    de: 'Keine Klicks in diesem Zeitraum. Ergänzen Sie data-outlinks="true" am Skript.',
  },
};

export async function show({ root, report, signal }) {
  const columns = [{ name: t('k.clicks'), value: row => row.clicks }, { name: t('visitors'), value: row => row.unique }];
  const tab = (id, title, path, label, extra) => ({
    id,
    title,
    nothing: t('k.none'),
    columns,
    label,
    rows: async limit => (await report(path, { limit, ...extra })).data,
  });
  replace(root,
    h('div', { class: 'grid' },
      breakdown(t('k.links'),
        [
          tab('hosts', t('k.hosts'), '/api/v1/outlinks/hosts', row => row.host, { link_type: 'external' }),
          tab('links', t('k.links'), '/api/v1/outlinks', row => row.url, { link_type: 'external' }),
        ],
        { signal },
      ),
      breakdown(t('k.downloads'),
        [
          tab('downloads', t('k.downloads'), '/api/v1/outlinks', row => row.url, { link_type: 'download' }),
          tab('types', t('k.types'), '/api/v1/outlinks/file-types', row => row.file_type),
        ],
        { signal },
      ),
    ),
  );
}
