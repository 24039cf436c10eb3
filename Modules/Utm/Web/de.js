// German.

export default {
  channels: 'Kanäle',
  campaigns: 'Kampagnen',
  sources: 'UTM-Quellen',
  mediums: 'UTM-Medien',
  ai: 'KI-Assistenten',
  'ai?': 'Besuche von Assistenten wie ChatGPT, Claude oder Perplexity.',
  bounce: 'Absprungrate',
  duration: 'Besuchsdauer',
  attribution: 'Attribution',
  'attribution?': 'Welchen Besuchen eine Bestellung zugerechnet wird, nach dem gewählten Modell.',
  model: 'Modell',
  first_touch: 'Erster Kontakt',
  last_touch: 'Letzter Kontakt',
  linear: 'Linear',
  position_based: 'Positionsbasiert (40/20/40)',
  time_decay: 'Zeitverlauf',
  channel: 'Kanal',
  source: 'Quelle',
  campaign: 'Kampagne',
  'no-orders': 'Keine Bestellungen in diesem Zeitraum. Eine Bestellung ist ein Ereignis mit revenue_amount.',
  tag:
    'Keine markierten Besuche in diesem Zeitraum. Ergänzen Sie ?utm_source=…&utm_campaign=… in Ihren Links und data-utm="true" im '
    + 'Skript-Tag.',
};
