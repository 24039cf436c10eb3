// The frame: session, navigation, and the page that the URL names.

import { h, replace, select, finder, focusHeading } from './dom.js';
import { ask, script } from './api.js';
import { addReasons } from './ledger.js';
import { t, clock, language, languages, remember, loadLanguage, loadTexts, translated, addText } from './text.js';
import { read, href, parameters, parametersBefore, interval } from './state.js';
import { session as askSession, logIn, logOut, showLogin, logInAbove, mark } from './login.js';
import { toolbar, isGone, forgetSegments } from './toolbar.js';
import { button, empty, failed, skeleton, toast } from './kit.js';

const app = document.getElementById('app');
let session, controller, frame, shown;

const isSignedIn = () => session.project || session.administrator;

const title = page => translated(page.titles);

async function boot() {
  theme(remember.get('theme') ?? 'auto');
  const asked = askSession();
  asked.catch(() => { /* handled below, once the texts are loaded */ });
  await loadLanguage();
  try { session = await asked; } catch (error) { return replace(app, failed(error, boot)); }
  enter();
}

function enter() {
  frame = null;
  closeDialogs();
  if (!isSignedIn()) {
    controller?.abort();
    return showLogin(app, begin);
  }
  if (location.pathname.replace(/\/$/, '') === '/dashboard') history.replaceState(null, '',
    `/dashboard/${first()}${location.search}`,
  );
  show();
}

/** The page to begin with: the overview, or else the first page that the key may open. */
function first() {
  if (!session.project) return 'admin';
  const pages = session.pages.filter(page => page.available);
  return (pages.find(page => page.id === 'overview') ?? pages[0])?.id ?? 'overview';
}

function begin(begun) {
  session = begun;
  enter();
}

async function leave() {
  await logOut();
  session = { project: null, administrator: false, pages: [], modules: [], dimensions: [] };
  history.replaceState(null, '', '/dashboard');
  enter();
}

/** @type {() => NodeListOf<HTMLDialogElement>} */
const dialogs = () => document.querySelectorAll('dialog[open]');
const closeDialogs = () => dialogs().forEach(dialog => dialog.close());

function theme(name) {
  if (name === 'auto') document.documentElement.removeAttribute('data-theme'); else document.documentElement.dataset.theme = name;
  remember.set('theme', name === 'auto' ? null : name);
}

/** Navigates to another view; `change` has the changed parts of the state. */
function go(change) {
  const state = read();
  history.pushState(null, '',
    href({ ...state, ...change, extra: change.extra ? { ...state.extra, ...change.extra } : change.page ? {} : state.extra }),
  );
  show();
}

function link(to, ...content) {
  return h('a',
    { href: to, onclick: event => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      history.pushState(null, '', to);
      show();
      document.querySelector('.side')?.classList.remove('open');
      document.querySelector('.menu')?.setAttribute('aria-expanded', 'false');
      document.getElementById('main')?.focus();
    } },
    ...content,
  );
}

function build() {
  // The server sends the summaries of the modules, and the titles of the dimensions that they add.
  for (const { name, summaries } of session.modules) addText(`module.${name}`, summaries);
  for (const { name, titles } of session.dimensions) addText(`dimension.${name}`, titles);
  addReasons(session.reasons ?? []);
  const main = h('main', { id: 'main', tabindex: -1 });
  const nav = h('nav', { 'aria-label': t('navigation') });
  const menu = h('button',
    {
      type: 'button',
      class: 'menu',
      'aria-expanded': 'false',
      'aria-controls': 'side',
      onclick: () => menu.setAttribute('aria-expanded', String(side.classList.toggle('open'))),
    },
    '☰ ',
    t('menu'),
  );
  const fold = event => {
    if (event.key !== 'Escape' || !side.classList.contains('open')) return;
    menu.click();
    menu.focus();
  };
  const side = h('aside', { class: 'side', id: 'side' },
    nav,
    h('div', { class: 'settings' },
      select(
        { 'aria-label': t('language'), onchange: event => { remember.set('language', event.target.value); location.reload(); } },
        Object.entries(languages),
        language,
      ),
      select(
        { 'aria-label': t('theme'), onchange: event => theme(event.target.value) },
        ['auto', 'light', 'dark'].map(name => [name, t(`theme.${name}`)]),
        remember.get('theme') ?? 'auto',
      ),
      button(t('log-out'), leave, { class: 'link', id: 'log-out' }),
      h('a', { href: '/docs' }, t('api')),
      h('small', { class: 'muted' }, `Pulse ${session.version}`),
      // Free GeoIP databases require attribution on every page that shows locations.
      session.places && h('small', { class: 'muted' }, h('a', { href: session.places.url, rel: 'noopener' }, session.places.text)),
    ),
  );
  side.addEventListener('keydown', fold);
  menu.addEventListener('keydown', fold);
  replace(app,
    h('a', { class: 'skip', href: '#main' }, t('skip')),
    h('header', { class: 'top' },
      h('strong', { class: 'brand' }, mark(), session.project?.name ?? 'Pulse'),
      session.project && h('span', { class: 'muted domain' }, session.project.domain),
      menu,
    ),
    h('div', { class: 'frame' }, side, main),
  );
  return { main, nav };
}

