// Who is there: log-in, log-out.

import { h, replace, field } from './dom.js';
import { ask, Failure } from './api.js';
import { t } from './text.js';
import { form } from './kit.js';

export const session = () => ask('/dashboard/session');
export const logIn = key => ask('/dashboard/login', { method: 'POST', body: { key } });
export const logOut = () => ask('/dashboard/session', { method: 'DELETE' });

export const mark = () => h('span', { class: 'mark', 'aria-hidden': 'true' });

/** The page where one logs in; `done(session)` goes on. */
export function showLogin(root, done) {
  document.title = `${t('login')} · Pulse`;
  const input = h('input', {
    type: 'password',
    id: 'credential',
    name: 'credential',
    required: true,
    autocomplete: 'current-password',
    spellcheck: 'false',
  });
  const help = h('details', { class: 'card' },
    h('summary', null, t('login-help')),
    h('p', null, t('login-help-key')),
    h('pre', { tabindex: 0 }, 'pulse key create "My site" --name me --scope query'),
    h('p', { class: 'hint' }, t('start-program')),
    h('p', null, t('login-help-admin')),
  );
  const send = async () => {
    const value = input.value.trim();
    input.value = '';
    try { done(await logIn(value)); } catch (error) {
      if (error.status !== 401) throw error;
      help.open = true;
      input.focus();
      throw new Failure(401, t('login-failed'));
    }
  };
  replace(root,
    h('main', { class: 'login' },
      form({ class: 'card', 'aria-label': t('login') }, send,
        h('h1', null, mark(), 'Pulse'),
        h('p', { class: 'muted' }, t('login-intro')),
        field(t('credential'), input, t('credential-hint')),
        h('button', { type: 'submit', class: 'primary' }, t('login')),
      ),
      help,
    ),
  );
  input.focus();
}
