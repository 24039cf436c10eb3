// Identified visitors: people and accounts.

import { h, replace, t, number, money, ago, moment, load, card, growing, table, facts, field, form, dialog, removal, confirmed, ask } from './kit.js';

const traits = values => Object
  .entries(values ?? {})
  .slice(0, 4)
  .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  .join(' · ');
const all = values => Object.keys(values ?? {}).length ? h('pre', { tabindex: 0 }, JSON.stringify(values, null, 2)) : '–';

/** @param {View} view */
export async function show(view) {
  const { root, signal } = view;
  const people = list(view, '/api/v1/identity/profiles', t('identity.none'), data => table(t('identity.people'),
    [
      { name: t('identity.user'), cell: row => row.user_id ?? row.visitor_id },
      { name: t('identity.visitor'), cell: row => h('code', null, row.visitor_id) },
      { name: t('identity.traits'), cell: row => traits(row.traits) },
      seen(view),
    ],
    data,
    { pick: row => () => person(view, row) },
  ));
  const accounts = list(view, '/api/v1/identity/accounts', t('identity.no-accounts'), data => table(t('identity.accounts'),
    [
      { name: t('name'), cell: row => row.name ?? row.account_id },
      { name: t('identity.traits'), cell: row => traits(row.traits) },
      seen(view),
    ],
    data,
    { pick: row => () => account(view, row) },
  ));
  replace(root,
    h('p', { class: 'hint' }, t('identity.whole')),
    card(t('identity.people'), { explain: t('identity.people?') }, people),
    card(t('identity.accounts'), { explain: t('identity.accounts?') }, accounts),
    merges(view),
  );
  const { data: provisioned } = await ask(scimUsers, { signal, parameters: { limit: 1 } });
  if (provisioned.length) root.append(scim(view));
}

const seen = view => ({
  name: t('identity.seen'),
  cell: row => h('time', { datetime: row.last_seen_at, title: moment(row.last_seen_at, view.state.zone) }, ago(row.last_seen_at)),
});

const list = ({ signal }, path, nothing, draw) =>
  growing(async limit => (await ask(path, { signal, parameters: { limit } })).data, draw, { signal, nothing });

function merges(view) {
  const user = h('input', { type: 'text', required: true, maxlength: 200, id: 'merge-user' });
  const into = h('input', { type: 'text', required: true, maxlength: 200, id: 'merge-into' });
  const place = list(view, '/api/v1/identity/merges', t('identity.no-merges'), (data, again) => table(t('identity.merges'),
    [
      { name: t('identity.merge-user'), cell: row => row.user_id },
      { name: t('identity.merge-into'), cell: row => row.into_user_id },
      { name: t('visitors'), number: true, cell: row => number(row.visitors) },
      { name: t('time'), cell: row => moment(row.created_at, view.state.zone) },
      {
        name: '',
        cell: row => row.undone_at
          ? h('span', { class: 'muted' }, t('identity.undone'))
          : removal(
            t('identity.undo?', { user: row.user_id, into: row.into_user_id }),
            async () => {
              await ask(`/api/v1/identity/merges/${row.id}`, { method: 'DELETE' });
              again();
            },
            { text: t('identity.undo'), of: row.user_id },
          ),
      },
    ],
    data,
  ));
  const merge = async () => {
    const body = { user_id: user.value.trim(), into_user_id: into.value.trim() };
    const { visitors, into_visitors } = await ask('/api/v1/identity/merges/preview', { method: 'POST', body });
    const question = t('identity.merge?', { user: body.user_id, into: body.into_user_id, count: visitors, other: into_visitors });
    if (!await confirmed(question, t('identity.merge'))) return;
    await ask('/api/v1/identity/merges', { method: 'POST', body });
    user.value = into.value = '';
    place.again();
  };
  return card(t('identity.merges'), { explain: t('identity.merges?') },
    form({ class: 'row', id: 'merge-form' }, merge,
      field(t('identity.merge-user'), user),
      field(t('identity.merge-into'), into),
      h('button', { type: 'submit' }, t('identity.merge')),
    ),
    place,
  );
}

const scimUsers = '/api/v1/identity/scim/users';
const scim = view => card(t('identity.scim'), { explain: t('identity.scim?') },
  list(view, scimUsers, t('identity.none'), users => table(t('identity.scim'),
    [
      { name: t('identity.user'), cell: row => row.user_name },
      { name: t('name'), cell: row => row.display_name ?? '–' },
      { name: t('identity.active'), cell: row => t(row.active ? 'identity.yes' : 'identity.no') },
      { name: 'ID', cell: row => h('code', null, row.id) },
    ],
    users,
  )),
);

function person(view, row) {
  const place = h('div');
  load(place,
    async () => {
      // The list does not contain first_seen_at.
      const known = await ask(`/api/v1/identity/profiles/${encodeURIComponent(row.visitor_id)}`, { signal: view.signal });
      return facts([
        [t('identity.visitor'), h('code', null, known.visitor_id)],
        [t('identity.first'), moment(known.first_seen_at, view.state.zone)],
        [t('identity.seen'), moment(known.last_seen_at, view.state.zone)],
        [t('identity.traits'), all(known.traits)],
      ]);
    },
    { signal: view.signal },
  );
  dialog(row.user_id ?? row.visitor_id, () => [place, row.user_id && [h('h3', null, t('identity.aliases')), aliases(row.user_id)]]);
}

function aliases(user) {
  const place = h('div');
  load(place, async () => {
    const { data } = await ask(`/api/v1/identity/users/${encodeURIComponent(user)}/aliases`);
    return h('ul', null, data.map(alias => h('li', null, h('code', null, alias.visitor_id))));
  });
  return place;
}

function account(view, row) {
  const path = `/api/v1/identity/accounts/${encodeURIComponent(row.account_id)}`, place = h('div');
  load(place,
    async () => {
      const totals = await view.report(`${path}/analytics`);
      return [
        facts([[t('identity.traits'), all(row.traits)]]),
        h('h3', null, t('identity.range')),
        facts([
          [t('identity.identified'), number(totals.identified_users)],
          [t('sessions'), number(totals.sessions)],
          [t('pageviews'), number(totals.pageviews)],
          [t('events'), number(totals.events)],
          [t('revenue'), totals.currency ? money(totals.revenue, totals.currency) : null],
        ]),
      ];
    },
    { signal: view.signal },
  );
  const members = list(view, `${path}/members`, t('none'), data => table(t('identity.members'),
    [
      { name: t('identity.user'), cell: member => member.user_id ?? member.visitor_id },
      { name: t('identity.role'), cell: member => member.role ?? '–' },
      { name: t('identity.seen'), cell: member => ago(member.last_seen_at) },
    ],
    data,
  ));
  dialog(row.name ?? row.account_id, () => [place, h('h3', null, t('identity.members')), members]);
}