function drawNavigation(nav, state) {
  const query = state => href({ ...state, extra: {} });
  const item = (id, text, isOff, about) => {
    const made = link(query({ ...state, page: id }), text, isOff && h('small', null, t('off')));
    if (about) made.title = about;
    if (state.page === id) made.setAttribute('aria-current', 'page');
    if (isOff) made.classList.add('dim');
    return h('li', null, made);
  };
  const groups = ['core', 'tracking', 'analysis', 'experience', 'platform'].map(category => [
    category,
    session.pages.filter(page => page.category === category && (page.available || session.administrator || session.manager)),
  ]);
  const { scrollTop } = nav;
  replace(nav,
    groups.filter(([, pages]) => pages.length).map(([category, pages]) => [
      category !== 'core' && h('h2', null, t(`category.${category}`)),
      h('ul', null, pages.map(page => item(page.id, title(page), !page.available, t(`module.${page.module}`)))),
    ]),
    session.administrator && [h('h2', null, t('installation')), h('ul', null, item('admin', t('admin')))],
  );
  nav.scrollTop = scrollTop;
  const current = nav.querySelector('[aria-current]'), isSeen = current && current.offsetTop >= nav.scrollTop
    && current.offsetTop + current.offsetHeight <= nav.scrollTop + nav.clientHeight;
  if (current && !isSeen) nav.scrollTop = current.offsetTop - nav.clientHeight / 2;
}

/** Requests reports for the view's range. With `compare: 'previous'`, adds the report for the previous period as `previous`. */
function reporter(state, signal) {
  const current = parameters(state), before = parametersBefore(state);
  const one = async (path, range, extra) => {
    try { return await ask(path, { signal, parameters: { ...range, ...extra } }); } catch (error) {
      // The segment was deleted while the dashboard was open: show that once for the page, not for each report.
      if (state.segment && error.status === 404 && error.message.includes(state.segment) && !signal.aborted) {
        forgetSegments();
        show();
      }
      throw error;
    }
  };
  const earlier = (path, extra) => one(path, before, extra);
  /**
   * @param {string} path
   * @param {Record<string, any>} question
   */
  const report = async (path, { compare = undefined, ...extra } = {}) => {
    if (path === '/api/v1/stats') {
      // This report contains both periods by itself, and compares by default.
      const alone = { ...extra, compare: 'none' };
      if (compare === 'none' || !state.compare) return one(path, current, alone);
      const [now, then] = await Promise.all([one(path, current, alone), earlier(path, alone)]);
      return { ...now, previous: then.current };
    }
    if (compare !== 'previous') return one(path, current, extra);
    const [now, then] = await Promise.all([one(path, current, extra), earlier(path, extra)]);
    return { ...now, previous: then };
  };
  return { report, earlier };
}

async function show() {
  controller?.abort();
  controller = new AbortController();
  const signal = controller.signal;
  shown = location.pathname + location.search;
  const focus = keepFocus();
  frame ??= build();
  const state = read();
  if (state.odd.length) {
    history.replaceState(null, '', href(state));
    shown = location.pathname + location.search;
    toast(t('odd-address', { parts: state.odd.join('; ') }), 'bad');
  }
  try {
    await draw(state, signal, focus);
  } catch (error) {
    if (signal.aborted) return;
    replace(frame.main, h('h1', null, t('nowhere')), failed(error), h('p', { class: 'empty' }, link('/dashboard/overview', t('to-overview'))));
  }
  if (!signal.aborted) focus();
}

/**
 * Restores the focus after a redraw: to the same control; otherwise to what the control created, such as a filter; otherwise to the heading,
 * from where Tab reaches controls that load later.
 */
function keepFocus() {
  const focused = document.activeElement, inMain = focused?.closest('#main');
  if (!focused || !inMain || focused === inMain) return () => {};
  const again = finder(focused), chips = () => [...document.querySelectorAll('.chips .icon')], count = chips().length;
  const isChip = focused.closest('.chips');
  return () => {
    const heading = document.querySelector('#main h1');
    if (document.activeElement !== document.body && document.activeElement !== heading) return;
    const found = again(), added = chips().length > count && chips().at(-1);
    const next = found?.checkVisibility() ? found : added || isChip && (chips()[0] ?? document.querySelector('#add-filter'));
    if (next) next.focus(); else if (document.activeElement === document.body) focusHeading();
  };
}

