// Boards of one's own: widgets on a grid of twelve columns, moved and sized by pointer or keys.

import {
  h, replace, t, short, percent, duration, country, day, weekday, load, figure, delta, lineChart, breakdown, select, field, form, dialog, confirmed,
  toast, ask,
} from './kit.js';

export const texts = {
  'd.board': { en: 'Board', de: 'Tafel' },
  'd.new': { en: 'New board', de: 'Neue Tafel' },
  'd.none': {
    en: 'No boards yet. Put together the reports that you look at every day.',
    de: 'Noch keine Tafeln. Stellen Sie zusammen, was Sie jeden Tag ansehen.',
  },
  'd.arrange': { en: 'Arrange', de: 'Anordnen' },
  'd.done': { en: 'Save the arrangement', de: 'Anordnung speichern' },
  'd.add': { en: 'Add a widget', de: 'Element hinzufügen' },
  'd.what': { en: 'What it shows', de: 'Was es zeigt' },
  'd.stats': { en: 'Key figures', de: 'Kennzahlen' },
  'd.timeseries': { en: 'Visitors over time', de: 'Besucher im Verlauf' },
  'd.pages': { en: 'Pages', de: 'Seiten' },
  'd.referrers': { en: 'Sources', de: 'Quellen' },
  'd.events': { en: 'Events', de: 'Ereignisse' },
  'd.devices': { en: 'Devices', de: 'Geräte' },
  'd.geo': { en: 'Countries', de: 'Länder' },
  'd.campaigns': { en: 'Campaigns', de: 'Kampagnen' },
  'd.move': { en: '{name}: arrow keys move it, with Shift they size it', de: '{name}: Pfeiltasten bewegen es, mit Umschalt ändern sie die Größe' },
  'd.drop': { en: 'Remove {name}', de: '{name} entfernen' },
  'd.hint': {
    en: 'Drag a widget to move it, its lower right corner to size it; or focus it and use the arrow keys, with Shift to size.',
    de:
      'Ziehen Sie ein Element, um es zu bewegen, an der unteren rechten Ecke für seine Größe; oder wählen Sie es an und nehmen die '
      + 'Pfeiltasten, mit Umschalt für die Größe.',
  },
  'd.delete?': { en: 'The board “{name}” is deleted; no data is.', de: 'Die Tafel „{name}“ wird gelöscht, Daten nicht.' },
  'd.bounce': { en: 'Bounce rate', de: 'Absprungrate' },
  'd.duration': { en: 'Visit duration', de: 'Besuchsdauer' },
};

const kinds = ['stats', 'timeseries', 'pages', 'referrers', 'events', 'devices', 'geo', 'campaigns'];
const first = [
  { id: 'a', report_type: 'stats', x: 0, y: 0, w: 12, h: 2 },
  { id: 'b', report_type: 'timeseries', x: 0, y: 2, w: 12, h: 4 },
  { id: 'c', report_type: 'pages', x: 0, y: 6, w: 6, h: 5 },
  { id: 'd', report_type: 'referrers', x: 6, y: 6, w: 6, h: 5 },
];

