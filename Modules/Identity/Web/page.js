// Who the visitors are, where they said so: people and accounts.

import { h, replace, t, number, money, ago, moment, load, card, growing, table, facts, field, form, dialog, removal, confirmed, ask } from './kit.js';

export const texts = {
  'p.people': { en: 'People', de: 'Personen' },
  'p.people?': {
    en: 'Visitors that an identify call has named, the latest first.',
    de: 'Besucher, die ein identify-Aufruf benannt hat, die neuesten zuerst.',
  },
  'p.accounts': { en: 'Accounts', de: 'Konten' },
  'p.accounts?': { en: 'Companies and teams that visitors belong to.', de: 'Firmen und Teams, zu denen Besucher gehören.' },
  'p.whole': {
    en: 'Everyone who was ever named is listed here. Range, filters and segment above apply to the numbers of an account: click one to see them.',
    de:
      'Hier stehen alle, die je benannt wurden. Zeitraum, Filter und Segment oben gelten für die Zahlen eines Kontos, die ein Klick darauf zeigt.',
  },
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
  'p.merges': { en: 'The same person', de: 'Dieselbe Person' },
  'p.merges?': {
    en: 'Two user ids that belong to one person: reports that count people count them once. A merge can be taken back.',
    de: 'Zwei Nutzerkennungen, die einer Person gehören: Auswertungen, die Personen zählen, zählen sie einmal. Das lässt sich zurücknehmen.',
  },
  'p.merge-user': { en: 'User', de: 'Nutzer' },
  'p.merge-into': { en: 'is the same person as', de: 'ist dieselbe Person wie' },
  'p.merge': { en: 'Merge', de: 'Zusammenführen' },
  'p.merge?': {
    en: {
      one: '“{user}” ({count} visitor id) and “{into}” ({other}) become one person, called “{into}”.',
      other: '“{user}” ({count} visitor ids) and “{into}” ({other}) become one person, called “{into}”.',
    },
    de: {
      one: '„{user}“ ({count} Besucherkennung) und „{into}“ ({other}) werden eine Person namens „{into}“.',
      other: '„{user}“ ({count} Besucherkennungen) und „{into}“ ({other}) werden eine Person namens „{into}“.',
    },
  },
  'p.undo': { en: 'Take back', de: 'Zurücknehmen' },
  'p.undo?': {
    en: '“{user}” and “{into}” are two people again, past included.',
    de: '„{user}“ und „{into}“ sind wieder zwei Personen, auch rückwirkend.',
  },
  'p.undone': { en: 'taken back', de: 'zurückgenommen' },
  'p.no-merges': { en: 'Nobody was merged.', de: 'Niemand wurde zusammengeführt.' },
  'p.scim': { en: 'Provisioned users', de: 'Bereitgestellte Nutzer' },
  'p.scim?': {
    en: 'Users that another system keeps here through SCIM; it also changes and removes them.',
    de: 'Nutzer, die ein anderes System über SCIM hier führt; es ändert und entfernt sie auch.',
  },
  'p.active': { en: 'Active', de: 'Aktiv' },
  'p.yes': { en: 'yes', de: 'ja' },
  'p.no': { en: 'no', de: 'nein' },
};

const traits = values => Object
  .entries(values ?? {})
  .slice(0, 4)
  .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  .join(' · ');
const all = values => Object.keys(values ?? {}).length ? h('pre', { tabindex: 0 }, JSON.stringify(values, null, 2)) : '–';

export async function show(view) {
  const { root, signal } = view;
  const people = list(view, '/api/v1/identity/profiles', t('p.none'), data => table(t('p.people'),
    [
      { name: t('p.user'), cell: row => row.user_id ?? row.visitor_id },
      { name: t('p.visitor'), cell: row => h('code', null, row.visitor_id) },
      { name: t('p.traits'), cell: row => traits(row.traits) },
      seen(view),
    ],
    data,
    { pick: row => () => person(view, row) },
  ));
  const accounts = list(view, '/api/v1/identity/accounts', t('p.no-accounts'), data => table(t('p.accounts'),
    [
      { name: t('name'), cell: row => row.name ?? row.account_id },
      { name: t('p.traits'), cell: row => traits(row.traits) },
      seen(view),
    ],
    data,
    { pick: row => () => account(view, row) },
  ));
  replace(root,
    h('p', { class: 'hint' }, t('p.whole')),
    card(t('p.people'), { explain: t('p.people?') }, people),
    card(t('p.accounts'), { explain: t('p.accounts?') }, accounts),
    merges(view),
  );
  const { data: provisioned } = await ask(scimUsers, { signal, parameters: { limit: 1 } });
  if (provisioned.length) root.append(scim(view));
}

