// An empty project: the snippet, and waiting for the first event.

import { h, replace } from './dom.js';
import { ask, listen } from './api.js';
import { t, clock } from './text.js';
import { button, card } from './kit.js';

export const snippet = key => `<script defer src="${location.origin}/api/script.js" data-key="${key}"></script>`;

/** A text with a button that copies it. */
export function copyable(text) {
  const code = h('code', null, text);
  const copy = button(t('copy'), async () => {
    try { await navigator.clipboard.writeText(text); } catch { getSelection().selectAllChildren(code); document.execCommand('copy'); }
    copy.textContent = t('copied');
  });
  return h('div', { class: 'copyable' }, h('pre', { tabindex: 0 }, code), copy);
}

export function showStart(view, arrived) {
  const status = h('p', { class: 'waiting', role: 'status' }, h('span', { class: 'live' }), t('waiting'));
  const place = h('div', null, copyable(snippet('YOUR_INGEST_KEY')),
    h('p', { class: 'hint' }, t('start-key')),
    h('pre', { tabindex: 0 }, `pulse key create --project "${view.session.project.name}" --name website --scope ingest`),
  );
  if (view.session.administrator || view.session.manager) {
    place.append(
      button(t('make-ingest-key'), async () => {
        const key = await ask(`/api/admin/projects/${view.session.project.id}/keys`, {
          method: 'POST',
          body: { name: 'website', scopes: ['ingest'] },
        });
        replace(place, copyable(snippet(key.key)), h('p', { class: 'hint' }, t('key-once')));
      }),
    );
  }
  replace(view.root,
    h('div', { class: 'start' },
      h('h2', null, t('start', { name: view.session.project.name })),
      h('p', { class: 'muted' }, t('start-intro')),
      card(t('start-paste'), {}, place),
      card(t('start-wait'), {}, status),
    ),
  );
  listen('/api/v1/stream',
    (name, data) => {
      if (name !== 'activity') return;
      replace(status, `${t('arrived')} ${clock(data.at)} · ${data.path || data.name}`, ' ');
      status.append(button(t('show'), arrived, { class: 'primary' }));
      status.classList.add('done');
    },
    view.signal,
  );
}