export async function show(view) {
  const { root, state, go, signal } = view;
  const { data } = await ask('/api/v1/dashboards', { signal, parameters: { limit: 100 } });
  const chosen = data.find(board => board.id === state.extra.board) ?? data.find(board => board.is_default) ?? data[0];
  const board = h('div', { class: 'board' });
  const create = () => {
    const name = h('input', { type: 'text', required: true, maxlength: 200 });
    dialog(t('d.new'),
      close => form(null,
        async () => {
          const made = await ask('/api/v1/dashboards', { method: 'POST', body: { name: name.value, layout: { columns: 12 }, widgets: first } });
          close();
          go({ extra: { board: made.id } });
        },
        field(t('name'), name),
        h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('create'))),
      ),
      { closeLabel: t('close') },
    );
  };
  const hint = h('p', { class: 'hint', hidden: true }, t('d.hint'));
  let editing = false, widgets = structuredClone(chosen?.widgets ?? []);
  const arrange = h('button',
    { type: 'button', id: 'arrange', onclick: async () => {
      if (editing) {
        try { await ask(`/api/v1/dashboards/${chosen.id}`, { method: 'PUT', body: { widgets } }); toast(t('saved')); } catch (error) {
          return toast(error.message, 'bad');
        }
      }
      editing = !editing;
      arrange.textContent = t(editing ? 'd.done' : 'd.arrange');
      hint.hidden = add.hidden = !editing;
      draw();
    } },
    t('d.arrange'),
  );
  const add = h('button',
    { type: 'button', hidden: true, onclick: () => {
      const kind = select({}, kinds.map(name => [name, t(`d.${name}`)]), 'pages');
      dialog(t('d.add'),
        close => form(null,
          () => {
            widgets.push({
              id: crypto.randomUUID?.() ?? String(Date.now()),
              report_type: kind.value,
              x: 0,
              y: Math.max(0, ...widgets.map(widget => widget.y + widget.h)),
              w: 6,
              h: 5,
            });
            close();
            draw();
          },
          field(t('d.what'), kind),
          h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('apply'))),
        ),
        { closeLabel: t('close') },
      );
    } },
    `+ ${t('d.add')}`,
  );
  replace(root,
    h('div', { class: 'row' },
      chosen
        && [
          select(
            { 'aria-label': t('d.board'), onchange: event => go({ extra: { board: event.target.value } }) },
            data.map(({ id, name }) => [id, name]),
            chosen.id,
          ),
          arrange,
          add,
          h('button',
            { type: 'button', class: 'danger', onclick: async () => {
              if (!await confirmed(t('d.delete?', { name: chosen.name }), t('remove'))) return;
              try { await ask(`/api/v1/dashboards/${chosen.id}`, { method: 'DELETE' }); go({ extra: { board: '' } }); } catch (error) {
                toast(error.message, 'bad');
              }
            } },
            t('remove'),
          ),
        ],
      h('button', { type: 'button', class: chosen ? '' : 'primary', id: 'new-board', onclick: create }, `+ ${t('d.new')}`),
    ),
    hint,
    chosen ? board : h('p', { class: 'empty' }, t('d.none')),
  );

  const place = (element, widget) => Object.assign(element.style, {
    gridColumn: `${widget.x + 1} / span ${widget.w}`,
    gridRow: `${widget.y + 1} / span ${widget.h}`,
  });
  const bounded = widget => {
    widget.w = Math.max(2, Math.min(12, widget.w));
    widget.h = Math.max(2, Math.min(20, widget.h));
    widget.x = Math.max(0, Math.min(12 - widget.w, widget.x));
    widget.y = Math.max(0, widget.y);
  };
  function draw() {
    board.classList.toggle('editing', editing);
    replace(board,
      widgets.map(widget => {
        const name = t(`d.${widget.report_type}`);
        const body = h('div', { class: 'body' });
        const element = editing
          ? h('section', { class: 'card', tabindex: 0, 'aria-label': t('d.move', { name }) },
            h('header', null,
              h('h2', null, name),
              h('button',
                { type: 'button', class: 'icon', 'aria-label': t('d.drop', { name }), onclick: () => {
                  widgets = widgets.filter(other => other !== widget);
                  draw();
                } },
                '✕',
              ),
            ),
          )
          : h('div', { class: 'card' }, body);
        place(element, widget);
        if (editing) movable(element, widget); else drawWidget(view, widget.report_type, body, name);
        return element;
      }),
    );
  }
  function movable(element, widget) {
    const change = (dx, dy, size) => {
      if (size) {
        widget.w += dx;
        widget.h += dy;
      } else {
        widget.x += dx;
        widget.y += dy;
      }
      bounded(widget);
      place(element, widget);
    };
    element.addEventListener('keydown', event => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
      if (!dx && !dy) return;
      event.preventDefault();
      change(dx, dy, event.shiftKey);
    });
    element.addEventListener('pointerdown', event => {
      if (event.target.closest('button')) return;
      const box = element.getBoundingClientRect();
      const size = event.clientX > box.right - 24 && event.clientY > box.bottom - 24;
      const column = board.clientWidth / 12;
      const row = 101;
      let { clientX, clientY } = event;
      element.setPointerCapture(event.pointerId);
      const move = event => {
        const dx = Math.round((event.clientX - clientX) / column), dy = Math.round((event.clientY - clientY) / row);
        if (dx || dy) {
          change(dx, dy, size);
          clientX += dx * column;
          clientY += dy * row;
        }
      };
      element.addEventListener('pointermove', move);
      element.addEventListener('pointerup', () => element.removeEventListener('pointermove', move), { once: true });
    });
  }
  if (chosen) draw();
}

/** What a widget shows, from the report that it names. */
function drawWidget({ report, state, signal, compare }, kind, place, name) {
  const visitors = { name: t('visitors'), value: row => row.visitors };
  const lists = {
    pages: ['/api/v1/pages', row => row.path, { name: t('pageviews'), value: row => row.views }],
    referrers: ['/api/v1/referrers', row => row.source, visitors],
    geo: ['/api/v1/geo', row => country(row.country), visitors],
    events: ['/api/v1/events', row => row.name, { name: t('events'), value: row => row.count }],
    campaigns: ['/api/v1/campaigns', row => row.campaign, visitors],
    devices: ['/api/v1/devices', row => row.name, visitors],
  };
  if (kind in lists) {
    const [path, label, column] = lists[kind];
    const made = breakdown(name,
      [
        { id: kind, title: name, columns: [column], label, rows: async limit => {
          const answer = await report(path, { limit });
          return answer.data ?? answer.device_types;
        } },
      ],
      { signal },
    );
    return replace(place, ...made.children);
  }
  const inner = h('div');
  replace(place, h('h2', null, name), inner);
  load(inner,
    async () => {
      if (kind === 'stats') {
        const { current, previous } = await report('/api/v1/stats');
        const make = (key, name, format, low) => figure({
          name,
          value: format(current[key]),
          change: state.compare ? delta(current[key], previous[key], low) : null,
        });
        return h('div', { class: 'row' },
          make('visitors', t('visitors'), short),
          make('pageviews', t('pageviews'), short),
          make('sessions', t('sessions'), short),
          make('bounce_rate', t('d.bounce'), percent, true),
          make('avg_duration', t('d.duration'), duration),
          make('events', t('events'), short),
        );
      }
      const { data, previous } = await report('/api/v1/stats/timeseries', compare);
      return data.length
        ? lineChart({
          name: t('visitors'),
          points: data.map((point, at) => ({
            label: weekday(point.date),
            short: day(point.date),
            value: point.visitors,
            before: previous?.data[at]?.visitors,
          })),
        })
        : null;
    },
    { signal },
  );
}
