// Charts, each with its numbers as a table, for screen readers and for looking them up.

import { h, s, scroller, unique } from './dom.js';
import { t, number, short, percent } from './text.js';

/** A chart with its name and its numbers as a table. */
export function drawing(name, picture, columns, rows) {
  return h('figure', { class: 'drawing' },
    picture,
    h('details', null,
      h('summary', null, t('as-table')),
      scroller(name,
        h('table', null,
          h('caption', { class: 'hidden' }, name),
          h('thead', null, h('tr', null, columns.map(column => h('th', { scope: 'col' }, column)))),
          h('tbody', null,
            rows.map(row => h('tr', null, row.map((cell, at) => at ? h('td', { class: 'number' }, cell) : h('th', { scope: 'row' }, cell)))),
          ),
        ),
      ),
    ),
  );
}

/** Pairs [box narrower than this, width of the chart]. Charts are scaled only slightly to fit their box, so text stays readable. */
const widths = [[470, 380], [700, 560], [Infinity, 860]];
const fitting = room => /** @type {number[]} */ (widths.find(([below]) => room < below))[1];

/** Draws into `box` at the width that fits, and redraws when another fits. `draw(width)` makes the picture with its listeners. */
function drawn(box, draw) {
  let width = fitting(innerWidth);
  draw(width);
  new ResizeObserver(([{ contentRect: { width: room } }]) => {
    // A hidden box has no width. A redrawn picture is as wide as its box, so redrawing does not trigger this again.
    if (!room || fitting(room) === width) return;
    draw(width = fitting(room));
  }).observe(box);
  return box;
}

/** Round steps for an axis that ends at or above `maximum`. */
function steps(maximum, count = 4) {
  const raw = Math.max(maximum, 1e-9) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(size => size >= raw) ?? 10 * power;
  const least = Number.isInteger(maximum) ? Math.max(1, Math.ceil(step)) : step;
  return Array.from({ length: count + 1 }, (_, at) => at * least).filter((value, at, all) => at === 0 || all[at - 1] < maximum);
}

/**
 * Lines over time. `points`: [{ label, value, before }], where `before` is the value of the previous period. `say` formats a single value
 * with its unit. Arrow keys move along the points.
 */
export function lineChart({ name, points, format = number, say = format, partial = false }) {
  const compares = points.some(point => point.before != null), box = h('div', { class: 'plot' });
  let current = -1, isShown = false;
  drawn(box, width => {
    const hadFocus = box.contains(document.activeElement), at = current, wasShown = isShown;
    const onshow = (at, shown) => { current = at; isShown = shown; };
    const { picture, show } = lines({ name, points, format, say, partial, compares, width, onshow });
    box.replaceChildren(...picture);
    // Keep the current point when the width changes.
    if (hadFocus) picture[0].focus({ preventScroll: true });
    if (wasShown) show(at);
  });
  return drawing(name,
    [box, compares && legend(name)],
    [t('time'), name, ...(compares ? [t('previous')] : [])],
    points.map(point => [point.label, format(point.value), ...(compares ? [format(point.before)] : [])]),
  );
}

/** Names the two lines. Hidden from screen readers, as the table below names both. */
const legend = name => h('p', { class: 'legend', 'aria-hidden': 'true' },
  h('span', null, h('i'), name),
  h('span', null, h('i', { class: 'before' }), t('previous')),
);

