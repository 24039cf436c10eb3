// Deutsch.

export default {
  loading: 'Lädt', empty: 'In diesem Zeitraum gibt es nichts.', offline: 'Pulse ist nicht zu erreichen. Läuft es, und sind Sie online?',
  broken: 'Auf dieser Seite ging etwas schief.', again: 'Noch einmal', unknown: '(unbekannt)', more: 'Mehr', csv: 'CSV', close: 'Schließen', cancel: 'Abbrechen',
  sure: 'Sind Sie sicher?', save: 'Speichern', remove: 'Löschen', edit: 'Ändern', create: 'Anlegen', show: 'Zeigen', apply: 'Anwenden', copy: 'Kopieren', copied: 'Kopiert', name: 'Name',
  description: 'Beschreibung', new: 'neu', time: 'Zeit', what: 'Was', from: 'Von', to: 'Bis', previous: 'Zeitraum davor', before: 'davor: {value}',
  'than-before': 'gegenüber dem Zeitraum davor', 'as-table': 'Als Tabelle', 'arrow-keys': 'Pfeiltasten lesen die Punkte vor.', 'filter-by': 'Nur {value}',
  visitors: 'Besucher', pageviews: 'Seitenaufrufe', sessions: 'Sitzungen', events: 'Ereignisse', revenue: 'Umsatz', orders: 'Bestellungen', share: 'Anteil', saved: 'Gespeichert.', deleted: 'Gelöscht.',

  login: 'Anmelden', 'login-intro': 'Sehen Sie, was Ihre Besucher tun, mit einem Schlüssel Ihres Projekts.', credential: 'Schlüssel oder Verwaltungstoken',
  'credential-hint': 'Ein Schlüssel mit dem Recht „query“ beginnt mit pa_live_. Das Verwaltungstoken öffnet die Verwaltung.',
  'login-help': 'Woher bekomme ich einen?', 'login-help-key': 'Der erste Start gibt einen aus. Einen weiteren macht:',
  'login-help-admin': 'Das Verwaltungstoken ist, was Sie als PULSE_ADMIN_TOKEN gesetzt haben, oder der Inhalt der Datei admin-token im Datenordner.',
  'log-out': 'Abmelden', navigation: 'Seiten', menu: 'Menü', skip: 'Zum Inhalt', language: 'Sprache', theme: 'Farben',
  'theme.auto': 'Wie das System', 'theme.light': 'Hell', 'theme.dark': 'Dunkel', api: 'API-Referenz', off: 'aus',
  'category.tracking': 'Erfassung', 'category.analysis': 'Analyse', 'category.experience': 'Erlebnis', 'category.platform': 'Plattform', installation: 'Installation', admin: 'Verwaltung',
  nowhere: 'Nicht hier', 'no-page': 'Diese Seite gibt es nicht.', 'no-project': 'Kein Projekt ist offen. Wählen Sie eines in der Verwaltung.', 'to-overview': 'Zum Überblick',
  'module-off': 'Das Modul „{name}“ ist für dieses Projekt aus, oder Ihr Schlüssel darf es nicht benutzen.', 'turn-on': 'Einschalten',

  range: 'Zeitraum', 'range.today': 'Heute', 'range.yesterday': 'Gestern', 'range.7d': 'Letzte 7 Tage', 'range.30d': 'Letzte 30 Tage', 'range.90d': 'Letzte 90 Tage',
  'range.month': 'Dieser Monat', 'range.last-month': 'Voriger Monat', 'range.year': 'Dieses Jahr', 'range.12m': 'Letzte 12 Monate', 'range.custom': 'Andere Tage …',
  'days-inside': 'Beide Tage gehören dazu.', compare: 'Vergleichen', timezone: 'Zeitzone', segment: 'Segment', everyone: 'Alle', filter: 'Filter', filters: 'Filter',
  'add-filter': 'Filter hinzufügen', 'remove-filter': 'Filter entfernen: {value}', clear: 'Alle entfernen', dimension: 'Was', comparison: 'Wie', value: 'Wert', property: 'Eigenschaft',
  'value-hint': 'Mehrere Werte trennt ein Komma; bei „ist wie“ steht * für beliebigen Text.', is: 'ist', 'is-not': 'ist nicht', like: 'ist wie', 'not-like': 'ist nicht wie',
  'dimension.path': 'Seite', 'dimension.entry_page': 'Einstiegsseite', 'dimension.exit_page': 'Ausstiegsseite', 'dimension.title': 'Titel', 'dimension.source': 'Quelle',
  'dimension.referrer': 'Verweis', 'dimension.country': 'Land', 'dimension.region': 'Region', 'dimension.city': 'Stadt', 'dimension.browser': 'Browser',
  'dimension.os': 'System', 'dimension.device': 'Gerät', 'dimension.screen': 'Bildschirm', 'dimension.language': 'Sprache', 'dimension.event': 'Ereignis', 'dimension.data': 'Eigenschaft eines Ereignisses',

  start: 'Willkommen bei {name}', 'start-intro': 'Noch ist nichts angekommen. Zwei Schritte, und diese Seite zeigt Ihre Besucher.', 'start-paste': '1. Fügen Sie das vor </body> Ihrer Seiten ein',
  'start-key': 'Anstelle von YOUR_INGEST_KEY gehört ein Schlüssel mit dem Recht „ingest“.', 'make-ingest-key': 'Einen solchen Schlüssel anlegen', 'key-once': 'Dieser Schlüssel wird nur jetzt gezeigt. Jeder darf ihn sehen: Er kann senden und nichts lesen.',
  'start-wait': '2. Öffnen Sie eine Ihrer Seiten', waiting: 'Warten auf das erste Ereignis …', arrived: 'Es geht. Erstes Ereignis:',
};
