// German.

export default {
  people: 'Personen',
  'people?': 'Besucher, die ein identify-Ereignis identifiziert hat, die zuletzt gesehenen zuerst.',
  accounts: 'Konten',
  'accounts?': 'Firmen und Teams, zu denen Besucher gehören.',
  whole:
    'Diese Seite listet alle, die je identifiziert wurden. Zeitraum, Filter und Segment oben gelten nur für die Zahlen eines Kontos: Ein '
    + 'Klick darauf zeigt sie.',
  user: 'Nutzer',
  visitor: 'Besucher',
  traits: 'Merkmale',
  seen: 'Zuletzt gesehen',
  first: 'Zuerst gesehen',
  members: 'Mitglieder',
  role: 'Rolle',
  aliases: 'Besucher-IDs dieses Nutzers',
  none: 'Noch wurde niemand identifiziert. Senden Sie type=identify mit user_id oder traits.',
  'no-accounts': 'Noch keine Konten.',
  identified: 'Identifizierte Nutzer',
  range: 'In diesem Zeitraum',
  merges: 'Zusammengeführte Nutzer',
  'merges?':
    'Zwei Nutzer-IDs, die zu einer Person gehören: Berichte, die Personen zählen, zählen sie einmal. Das lässt sich rückgängig machen.',
  'merge-user': 'Nutzer',
  'merge-into': 'Ist dieselbe Person wie',
  merge: 'Zusammenführen',
  'merge?': {
    one: '„{user}“ ({count} Besucher-ID) und „{into}“ ({other}) werden eine Person namens „{into}“.',
    other: '„{user}“ ({count} Besucher-IDs) und „{into}“ ({other}) werden eine Person namens „{into}“.',
  },
  undo: 'Rückgängig machen',
  'undo?': '„{user}“ und „{into}“ werden wieder zwei Personen, auch in vergangenen Daten.',
  undone: 'rückgängig gemacht',
  'no-merges': 'Noch keine zusammengeführten Nutzer.',
  scim: 'Bereitgestellte Nutzer',
  'scim?': 'Nutzer, die ein anderes System hier über SCIM verwaltet; es ändert und entfernt sie auch.',
  active: 'Aktiv',
  yes: 'ja',
  no: 'nein',
};
