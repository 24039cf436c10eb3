// Who the visitors are, where they said so: people and accounts.

import { h, replace, t, number, ago, moment, load, card, table, facts, dialog, ask } from './kit.js';

export const texts = {
  'p.people': { en: 'People', de: 'Personen' },
  'p.people?': {
    en: 'Visitors that an identify call has named, the latest first.',
    de: 'Besucher, die ein identify-Aufruf benannt hat, die neuesten zuerst.',
  },
  'p.accounts': { en: 'Accounts', de: 'Konten' },
  'p.accounts?': { en: 'Companies and teams that visitors belong to.', de: 'Firmen und Teams, zu denen Besucher gehören.' },
  'p.user': { en: 'User', de: 'Nutzer' },
  'p.visitor': { en: 'Visitor', de: 'Besucher' },
  'p.traits': { en: 'Traits', de: 'Merkmale' },
  'p.seen': { en: 'Last seen', de: 'Zuletzt gesehen' },
  'p.first': { en: 'First seen', de: 'Zuerst gesehen' },
  'p.members': { en: 'Members', de: 'Mitglieder' },
  'p.role': { en: 'Role', de: 'Rolle' },
  'p.aliases': { en: 'Visitor ids of this user', de: 'Besucherkennungen dieses Nutzers' },
  'p.none': {
    en: 'Nobody was identified yet: send type=identify with a user_id or traits.',
    de: 'Noch wurde niemand benannt: Senden Sie type=identify mit user_id oder traits.',
  },
  'p.no-accounts': { en: 'No accounts yet.', de: 'Noch keine Konten.' },
  'p.identified': { en: 'Known users', de: 'Bekannte Nutzer' },
  'p.range': { en: 'In the range shown', de: 'Im gezeigten Zeitraum' },
};

const traits = values => Object
  .entries(values ?? {})
  .slice(0, 4)
  .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  .join(' · ');
const all = values => Object.keys(values ?? {}).length ? h('pre', { tabindex: 0 }, JSON.stringify(values, null, 2)) : '–';

export async function show(view) {
  const { root, signal } = view;
  const list = (path, draw, nothing) => {
    const place = h('div', { class: 'body' });
    let limit = 20;
    const again = () => load(place,
      async () => {
        const { data } = await ask(path, { signal, parameters: { limit } });
        return data.length
          ? [
            draw(data),
            data.length === limit
              && h('button', { type: 'button', class: 'link', onclick: () => { limit = Math.min(1000, limit * 5); again(); } }, t('more')),
          ]
          : null;
      },
      { signal, nothing },
    );
    again();
    return place;
  };
  const seen = {
    name: t('p.seen'),
    cell: row => h('time', { datetime: row.last_seen_at, title: moment(row.last_seen_at, view.state.zone) }, ago(row.last_seen_at)),
  };
  replace(root,
    card(t('p.people'), { explain: t('p.people?') },
      list('/api/v1/identity/profiles',
        data => table(t('p.people'),
          [
            { name: t('p.user'), cell: row => row.user_id ?? row.visitor_id },
            { name: t('p.traits'), cell: row => traits(row.traits) },
            seen,
          ],
          data,
          { onpick: row => person(view, row) },
        ),
        t('p.none'),
      ),
    ),
    card(t('p.accounts'), { explain: t('p.accounts?') },
      list('/api/v1/identity/accounts',
        data => table(t('p.accounts'),
          [
            { name: t('name'), cell: row => row.name ?? row.account_id },
            { name: t('p.traits'), cell: row => traits(row.traits) },
            seen,
          ],
          data,
          { onpick: row => account(view, row) },
        ),
        t('p.no-accounts'),
      ),
    ),
  );
}

function person(view, row) {
  dialog(
    row.user_id ?? row.visitor_id,
    () => [
      facts([
        [t('p.visitor'), row.visitor_id],
        [t('p.first'), moment(row.first_seen_at, view.state.zone)],
        [t('p.seen'), moment(row.last_seen_at, view.state.zone)],
        [t('p.traits'), all(row.traits)],
      ]),
      row.user_id && [h('h3', null, t('p.aliases')), aliases(row.user_id)],
    ],
    { closeLabel: t('close') },
  );
}

function aliases(user) {
  const place = h('div');
  load(place, async () => h('ul', null,
    (await ask(`/api/v1/identity/users/${encodeURIComponent(user)}/aliases`)).data.map(alias => h('li', null, h('code', null, alias.visitor_id))),
  ));
  return place;
}

function account(view, row) {
  const path = `/api/v1/identity/accounts/${encodeURIComponent(row.account_id)}`, place = h('div');
  load(place,
    async () => {
      const [totals, members] = await Promise.all([view.report(`${path}/analytics`), ask(`${path}/members`, { parameters: { limit: 100 } })]);
      return [
        facts([[t('p.traits'), all(row.traits)]]),
        h('h3', null, t('p.range')),
        facts([
          [t('p.identified'), number(totals.identified_users)],
          [t('sessions'), number(totals.sessions)],
          [t('pageviews'), number(totals.pageviews)],
          [t('events'), number(totals.events)],
          [t('revenue'), number(totals.revenue)],
        ]),
        h('h3', null, t('p.members')),
        table(t('p.members'),
          [
            { name: t('p.user'), cell: member => member.user_id ?? member.visitor_id },
            { name: t('p.role'), cell: member => member.role ?? '–' },
            { name: t('p.seen'), cell: member => ago(member.last_seen_at) },
          ],
          members.data,
        ),
      ];
    },
    { signal: view.signal },
  );
  dialog(row.name ?? row.account_id, () => place, { closeLabel: t('close') });
}
