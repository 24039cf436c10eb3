// English: the catalogue that every other language translates.

export default {
  loading: 'Loading', empty: 'Nothing here in this range.', offline: 'Pulse can’t be reached. Is it running, and are you online?',
  broken: 'Something went wrong on this page.', again: 'Try again', unknown: '(unknown)', more: 'More', csv: 'CSV', close: 'Close', cancel: 'Cancel',
  sure: 'Are you sure?', save: 'Save', remove: 'Delete', edit: 'Edit', create: 'Create', show: 'Show', apply: 'Apply', copy: 'Copy', copied: 'Copied', name: 'Name',
  description: 'Description', new: 'new', time: 'Time', what: 'What', from: 'From', to: 'To', previous: 'Previous period', before: 'before: {value}',
  'than-before': 'than in the period before', 'as-table': 'As a table', 'arrow-keys': 'Arrow keys read the points.', 'filter-by': 'Only {value}',
  visitors: 'Visitors', pageviews: 'Pageviews', sessions: 'Sessions', events: 'Events', revenue: 'Revenue', orders: 'Orders', share: 'Share', saved: 'Saved.', deleted: 'Deleted.',

  login: 'Log in', 'login-intro': 'See what your visitors do, with a key of your project.', credential: 'Key or admin token',
  'credential-hint': 'A key with the scope “query” begins with pa_live_. The admin token opens administration.',
  'login-help': 'Where do I get one?', 'login-help-key': 'The first start prints a query key. Make another one with:',
  'login-help-admin': 'The admin token is what you set as PULSE_ADMIN_TOKEN, or the content of the file admin-token in the data folder.',
  'log-out': 'Log out', navigation: 'Pages', menu: 'Menu', skip: 'Skip to the content', language: 'Language', theme: 'Colours',
  'theme.auto': 'As the system', 'theme.light': 'Light', 'theme.dark': 'Dark', api: 'API reference', off: 'off',
  'category.tracking': 'Tracking', 'category.analysis': 'Analysis', 'category.experience': 'Experience', 'category.platform': 'Platform', installation: 'Installation', admin: 'Administration',
  nowhere: 'Not here', 'no-page': 'There is no such page.', 'no-project': 'No project is open. Choose one in the administration.', 'to-overview': 'To the overview',
  'module-off': 'The module “{name}” is off for this project, or your key may not use it.', 'turn-on': 'Turn it on',

  range: 'Range', 'range.today': 'Today', 'range.yesterday': 'Yesterday', 'range.7d': 'Last 7 days', 'range.30d': 'Last 30 days', 'range.90d': 'Last 90 days',
  'range.month': 'This month', 'range.last-month': 'Last month', 'range.year': 'This year', 'range.12m': 'Last 12 months', 'range.custom': 'Other days…',
  'days-inside': 'Both days are inside.', compare: 'Compare', timezone: 'Time zone', segment: 'Segment', everyone: 'Everyone', filter: 'Filter', filters: 'Filters',
  'add-filter': 'Add a filter', 'remove-filter': 'Remove the filter: {value}', clear: 'Clear all', dimension: 'What', comparison: 'How', value: 'Value', property: 'Property',
  'value-hint': 'Several values are separated by commas; with “is like”, * stands for any text.', is: 'is', 'is-not': 'is not', like: 'is like', 'not-like': 'is not like',
  'dimension.path': 'Page', 'dimension.entry_page': 'Entry page', 'dimension.exit_page': 'Exit page', 'dimension.title': 'Title', 'dimension.source': 'Source',
  'dimension.referrer': 'Referrer', 'dimension.country': 'Country', 'dimension.region': 'Region', 'dimension.city': 'City', 'dimension.browser': 'Browser',
  'dimension.os': 'System', 'dimension.device': 'Device', 'dimension.screen': 'Screen', 'dimension.language': 'Language', 'dimension.event': 'Event', 'dimension.data': 'Property of an event',

  start: 'Welcome to {name}', 'start-intro': 'Nothing has arrived yet. Two steps, and this page shows your visitors.', 'start-paste': '1. Paste this before </body> of your pages',
  'start-key': 'Put a key with the scope “ingest” in the place of YOUR_INGEST_KEY.', 'make-ingest-key': 'Make an ingest key', 'key-once': 'This key is shown only now. It may be seen by anybody: it can send, and read nothing.',
  'start-wait': '2. Open one of your pages', waiting: 'Waiting for the first event …', arrived: 'It works. First event:',
};
