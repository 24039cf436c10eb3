// Session, log-in and log-out.

import { h, replace, field } from './dom.js';
import { ask, Failure } from './api.js';
import { t } from './text.js';
import { form, dialog } from './kit.js';

export const session = () => ask('/dashboard/session');
export const logIn = key => ask('/dashboard/login', { method: 'POST', body: { key } });
export const logOut = () => ask('/dashboard/session', { method: 'DELETE' });

export const mark = () => h('span', { class: 'mark', 'aria-hidden': 'true' });

/** The log-in form, and help for finding a key; calls `done(session)` after log-in. */
function logInForm(done, ...intro) {
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
    try { await done(await logIn(value)); } catch (error) {
      if (error.status !== 401) throw error;
      help.open = true;
      input.focus();
      throw new Failure(401, t('login-failed'));
    }
  };
  const element = form({ class: 'card', 'aria-label': t('login') }, send,
    intro,
    field(t('credential'), input, t('credential-hint')),
    h('button', { type: 'submit', class: 'primary' }, t('login')),
  );
  return { input, parts: [element, help] };
}

/** The log-in page. */
export function showLogin(root, done) {
  document.title = `${t('login')} · Pulse`;
  const { input, parts } = logInForm(done, h('h1', null, mark(), 'Pulse'), h('p', { class: 'muted' }, t('login-intro')));
  replace(root, h('main', { class: 'login' }, parts));
  input.focus();
}

/** Logs in with a dialog over the page, which keeps its state; `isOver` hides the page meanwhile. Resolves to the session, or null. */
export function logInAbove(text, isOver = false) {
  return new Promise(resolve => {
    const element = dialog(t('login'), close => {
      const { parts } = logInForm(session => { resolve(session); close(); }, h('p', { class: 'muted' }, text));
      return h('div', { class: 'login' }, parts);
    });
    element.classList.toggle('over', isOver);
    element.addEventListener('close', () => resolve(null));
  });
}