const seen = view => ({
  name: t('p.seen'),
  cell: row => h('time', { datetime: row.last_seen_at, title: moment(row.last_seen_at, view.state.zone) }, ago(row.last_seen_at)),
});

const list = ({ signal }, path, nothing, draw) =>
  growing(async limit => (await ask(path, { signal, parameters: { limit } })).data, draw, { signal, nothing });

function merges(view) {
  const user = h('input', { type: 'text', required: true, maxlength: 200, id: 'merge-user' });
  const into = h('input', { type: 'text', required: true, maxlength: 200, id: 'merge-into' });
  const place = list(view, '/api/v1/identity/merges', t('p.no-merges'), (data, again) => table(t('p.merges'),
    [
      { name: t('p.merge-user'), cell: row => row.user_id },
      { name: t('p.merge-into'), cell: row => row.into_user_id },
      { name: t('visitors'), number: true, cell: row => number(row.visitors) },
      { name: t('time'), cell: row => moment(row.created_at, view.state.zone) },
      {
        name: '',
        cell: row => row.undone_at
          ? h('span', { class: 'muted' }, t('p.undone'))
          : removal(
            t('p.undo?', { user: row.user_id, into: row.into_user_id }),
            async () => {
              await ask(`/api/v1/identity/merges/${row.id}`, { method: 'DELETE' });
              again();
            },
            { text: t('p.undo'), of: row.user_id },
          ),
      },
    ],
    data,
  ));
  const merge = async () => {
    const body = { user_id: user.value.trim(), into_user_id: into.value.trim() };
    const { visitors, into_visitors } = await ask('/api/v1/identity/merges/preview', { method: 'POST', body });
    const question = t('p.merge?', { user: body.user_id, into: body.into_user_id, count: visitors, other: into_visitors });
    if (!await confirmed(question, t('p.merge'))) return;
    await ask('/api/v1/identity/merges', { method: 'POST', body });
    user.value = into.value = '';
    place.again();
  };
  return card(t('p.merges'), { explain: t('p.merges?') },
    form({ class: 'row', id: 'merge-form' }, merge,
      field(t('p.merge-user'), user),
      field(t('p.merge-into'), into),
      h('button', { type: 'submit' }, t('p.merge')),
    ),
    place,
  );
}

const scimUsers = '/api/v1/identity/scim/users';
const scim = view => card(t('p.scim'), { explain: t('p.scim?') },
  list(view, scimUsers, t('p.none'), users => table(t('p.scim'),
    [
      { name: t('p.user'), cell: row => row.user_name },
      { name: t('name'), cell: row => row.display_name ?? '–' },
      { name: t('p.active'), cell: row => t(row.active ? 'p.yes' : 'p.no') },
      { name: 'ID', cell: row => h('code', null, row.id) },
    ],
    users,
  )),
);

function person(view, row) {
  const place = h('div');
  load(place,
    async () => {
      // The list does not say since when a visitor is known.
      const known = await ask(`/api/v1/identity/profiles/${encodeURIComponent(row.visitor_id)}`, { signal: view.signal });
      return facts([
        [t('p.visitor'), h('code', null, known.visitor_id)],
        [t('p.first'), moment(known.first_seen_at, view.state.zone)],
        [t('p.seen'), moment(known.last_seen_at, view.state.zone)],
        [t('p.traits'), all(known.traits)],
      ]);
    },
    { signal: view.signal },
  );
  dialog(row.user_id ?? row.visitor_id, () => [place, row.user_id && [h('h3', null, t('p.aliases')), aliases(row.user_id)]]);
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
        facts([[t('p.traits'), all(row.traits)]]),
        h('h3', null, t('p.range')),
        facts([
          [t('p.identified'), number(totals.identified_users)],
          [t('sessions'), number(totals.sessions)],
          [t('pageviews'), number(totals.pageviews)],
          [t('events'), number(totals.events)],
          [t('revenue'), totals.currency ? money(totals.revenue, totals.currency) : null],
        ]),
      ];
    },
    { signal: view.signal },
  );
  const members = list(view, `${path}/members`, t('none'), data => table(t('p.members'),
    [
      { name: t('p.user'), cell: member => member.user_id ?? member.visitor_id },
      { name: t('p.role'), cell: member => member.role ?? '–' },
      { name: t('p.seen'), cell: member => ago(member.last_seen_at) },
    ],
    data,
  ));
  dialog(row.name ?? row.account_id, () => [place, h('h3', null, t('p.members')), members]);
}
