// The start page of an empty project: the snippet, and the wait for the first event.

import { h, replace } from './dom.js';
import { ask, listen } from './api.js';
import { t, clock } from './text.js';
import { button, card } from './kit.js';
import { losses } from './ledger.js';

/** The script tag for a site. Visitors may reach Pulse at a different URL than the reader of this page. */
export const snippet = (key, { url }) =>
  `<script defer src="${url ?? location.origin}/api/script.js" data-key="${key}"></script>`;

/** A text with a button that copies it. */
export function copyable(text) {
  const code = h('code', null, text);
  const copy = button(t('copy'), async () => {
    try { await navigator.clipboard.writeText(text); } catch { getSelection()?.selectAllChildren(code); document.execCommand('copy'); }
    copy.textContent = t('copied');
  });
  return h('div', { class: 'copyable' }, h('pre', { tabindex: 0 }, code), copy);
}

export function showStart(view, arrived) {
  const status = h('p', { class: 'waiting', role: 'status' }, h('span', { class: 'live' }), t('waiting'));
  const refused = h('p', { class: 'problem', role: 'status', id: 'refused' }), adjusted = h('p', { class: 'hint', role: 'status', id: 'adjusted' });
  const place = h('div', null, copyable(snippet('YOUR_INGEST_KEY', view.session)),
    h('p', { class: 'hint' }, t('start-key')),
    // By ID, because a shell may misread a project's name.
    h('pre', { tabindex: 0 }, `pulse key create ${view.session.project.id} --name website --scope ingest`),
    h('p', { class: 'hint' }, t('start-program')),
  );
  if (view.session.administrator || view.session.manager) {
    place.append(
      button(t('make-ingest-key'), async () => {
        const key = await ask(`/api/admin/projects/${view.session.project.id}/keys`, {
          method: 'POST',
          body: { name: 'website', scopes: ['ingest'] },
        });
        replace(place, copyable(snippet(key.key, view.session)), h('p', { class: 'hint' }, t('key-once')));
      }),
    );
  }
  replace(view.root,
    h('div', { class: 'start' },
      h('h2', null, t('start', { name: view.session.project.name })),
      h('p', { class: 'muted' }, t('start-intro')),
      card(t('start-paste'), {}, place),
      card(t('start-wait'), {}, status, refused, adjusted, h('p', { class: 'hint' }, t(asksNotToTrack() ? 'start-dnt' : 'start-dnt?'))),
    ),
  );
  listen('/api/v1/stream',
    (name, data) => {
      if (name !== 'activity' || status.classList.contains('done')) return;
      replace(status, `${t('arrived')} ${clock(data.at)} · ${data.path || data.name}`, ' ');
      status.append(button(t('show'), arrived, { class: 'primary' }));
      status.classList.add('done');
    },
    view.signal,
  );
  watchLedger(refused, adjusted, view.signal);
}

/** Whether the user's own browser asks not to be tracked, so the script sends nothing from it. */
const asksNotToTrack = () => navigator.doNotTrack === '1' || navigator.globalPrivacyControl === true;

/** Keeps showing how many events were rejected or changed, and why. Otherwise the first event might never appear, with no explanation. */
function watchLedger(refused, adjusted, signal) {
  const look = async () => {
    try {
      const found = await losses({ signal });
      refused.textContent = found.refused;
      adjusted.textContent = found.adjusted;
    } catch { /* tried again in 3 s */ }
  };
  look();
  const timer = setInterval(look, 3000);
  signal.addEventListener('abort', () => clearInterval(timer));
}
