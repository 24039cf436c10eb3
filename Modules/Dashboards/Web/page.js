// Custom boards: widgets on a grid of twelve columns, moved and resized by pointer or keyboard.

import {
  h, replace, t, short, percent, duration, country, timeline, endsToday, load, figure, delta, lineChart, breakdown, select, field, formDialog,
  removal, button, choice, confirmed, empty, toast, scrollable, ask, askAll,
} from './kit.js';

export const compares = true;

/** Unsaved layouts, by board ID. */
const drafts = new Map();

const kinds = ['stats', 'timeseries', 'pages', 'referrers', 'events', 'devices', 'geo', 'campaigns'];
const first = [
  { id: 'a', report_type: 'stats', x: 0, y: 0, w: 12, h: 2 },
  { id: 'b', report_type: 'timeseries', x: 0, y: 2, w: 12, h: 5 },
  { id: 'c', report_type: 'pages', x: 0, y: 7, w: 6, h: 5 },
  { id: 'd', report_type: 'referrers', x: 6, y: 7, w: 6, h: 5 },
];

/** @param {View} view */
export async function show(view) {
  const { root, state, go, signal } = view;
  const data = await askAll('/api/v1/dashboards', { signal });
  const chosen = data.find(board => board.id === state.extra.board) ?? data.find(board => board.is_default) ?? data[0];
  const create = button(`+ ${t('dashboards.new-board')}`, () => newBoard(go), { class: chosen ? '' : 'primary', id: 'new-board' });
  if (!chosen) return replace(root, h('div', { class: 'row' }, create), empty(t('dashboards.none')));

  const board = h('div', { class: 'board' }), hint = h('p', { class: 'hint' });
  let editing = drafts.has(chosen.id), widgets = drafts.get(chosen.id) ?? structuredClone(chosen.widgets);
  drafts.delete(chosen.id);
  const isChanged = () => editing && JSON.stringify(widgets) !== JSON.stringify(chosen.widgets);
  const warn = event => isChanged() && event.preventDefault();
  addEventListener('beforeunload', warn, { signal });
  signal.addEventListener('abort', () => {
    if (!isChanged()) return;
    drafts.set(chosen.id, widgets);
    // If only the range changed, the board is shown again at once and uses the draft.
    setTimeout(() => drafts.get(chosen.id) === widgets && toast(t('dashboards.unsaved', { name: chosen.name })), 1000);
  });
  const narrow = matchMedia('(max-width: 800px)');
  narrow.addEventListener('change', () => editing && draw(), { signal });
  const arrange = button(t('dashboards.arrange'),
    async () => {
      if (editing) {
        await ask(`/api/v1/dashboards/${chosen.id}`, { method: 'PUT', body: { widgets } });
        chosen.widgets = structuredClone(widgets);
        toast(t('saved'));
      }
      editing = !editing;
      draw();
    },
    { id: 'arrange' },
  );
  const cancel = button(t('cancel'),
    async () => {
      if (isChanged() && !await confirmed(t('dashboards.cancel?'), t('discard'))) return;
      widgets = structuredClone(chosen.widgets);
      editing = false;
      draw();
    },
    { id: 'cancel-arrange' },
  );
  const rename = button(t('dashboards.rename'),
    () => {
      const name = h('input', { type: 'text', required: true, maxlength: 200, value: chosen.name });
      formDialog(t('dashboards.rename'), { id: 'rename-form' },
        async () => {
          await ask(`/api/v1/dashboards/${chosen.id}`, { method: 'PUT', body: { name: name.value } });
          view.refresh();
        },
        field(t('name'), name),
      );
    },
    { id: 'rename-board' },
  );
  const add = button(`+ ${t('dashboards.add')}`,
    () => {
      const kind = select({}, kinds.map(name => [name, t(`dashboards.${name}`)]), 'pages');
      const below = Math.max(0, ...widgets.map(widget => widget.y + widget.h));
      formDialog(t('dashboards.add'), { action: t('apply') },
        () => {
          widgets.push({ id: `w${Date.now()}`, report_type: kind.value, x: 0, y: below, w: 6, h: 5 });
          draw();
        },
        field(t('dashboards.what'), kind),
      );
    },
    { id: 'add-widget' },
  );
  const remove = removal(t('dashboards.delete?', { name: chosen.name }), async () => {
    await ask(`/api/v1/dashboards/${chosen.id}`, { method: 'DELETE' });
    go({ extra: { board: '' } });
  });
  const boards = choice(view, 'board', t('dashboards.board'), data.map(({ id, name }) => [id, name]), chosen.id);
  replace(root, h('div', { class: 'row' }, boards, arrange, cancel, add, rename, remove, create), hint, board);

  function draw() {
    arrange.textContent = t(editing ? 'dashboards.done' : 'dashboards.arrange');
    hint.textContent = t(narrow.matches ? 'dashboards.narrow' : 'dashboards.hint');
    hint.hidden = add.hidden = cancel.hidden = !editing;
    rename.hidden = remove.hidden = create.hidden = editing;
    board.classList.toggle('editing', editing);
    replace(board, widgets.map(widget => editing ? handle(widget) : shown(widget)));
    place();
  }
  function place() {
    widgets.forEach((widget, at) => {
      const { style } = /** @type {HTMLElement} */ (board.children[at]);
      style.gridColumn = `${widget.x + 1} / span ${widget.w}`;
      style.gridRow = `${widget.y + 1} / span ${widget.h}`;
      style.setProperty('--rows', widget.h);
    });
  }
  /** The content of a widget, loaded once, also while the layout is edited. */
  const bodies = new Map();
  function body(widget) {
    if (!bodies.has(widget.id)) {
      const made = h('div', { class: 'body' });
      drawWidget(view, widget.report_type, made, t(`dashboards.${widget.report_type}`));
      bodies.set(widget.id, made);
    }
    const made = bodies.get(widget.id);
    made.inert = editing;
    return made;
  }
  const shown = widget => scrollable(h('section', { class: 'card', 'aria-label': t(`dashboards.${widget.report_type}`) }, body(widget)));
  function handle(widget) {
    const name = t(`dashboards.${widget.report_type}`);
    const drop = button('✕', () => { widgets = widgets.filter(other => other !== widget); draw(); }, {
      class: 'icon',
      'aria-label': t('dashboards.drop', { name }),
    });
    const content = [h('div', { class: 'drop' }, drop), body(widget)];
    // Stacked widgets are scrolled, not dragged.
    if (narrow.matches) return h('section', { class: 'card', 'aria-label': name, style: { touchAction: 'auto', cursor: 'auto' } }, content);
    const element = h('section', { class: 'card', tabindex: 0, 'aria-label': t('dashboards.move', { name }) }, content);
    movable(element, board, (dx, dy, isSize) => {
      if (isSize) Object.assign(widget, { w: widget.w + dx, h: widget.h + dy }); else Object.assign(widget, { x: widget.x + dx, y: widget.y + dy });
      settle(widgets, widget);
      place();
    });
    return element;
  }
  draw();
}