/** The picture of a line chart at a given width, and a function that highlights one of its points. */
function lines({ name, points, format, say, partial, compares, width, onshow }) {
  const ticks = steps(Math.max(1, ...points.map(point => Math.max(point.value ?? 0, point.before ?? 0))));
  const axis = axisLabels(ticks, format), height = 250, { left } = axis, right = 12, top = 12, bottom = 26;
  const highest = ticks[ticks.length - 1];
  const x = at => left + (points.length < 2 ? (width - left - right) / 2 : at * (width - left - right) / (points.length - 1));
  const y = value => top + (height - top - bottom) * (1 - value / highest);
  const path = (key, from = 0, to = points.length) => {
    let text = '', pen = 'M';
    for (let at = from; at < to; at++) {
      if (points[at][key] == null) {
        pen = 'M';
        continue;
      }
      text += `${pen}${x(at).toFixed(1)},${y(points[at][key]).toFixed(1)}`;
      pen = 'L';
    }
    return text;
  };
  const solid = partial && points.length > 1 ? points.length - 1 : points.length;
  const every = Math.max(1, Math.ceil(points.length / (width / 95)));
  const cursor = s('line', { class: 'cursor', y1: top, y2: height - bottom, visibility: 'hidden' });
  const dot = s('circle', { class: 'dot', r: 4, visibility: 'hidden' });
  const gradient = unique('fade');
  const svg = s('svg',
    { viewBox: `0 0 ${width} ${height}`, class: 'lines', role: 'img', tabindex: 0, 'aria-label': `${name}. ${t('arrow-keys')}` },
    s('defs', null,
      s('linearGradient',
        { id: gradient, x1: 0, y1: 0, x2: 0, y2: 1 },
        s('stop', { offset: '0', class: 'fade-from' }),
        s('stop', { offset: '1', class: 'fade-to' }),
      ),
    ),
    ticks.map((value, at) => [
      s('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      s('text', { class: 'axis', x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, axis.texts[at]),
    ]),
    points.map((point, at) =>
      at % every === 0
        && s('text',
          { class: 'axis', x: x(at), y: height - 6, 'text-anchor': at === 0 ? 'start' : at > points.length - 2 ? 'end' : 'middle' },
          point.short ?? point.label,
        )),
    points.length > 1
      && !points.some(point => point.value == null)
      && s('path', { fill: `url(#${gradient})`, d: `${path('value')}L${x(points.length - 1)},${y(0)}L${x(0)},${y(0)}Z` }),
    compares && s('path', { class: 'before', d: path('before') }),
    s('path', { class: 'line', d: path('value', 0, solid) }),
    solid < points.length && s('path', { class: 'line partial', d: path('value', solid - 1) }),
    // A point without neighbours is drawn as a dot.
    points.map(({ value }, at) => value != null && points[at - 1]?.value == null && points[at + 1]?.value == null
      && s('circle', { class: 'dot alone', r: 4, cx: x(at), cy: y(value) })),
    cursor,
    dot,
  );
  const tip = h('div', { class: 'tip', hidden: true }), spoken = h('p', { class: 'hidden', 'aria-live': 'polite' });
  let current = -1;
  const show = at => {
    const point = points[current = Math.max(0, Math.min(points.length - 1, at))];
    onshow(current, true);
    for (const [key, value] of [['x1', x(current)], ['x2', x(current)], ['visibility', 'visible']]) cursor.setAttribute(`${key}`, `${value}`);
    for (const [key, value] of [
      ['cx', x(current)],
      ['cy', y(point.value ?? 0)],
      ['visibility', point.value == null ? 'hidden' : 'visible'],
    ]) dot.setAttribute(`${key}`, `${value}`);
    const text = (point.value == null ? format : say)(point.value);
    tip.replaceChildren(h('span', null, point.label), h('strong', null, text),
      compares ? h('span', { class: 'muted' }, t('before', { value: format(point.before) })) : '',
    );
    tip.hidden = false;
    const drawn = place(svg);
    tip.style.left = `${drawn.left + x(current) * drawn.scale}px`;
    tip.classList.toggle('left', x(current) > width / 2);
    return `${point.label}: ${text}`;
  };
  const hide = () => { onshow(current, false); tip.hidden = true; cursor.setAttribute('visibility', 'hidden'); dot.setAttribute('visibility', 'hidden'); };
  svg.addEventListener('pointermove', event => {
    const drawn = place(svg), at = (event.clientX - svg.getBoundingClientRect().left - drawn.left) / drawn.scale;
    show(Math.round((at - left) / (width - left - right) * (points.length - 1)));
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.addEventListener('keydown', event => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: points.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    spoken.textContent = show(to);
  });
  return { picture: [svg, tip, spoken], show };
}

/** The position of a picture in its box, which may be wider, and its scale. */
function place(svg) {
  const { a: scale, e } = svg.getScreenCTM();
  return { scale, left: e - svg.getBoundingClientRect().left };
}

/** The labels of an axis in the chart's unit, and the width they need. */
function axisLabels(ticks, format) {
  const texts = format.axis?.(ticks) ?? ticks.map(format === number ? short : format);
  return { texts, left: Math.max(46, 14 + 7 * Math.max(...texts.map(text => text.length))) };
}

/** Columns side by side. `points`: [{ label, value }]. */
export function columnChart({ name, points, format = number }) {
  const ticks = steps(Math.max(1, ...points.map(point => point.value)), 3);
  const box = h('div'), axis = axisLabels(ticks, format), height = 200, { left } = axis, bottom = 24, top = 10;
  const highest = ticks[ticks.length - 1];
  const y = value => top + (height - top - bottom) * (1 - value / highest);
  const columns = width => {
    const slot = (width - left) / Math.max(1, points.length), every = Math.max(1, Math.ceil(points.length / (width / 70)));
    return s('svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name, class: 'columns' },
      ticks.map((value, at) => [
        s('line', { class: 'grid', x1: left, x2: width, y1: y(value), y2: y(value) }),
        s('text', { class: 'axis', x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, axis.texts[at]),
      ]),
      points.map((point, at) => [
        s('rect',
          {
            class: `bar ${point.kind ?? ''}`,
            x: left + at * slot + slot * 0.12,
            width: Math.max(1, slot * 0.76),
            y: y(point.value),
            height: Math.max(0, y(0) - y(point.value)),
            rx: Math.min(3, slot / 6),
          },
          s('title', null, `${point.label}: ${format(point.value)}`),
        ),
        at % every === 0
          && s('text', { class: 'axis', x: left + (at + 0.5) * slot, y: height - 6, 'text-anchor': 'middle' }, point.short ?? point.label),
      ]),
    );
  };
  return drawing(name,
    drawn(box, width => box.replaceChildren(columns(width))),
    [t('item'), name],
    points.map(point => [point.label, format(point.value)]),
  );
}

/**
 * A Sankey diagram. Nodes: { id, step, label, value, pick, kind }, one column per step; links: { source, target, value } with the IDs of
 * nodes. `pick()` runs on a click on the node.
 */
export function sankey({ name, nodes, links }) {
  const steps = [...new Set(nodes.map(node => node.step))].sort((a, b) => a - b), gap = 12, thick = 10, slot = 190;
  const columns = steps.map(step => nodes.filter(node => node.step === step));
  const most = Math.max(...columns.map(column => column.length)), width = Math.max(860, slot * steps.length), height = Math.max(200, most * 42);
  const total = Math.max(1, ...columns.map(column => column.reduce((sum, node) => sum + node.value, 0)));
  const scale = (height - gap * (most + 1)) / total, distance = (width - slot) / Math.max(1, steps.length - 1);
  const places = new Map();
  columns.forEach((column, at) => {
    let y = gap;
    for (const node of column) {
      const size = Math.max(2, node.value * scale);
      places.set(node.id, { node, x: at * distance, y, size, out: 0, in: 0 });
      y += size + gap;
    }
  });
  const title = node => s('title', null, `${node.label}: ${number(node.value)}`);
  return drawing(name,
    scroller(name,
      s('svg',
        { viewBox: `0 0 ${width} ${height}`, class: 'sankey', role: 'group', 'aria-label': name },
        bands(links, places, scale, thick),
        [...places.values()].map(({ node, x, y, size }) => s('g', nodeProperties(node),
          s('rect', { x, y, width: thick, height: size, rx: 2 }),
          s('text',
            { x: x + thick + 6, y: y + Math.min(size / 2 + 4, 16) },
            node.label.length > 22 ? `${node.label.slice(0, 21)}…` : node.label,
            s('tspan', { class: 'muted' }, `  ${number(node.value)}`),
          ),
          title(node),
        )),
      ),
    ),
    [t('from'), t('to'), t('visitors')],
    links.map(link => [places.get(link.source).node.label, places.get(link.target).node.label, number(link.value)]),
  );
}

/** The links as bands, sorted at each node by their other ends so they cross as little as possible. */
function bands(links, places, scale, thick) {
  const drawn = links.map(link => ({
    from: places.get(link.source),
    to: places.get(link.target),
    value: link.value,
    size: Math.max(1, link.value * scale),
  }));
  for (const band of [...drawn].sort((a, b) => a.to.y - b.to.y)) {
    band.y1 = band.from.y + band.from.out;
    band.from.out += band.size;
  }
  for (const band of [...drawn].sort((a, b) => a.from.y - b.from.y)) {
    band.y2 = band.to.y + band.to.in;
    band.to.in += band.size;
  }
  return drawn.map(({ from, to, value, size, y1, y2 }) => {
    const x1 = from.x + thick, x2 = to.x, middle = (x1 + x2) / 2;
    const there = `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
    const back = `L${x2},${y2 + size}C${middle},${y2 + size} ${middle},${y1 + size} ${x1},${y1 + size}Z`;
    return s('path',
      { class: `band ${to.node.kind ?? ''}`, d: there + back },
      s('title', null, `${from.node.label} → ${to.node.label}: ${number(value)}`),
    );
  });
}

function nodeProperties({ pick, label, value, kind = '' }) {
  if (!pick) return { class: `node ${kind}` };
  const onkeydown = event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    pick();
  };
  return { class: `node pick ${kind}`, role: 'button', tabindex: 0, 'aria-label': `${label}: ${number(value)}`, onclick: pick, onkeydown };
}

/** A bar behind text; `share` is 0...1. */
export const bar = share => h('span', { class: 'share', 'aria-hidden': 'true', style: { width: `${Math.max(0, Math.min(1, share)) * 100}%` } });

/** A cell of a heat map. The colour grows with the square root of the percentage, so small values stay distinguishable. */
export function heat(value, pick, label) {
  if (value == null) return h('td', { class: 'number muted' }, '–');
  const shown = percent(value);
  return h('td', { class: 'number heat', vars: { heat: `${Math.sqrt(Math.min(100, value)) * 10}%` } },
    pick ? h('button', { type: 'button', class: 'cell', 'aria-label': `${label}: ${shown}`, title: label, onclick: pick }, shown) : shown,
  );
}
