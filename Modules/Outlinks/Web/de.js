// German.

export default {
  links: 'Links',
  hosts: 'Websites',
  downloads: 'Downloads',
  types: 'Dateitypen',
  clicks: 'Klicks',
  none: 'Keine Klicks in diesem Zeitraum. Ergänzen Sie data-outlinks="true" im Skript-Tag.',
};
