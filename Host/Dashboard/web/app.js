// The frame: who is logged in, the navigation, and the page that the address names.

import { h, replace, select, finder, focusHeading } from './dom.js';
import { ask, script } from './api.js';
import { t, clock, language, languages, remember, loadLanguage, addTexts } from './text.js';
import { read, href, parameters, parametersBefore, interval } from './state.js';
import { session as askSession, logIn, logOut, showLogin, logInAbove, mark } from './login.js';
import { toolbar, isGone, forgetSegments } from './toolbar.js';
import { button, empty, failed, skeleton, toast } from './kit.js';

const app = document.getElementById('app');
let session, controller, frame, shown;

const isSignedIn = () => session.project || session.administrator;

const title = page => page.titles[language] ?? page.titles.en;

async function boot() {
  theme(remember.get('theme') ?? 'auto');
  const asked = askSession();
  asked.catch(() => { /* below, in the person's language */ });
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
    (session.project ? '/dashboard/overview' : '/dashboard/admin') + location.search,
  );
  show();
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

const closeDialogs = () => document.querySelectorAll('dialog[open]').forEach(dialog => dialog.close());

function theme(name) {
  if (name === 'auto') document.documentElement.removeAttribute('data-theme'); else document.documentElement.dataset.theme = name;
  remember.set('theme', name === 'auto' ? null : name);
}

/** Goes to another view: `change` are parts of the state. */
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
      document.getElementById('main').focus();
    } },
    ...content,
  );
}

function build() {
  // Modules say themselves what they are, and name what they add to the filters.
  addTexts(Object.fromEntries(session.modules.map(({ name, summaries }) => [`module.${name}`, summaries])));
  addTexts(Object.fromEntries(session.dimensions.map(({ name, titles }) => [`dimension.${name}`, titles])));
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
      // Free databases of places ask for it on every page that shows some.
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

/** Asks a report about what the view shows, and with `compare: 'previous'` also what it is compared with, as `previous`. */
function reporter(state, signal) {
  const current = parameters(state), before = parametersBefore(state);
  const one = async (path, range, extra) => {
    try { return await ask(path, { signal, parameters: { ...range, ...extra } }); } catch (error) {
      // The segment was deleted while the dashboard was open: the page says so once, and not each of its reports.
      if (state.segment && error.status === 404 && error.message.includes(state.segment) && !signal.aborted) {
        forgetSegments();
        show();
      }
      throw error;
    }
  };
  const earlier = (path, extra) => one(path, before, extra);
  const report = async (path, { compare, ...extra } = {}) => {
    if (path === '/api/v1/stats') {
      // The one report that has both periods inside, and compares unless it is asked not to.
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
 * Puts the focus back, after the page was drawn again, on the control that had it; on what was done with it instead, a filter say; or on
 * the heading, from where Tab reaches a control that comes later.
 */
function keepFocus() {
  const focused = document.activeElement, inMain = focused.closest('#main');
  if (!inMain || focused === inMain) return () => {};
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
    /** `report` asks over the view's range, filters and segment; `earlier` the same of what it is compared with. */
    ...reporter(state, signal),
    ask: (path, options) => ask(path, { signal, ...options }),
    compare: state.compare ? { compare: 'previous' } : {},
    interval: interval(state),
    refresh: show,
    /** Writes to the address, as `x-name=`, what the page has chosen to show. */
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
    return await run(view, './admin.js');
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
  await run(view, `./${page.script}`);
}

async function run(view, file, again = 0) {
  replace(view.root, skeleton(8));
  try {
    const module = await script(file, again);
    if (view.signal.aborted) return;
    addTexts(module.texts);
    // A page about this moment has no range to choose; one that asks in its own words has a range alone.
    const bar = frame.main.querySelector('.toolbar');
    if (module.ranged === false) bar?.remove();
    if (module.ranged === 'days') bar?.replaceWith(toolbar(view, true));
    if (module.compares) bar?.querySelectorAll('.compares').forEach(part => part.hidden = false);
    focus();
    // The page takes the place of the skeleton once it has something to show.
    await module.show(view);
  } catch (error) {
    if (error.name !== 'AbortError' && !view.signal.aborted) replace(view.root, failed(error, () => run(view, file, again + 1)));
  }
}

/** Says what a module would show, and lets those who may turn it on. */
function switchedOff(view, page) {
  const module = session.modules.find(module => module.name === page.module);
  return empty(
    t('module-off', { name: module.name }),
    h('p', null, t(`module.${module.name}`)),
    (session.administrator || session.manager)
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
  // A jump inside the page goes to no other one.
  if (!session || location.pathname + location.search === shown && isSignedIn()) return;
  closeDialogs();
  if (isSignedIn()) show(); else enter();
});
/** Marks the forms of pages in which something was written: they are not taken away without being asked for. */
addEventListener('input', event => event.target.closest?.('#main .card form')?.setAttribute('data-entered', ''));
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
/** Of all answers of a page the earliest instant is shown. */
addEventListener('pulse:as-of', ({ detail }) => {
  const note = document.getElementById('as-of');
  if (!note || note.dataset.at && Date.parse(note.dataset.at) <= Date.parse(detail)) return;
  note.dataset.at = detail;
  note.textContent = t('as-of', { clock: clock(detail, read().zone) });
  note.hidden = false;
});

boot();