async function draw(state, signal, focus) {
  drawNavigation(frame.nav, state);
  const page = session.pages.find(page => page.id === state.page);
  const root = h('div', { class: 'page' });
  const view = {
    root,
    state,
    session,
    signal,
    go,
    link,
    can: name => session.pages.some(page => page.module === name && page.available),
    /** `report` requests a report for the view's range, filters and segment; `earlier` for the previous period. */
    ...reporter(state, signal),
    ask: (path, options) => ask(path, { signal, ...options }),
    compare: state.compare ? { compare: 'previous' } : {},
    interval: interval(state),
    refresh: show,
    /** Stores the page's own choices in the URL, as `x-name=`. */
    keep: extra => {
      Object.assign(state.extra, extra);
      const now = read();
      history.replaceState(null, '', href({ ...now, extra: { ...now.extra, ...extra } }));
      shown = location.pathname + location.search;
    },
    signIn: async credential => { session = await logIn(credential); frame = null; },
    reload: async () => { session = await askSession(); frame = null; await show(); },
  };
  const name = state.page === 'admin' ? t('admin') : page ? title(page) : t('nowhere');
  document.title = `${name} · ${session.project?.name ?? 'Pulse'}`;
  if (state.page === 'admin' && session.administrator) {
    replace(frame.main, root);
    return await run(view, './admin.js', 'admin');
  }
  if (state.page === 'admin') return replace(frame.main, h('h1', null, name), empty(
    t('admin-only'),
    button(t('login'), async () => {
      const begun = await logInAbove(t('admin-only'));
      if (begun) begin(begun);
    }, { class: 'primary', id: 'log-in-above' }),
    h('p', null, link('/dashboard/overview', t('to-overview'))),
  ));
  if (!page) return replace(frame.main, h('h1', null, name),
    empty(
      session.project ? t('no-page') : t('no-project'),
      link(session.project ? '/dashboard/overview' : '/dashboard/admin', session.project ? t('to-overview') : t('admin')),
    ),
  );
  const heading = h('h1', null, name);
  if (!page.available) return replace(frame.main, heading, switchedOff(view, page));
  replace(frame.main, h('div', { class: 'heading' }, heading, toolbar(view)), root);
  focus();
  if (await isGone(view).catch(() => false)) return signal.aborted || replace(root, empty(
    t('no-segment'),
    button(t('without-segment'), () => go({ segment: '' }), { class: 'primary', id: 'without-segment' }),
  ));
  await run(view, `./${page.script}`, page.module, focus);
}

/** Loads the page's script and the texts of its module in parallel, then draws the page. */
async function run(view, file, module, focus = () => {}, again = 0) {
  replace(view.root, skeleton(8));
  try {
    const [page] = await Promise.all([script(file, again), module && loadTexts(module, again)]);
    if (view.signal.aborted) return;
    // A live page has no date range; a page with `ranged` 'days' has a date range and nothing else.
    const bar = frame.main.querySelector('.toolbar');
    if (page.ranged === false) bar?.remove();
    if (page.ranged === 'days') bar?.replaceWith(toolbar(view, true));
    if (page.compares) bar?.querySelectorAll('.compares').forEach(part => part.hidden = false);
    focus();
    // The page replaces the skeleton as soon as it has something to show.
    await page.show(view);
  } catch (error) {
    if (error.name !== 'AbortError' && !view.signal.aborted) replace(view.root, failed(error, () => run(view, file, module, focus, again + 1)));
  }
}

/** Describes a module that is off or not for this key, with a button to turn it on for users who may. */
function switchedOff(view, page) {
  const module = session.modules.find(module => module.name === page.module);
  const isOff = !module.enabled || module.access === 'write', manages = session.administrator || session.manager;
  return empty(
    t(isOff ? 'module-off' : 'module-closed', { name: module.name }),
    h('p', null, t(`module.${module.name}`)),
    !manages && h('p', null, t('module-ask')),
    manages && isOff
      && button(t('turn-on'),
        async () => {
          const root = `/api/admin/projects/${session.project.id}/modules/${module.name}`;
          await ask(`${root}/enable`, { method: 'POST' });
          if (module.access === 'write') await ask(`${root}/access`, { method: 'PUT', body: { access: 'all' } });
          await view.reload();
        },
        { class: 'primary' },
      ),
  );
}

addEventListener('popstate', () => {
  // A jump within the page is not a navigation.
  if (!session || location.pathname + location.search === shown && isSignedIn()) return;
  closeDialogs();
  if (isSignedIn()) show(); else enter();
});
/** Marks forms with input, so they are not discarded without asking. */
addEventListener('input', event => /** @type {Element} */ (event.target).closest?.('#main .card form')?.setAttribute('data-entered', ''));
const hasEntered = () => document.querySelector('dialog[open] form, form[data-entered]') !== null;

let isAsking = false;
addEventListener('pulse:signed-out', async () => {
  if (isAsking) return;
  isAsking = true;
  const before = session;
  session = await askSession().catch(() => before);
  if (!isSignedIn() && frame && hasEntered()) {
    session = await logInAbove(t('log-in-again'), true) ?? session;
    if (isSignedIn() && session.project?.id === before.project?.id) toast(t('logged-in-again')); else enter();
  } else if (!isSignedIn()) enter();
  isAsking = false;
});
/** Shows the earliest time of all responses of a page. */
addEventListener('pulse:as-of', event => {
  const { detail } = /** @type {CustomEvent<string>} */ (event), note = document.getElementById('as-of');
  if (!note || note.dataset.at && Date.parse(note.dataset.at) <= Date.parse(detail)) return;
  note.dataset.at = detail;
  note.textContent = t('as-of', { clock: clock(detail, read().zone) });
  note.hidden = false;
});

boot();
