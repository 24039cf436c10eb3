// Form rows for conditions on event properties: the `where` of funnel steps, goals and segments.

import { h, replace, select } from './dom.js';
import { t } from './text.js';
import { button } from './kit.js';

const operators = ['eq', 'neq', 'contains', 'starts_with', 'ends_with', 'gte', 'gt', 'lte', 'lt', 'exists', 'not_exists'];
const numeric = ['eq', 'neq', 'gte', 'gt', 'lte', 'lt'];
/** Whether a form row can show the condition; lists of values, for example, can't be shown. */
const isSimple = ({ op, value }) => operators.includes(op) && (value === undefined || typeof value !== 'object');

/** The input as a number if it is one, so it is compared numerically. */
const operand = (op, text) => numeric.includes(op) && text.trim() === String(Number(text)) ? Number(text) : text;

/** Whether every condition is complete. */
export const areComplete = (where = []) => where.every(({ field, op, value }) => field.trim() && (op.endsWith('exists') || `${value ?? ''}` !== ''));

/** Rows that edit `owner.where`, and remove it when empty; calls `changed()` on changes. Conditions they can't show are kept. */
export function propertyRows(owner, changed = () => {}) {
  const rows = h('div'), add = button(`+ ${t('condition.of-property')}`, () => {
    owner.where = [...owner.where ?? [], { field: '', op: 'eq', value: '' }];
    draw();
    rows.lastElementChild?.querySelector('input')?.focus();
  }, { class: 'link add-property' });
  const input = (label, condition, key, read = text => text) => h('input', {
    type: 'text',
    'aria-label': t(label),
    placeholder: t(label),
    value: condition[key] ?? '',
    required: true,
    oninput: event => { condition[key] = read(event.target.value); changed(); },
  });
  const parts = condition => isSimple(condition)
    ? [
      input('property', condition, 'field'),
      select({ 'aria-label': t('comparison'), onchange: event => become(condition, event.target.value) },
        operators.map(name => [name, t(`op.${name}`)]),
        condition.op,
      ),
      !condition.op.endsWith('exists') && input('value', condition, 'value', text => operand(condition.op, text)),
    ]
    : h('code', null, JSON.stringify(condition));
  const become = (condition, op) => {
    const text = `${condition.value ?? ''}`;
    condition.op = op;
    if (op.endsWith('exists')) delete condition.value; else condition.value = operand(op, text);
    const at = owner.where.indexOf(condition);
    draw();
    rows.children[at].querySelector('select')?.focus();
  };
  const draw = () => {
    if (!owner.where?.length) delete owner.where;
    replace(rows,
      owner.where?.map((condition, at) => h('div', { class: 'row condition' },
        parts(condition),
        button('✕', () => { owner.where.splice(at, 1); draw(); add.focus(); }, { class: 'icon', 'aria-label': t('condition.drop') }),
      )),
    );
    changed();
  };
  draw();
  return h('div', { class: 'properties' }, rows, add);
}