function newBoard(go) {
  const name = h('input', { type: 'text', required: true, maxlength: 200 });
  formDialog(t('dashboards.new-board'), { action: t('create'), id: 'board-form' },
    async () => {
      const made = await ask('/api/v1/dashboards', { method: 'POST', body: { name: name.value, layout: { columns: 12 }, widgets: first } });
      go({ extra: { board: made.id } });
    },
    field(t('name'), name),
  );
}

/** Keeps `moved` on the board, and pushes down the widgets it overlaps, and those they overlap in turn. */
function settle(widgets, moved) {
  moved.w = Math.max(2, Math.min(12, moved.w));
  moved.h = Math.max(2, Math.min(20, moved.h));
  moved.x = Math.max(0, Math.min(12 - moved.w, moved.x));
  moved.y = Math.max(0, moved.y);
  const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  const placed = [moved];
  for (const widget of widgets.filter(other => other !== moved).sort((a, b) => a.y - b.y)) {
    for (let other; (other = placed.find(other => overlap(other, widget))); ) widget.y = other.y + other.h;
    placed.push(widget);
  }
}

/** Calls `change(columns, rows, isSize)` when `element` is dragged or moved with arrow keys; its lower right corner, or Shift, resizes it. */
function movable(element, board, change) {
  element.addEventListener('keydown', event => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.target !== element || !dx && !dy) return;
    event.preventDefault();
    change(dx, dy, event.shiftKey);
  });
  element.addEventListener('pointerdown', event => {
    if (event.target.closest('button')) return;
    const box = element.getBoundingClientRect(), style = getComputedStyle(board), corner = 28;
    const isSize = event.clientX > box.right - corner && event.clientY > box.bottom - corner;
    const column = (board.clientWidth + parseFloat(style.columnGap)) / 12, row = parseFloat(style.gridAutoRows) + parseFloat(style.rowGap);
    let { clientX, clientY } = event;
    const move = event => {
      const dx = Math.round((event.clientX - clientX) / column), dy = Math.round((event.clientY - clientY) / row);
      if (!dx && !dy) return;
      change(dx, dy, isSize);
      clientX += dx * column;
      clientY += dy * row;
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener('pointermove', move);
    for (const end of ['pointerup', 'pointercancel']) element.addEventListener(end, () => element.removeEventListener('pointermove', move), {
      once: true,
    });
  });
}

/** Draws a widget from its report. */
function drawWidget(view, kind, place, name) {
  const { report, signal } = view;
  if (kind in lists) {
    const [path, label, key, title] = lists[kind], columns = [{ name: t(title), value: row => row[key] }];
    const rows = async limit => { const answer = await report(path, { limit }); return answer.data ?? answer.device_types; };
    return replace(place, ...breakdown(name, [{ id: kind, title: name, columns, label, rows }], { signal }).children);
  }
  const inner = h('div');
  replace(place, h('h2', null, name), inner);
  load(inner, () => kind === 'stats' ? keyFigures(view) : overTime(view), { signal });
}

const lists = {
  pages: ['/api/v1/pages', row => row.path, 'views', 'pageviews'],
  referrers: ['/api/v1/referrers', row => row.source, 'visitors', 'visitors'],
  geo: ['/api/v1/geo', row => country(row.country), 'visitors', 'visitors'],
  events: ['/api/v1/events', row => row.name, 'count', 'events'],
  campaigns: ['/api/v1/campaigns', row => row.campaign, 'visitors', 'visitors'],
  devices: ['/api/v1/devices', row => row.name, 'visitors', 'visitors'],
};

async function keyFigures({ report, state }) {
  const { current, previous } = await report('/api/v1/stats');
  const make = (key, name, format, lowIsGood) => figure({
    name,
    value: format(current[key]),
    change: state.compare ? delta(current[key], previous[key], lowIsGood) : null,
  });
  return h('div', { class: 'figures plain' },
    ['visitors', 'pageviews', 'sessions', 'events'].map(key => make(key, t(key), short)),
    make('bounce_rate', t('dashboards.bounce'), percent, true),
    make('avg_duration', t('dashboards.duration'), duration),
  );
}

async function overTime(view) {
  const answer = await view.report('/api/v1/stats/timeseries', { interval: view.interval, ...view.compare });
  if (!answer.data.length) return null;
  return lineChart({ name: t('visitors'), points: timeline(answer, view.interval, point => point.visitors), partial: endsToday(view, answer.data) });
}
