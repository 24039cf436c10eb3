// The events that were rejected or changed, as the ledger counts them.

import { ask } from './api.js';
import { t, has, addText } from './text.js';

/** Reasons that come from the project's privacy settings: these events are rejected on purpose. */
const intended = ['erased', 'bot', 'do_not_track', 'consent', 'blocked_user_agent'];

/**
 * Adds the reasons of modules, which the server sends with their words.
 * @param {{ name: string, words: Record<string, string>, told: boolean }[]} reasons
 */
export function addReasons(reasons) {
  for (const { name, words, told } of reasons) {
    addText(`refused.${name}`, words);
    if (!told) intended.push(name);
  }
}

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
 * Says how many events of the last 24 hours were rejected and which values were changed, and why; empty texts if there are none. Always one
 * day, because the ledger has a row for each hour.
 * @param {{ signal: AbortSignal, byMistake?: boolean }} options with `byMistake`, leaves out what was rejected on purpose
 */
export async function losses({ signal, byMistake = false }) {
  const { data } = await ask('/api/v1/ingest/ledger', { signal, parameters: { start_at: new Date(Date.now() - 86400000).toISOString() } });
  const lost = sums(data.map(row => row.refused)), changed = sums(data.map(row => row.adjusted));
  if (byMistake) for (const reason of intended) lost.delete(reason);
  const count = [...lost.values()].reduce((sum, one) => sum + one, 0);
  return {
    refused: count ? t('refused', { count, reasons: reasons('refused', lost) }) : '',
    adjusted: changed.size ? t('adjusted', { reasons: reasons('adjusted', changed) }) : '',
  };
}
