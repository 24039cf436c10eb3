// What was not stored as it was sent: rejected and adjusted events, from the ledger.

import { ask } from './api.js';
import { t, has } from './text.js';

/** Reasons that come from the project's privacy settings: these events are rejected on purpose. */
const intended = ['bot', 'do_not_track', 'consent', 'blocked_user_agent'];

/** Sums of counts by reason. */
function sums(rows) {
  const counts = new Map();
  for (const row of rows) for (const [reason, count] of Object.entries(row)) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return counts;
}

const reasons = (kind, counts) => [...counts]
  .map(([name, times]) => `${has(`${kind}.${name}`) ? t(`${kind}.${name}`) : name} (${times})`)
  .join('; ');

/**
 * Says how many events were rejected and which values were changed, and why; empty texts if there are none.
 * @param {Record<string, string>} range start_at, and end_at and timezone if wanted
 * @param {{ signal: AbortSignal, faults?: boolean }} options with `faults`, leaves out what was rejected on purpose
 */
export async function losses(range, { signal, faults = false }) {
  const { data } = await ask('/api/v1/ingest/ledger', { signal, parameters: range });
  const lost = sums(data.map(row => row.refused)), changed = sums(data.map(row => row.adjusted));
  if (faults) for (const reason of intended) lost.delete(reason);
  const count = [...lost.values()].reduce((sum, one) => sum + one, 0);
  return {
    refused: count ? t('refused', { count, reasons: reasons('refused', lost) }) : '',
    adjusted: changed.size ? t('adjusted', { reasons: reasons('adjusted', changed) }) : '',
  };
}
