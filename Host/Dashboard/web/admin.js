// Administration, with the admin token: projects, keys, modules, privacy, visitors, audit, health.

import {
  h, replace, t, ask, number, moment, ago, card, load, later, growing, table, facts, form, formDialog, field, select, button, removal, submit,
  attempt, confirmed, toast, download, dialog, remember, endOfDay, Failure,
} from './kit.js';
import { copyable, snippet } from './start.js';

export const texts = {
  'a.projects': { en: 'Projects', de: 'Projekte' },
  'a.domain': { en: 'Domain', de: 'Domain' },
  'a.created': { en: 'Created', de: 'Angelegt' },
  'a.new-project': { en: 'New project', de: 'Neues Projekt' },
  'a.open': { en: 'Open its dashboard', de: 'Auswertung öffnen' },
  'a.opened': {
    en: 'Makes a query key that ends in a day, and logs you in with it.',
    de: 'Legt einen Leseschlüssel für einen Tag an und meldet Sie damit an.',
  },
  'a.choose': { en: 'Administer', de: 'Verwalten' },
  'a.keys': { en: 'Keys', de: 'Schlüssel' },
  'a.keys?': {
    en: 'ingest sends data, query reads reports, admin does everything in this project.',
    de: 'ingest sendet Daten, query liest Auswertungen, admin darf alles in diesem Projekt.',
  },
  'a.key': { en: 'Key', de: 'Schlüssel' },
  'a.scopes': { en: 'May', de: 'Darf' },
  'a.modules': { en: 'Modules', de: 'Module' },
  'a.expires': { en: 'Expires', de: 'Endet' },
  'a.used': { en: 'Last used', de: 'Zuletzt benutzt' },
  'a.never': { en: 'never', de: 'nie' },
  'a.all': { en: 'all', de: 'alle' },
  'a.revoke': { en: 'Revoke', de: 'Widerrufen' },
  'a.revoke?': { en: 'Requests with the key “{name}” are rejected at once.', de: 'Wer den Schlüssel „{name}“ benutzt, wird sofort abgewiesen.' },
  'a.new-key': { en: 'New key', de: 'Neuer Schlüssel' },
  'a.make-key': { en: 'Make the key', de: 'Schlüssel anlegen' },
  'a.once': { en: 'This key is shown only now. Copy it.', de: 'Dieser Schlüssel wird nur jetzt gezeigt. Kopieren Sie ihn.' },
  'a.snippet': { en: 'For your pages:', de: 'Für Ihre Seiten:' },
  'a.expires-hint': { en: 'With the end of that day. Empty: never.', de: 'Mit dem Ende dieses Tages. Leer: nie.' },
  'a.no-scope': { en: 'Tick at least one thing that the key may do.', de: 'Haken Sie mindestens eines an, das der Schlüssel darf.' },
  'a.server': {
    en: 'Sent by a server, which may say a visitor’s address and browser',
    de: 'Von einem Server gesendet, der Adresse und Browser eines Besuchers nennen darf',
  },
  'a.switch': { en: 'On', de: 'An' },
  'a.level': { en: 'Access', de: 'Zugriff' },
  'a.level.read': { en: 'read: reports only', de: 'read: nur auswerten' },
  'a.level.write': { en: 'write: collect only', de: 'write: nur sammeln' },
  'a.level.all': { en: 'all: collect and report', de: 'all: sammeln und auswerten' },
  'a.modules?': {
    en: 'A module that is off neither collects nor reports. Data that it has collected is kept.',
    de: 'Ein Modul, das aus ist, sammelt nichts und antwortet nichts; was es gesammelt hat, bleibt.',
  },
  'a.privacy': { en: 'Privacy', de: 'Datenschutz' },
  'a.anonymize_ip': {
    en: 'Cut IP addresses before anything is looked up or hashed',
    de: 'IP-Adressen kürzen, bevor etwas nachgeschlagen oder gehasht wird',
  },
  'a.respect_dnt': {
    en: 'Store nothing of browsers that ask not to be tracked (DNT, Sec-GPC)',
    de: 'Nichts von Browsern speichern, die nicht verfolgt werden wollen (DNT, Sec-GPC)',
  },
  'a.bot_filtering': { en: 'Store nothing of crawlers and monitors', de: 'Nichts von Crawlern und Wächtern speichern' },
  'a.consent_required': { en: 'Store nothing without consent', de: 'Nichts ohne Einwilligung speichern' },
  'a.modes': { en: 'Consent modes that count', de: 'Einwilligungen, die zählen' },
  'a.modes-hint': { en: 'Separated by commas; empty for any.', de: 'Durch Kommas getrennt; leer für jede.' },
  'a.agents': { en: 'Blocked user agents', de: 'Gesperrte Browserkennungen' },
  'a.agents-hint': { en: 'Parts of their names, one a line.', de: 'Teile ihrer Namen, einer je Zeile.' },
  'a.visitor': { en: 'One visitor’s data', de: 'Daten eines Besuchers' },
  'a.visitor?': {
    en: 'Everything that is kept about a visitor, for their right to a copy and to erasure. Both leave an entry in the audit log.',
    de: 'Alles, was über einen Besucher gespeichert ist, für sein Recht auf Auskunft und Löschung. Beides steht danach im Prüfprotokoll.',
  },
  'a.visitor-id': { en: 'Visitor id', de: 'Besucherkennung' },
  'a.export': { en: 'Export', de: 'Exportieren' },
  'a.erase': { en: 'Erase', de: 'Löschen' },
  'a.erase?': { en: 'Everything about visitor “{id}” is erased for good.', de: 'Alles über den Besucher „{id}“ wird endgültig gelöscht.' },
  'a.nobody': { en: 'Nothing is kept about this visitor id.', de: 'Zu dieser Besucherkennung ist nichts gespeichert.' },
  'a.erased': { en: 'Erased.', de: 'Gelöscht.' },
  'a.audit': { en: 'Audit log', de: 'Prüfprotokoll' },
  'a.action': { en: 'Action', de: 'Handlung' },
  'a.actor': { en: 'Who', de: 'Wer' },
  'a.resource': { en: 'What', de: 'Was' },
  'a.details': { en: 'Details', de: 'Einzelheiten' },
  'a.health': { en: 'Health', de: 'Zustand' },
  'a.health?': {
    en: 'The stores behind Pulse, and accepted events that are not written yet.',
    de: 'Die Speicher hinter Pulse, und was angenommen und noch zu schreiben ist.',
  },
  'a.control': { en: 'Configuration store', de: 'Einstellungen' },
  'a.events': { en: 'Event store', de: 'Ereignisse' },
  'a.coordination': { en: 'Coordination', de: 'Abstimmung' },
  'a.journal': { en: 'Journal waiting', de: 'Journal wartet' },
  'a.good': { en: 'works', de: 'funktioniert' },
  'a.bad': { en: 'does not work', de: 'funktioniert nicht' },
  'a.of': { en: '{used} of {all}', de: '{used} von {all}' },
};

export async function show(view) {
  const { root, state, signal } = view;
  const projects = (await ask('/api/admin/projects', { signal })).data;
  const chosen = [state.extra.project, view.session.project?.id].map(id => projects.find(project => project.id === id)).find(Boolean) ?? projects[0];
  const actions = row => h('div', { class: 'row end' },
    row.id !== chosen.id && button(t('a.choose'), () => view.go({ extra: { project: row.id } })),
    button(t('a.open'), () => open(view, row), { title: t('a.opened') }),
  );
  replace(root,
    h('div', { class: 'heading' }, h('h1', null, t('admin'))),
    card(t('a.projects'),
      { actions: button(`+ ${t('a.new-project')}`, () => newProject(view), { class: 'primary', id: 'new-project' }) },
      table(t('a.projects'),
        [
          { name: t('name'), cell: row => [row.name, h('div', { class: 'hint' }, h('code', null, row.id))] },
          { name: t('a.domain'), cell: row => row.domain },
          { name: t('a.created'), cell: row => moment(row.created_at) },
          { name: '', cell: actions },
        ],
        projects,
        { nothing: t('none') },
      ),
    ),
    chosen
      && [
        h('h2', { class: 'wide' }, chosen.name),
        h('div', { class: 'grid' }, keys(view, chosen), modules(view, chosen), privacy(view, chosen), visitor(chosen), audit(view, chosen)),
      ],
    health(signal),
  );
}

async function open(view, project) {
  const shown = () => view.go({ page: 'overview', filters: [], segment: '' });
  if (view.session.project?.id === project.id) return shown();
  const body = { name: 'Dashboard', scopes: ['query'], expires_at: new Date(Date.now() + 86400000).toISOString() };
  const made = await ask(`/api/admin/projects/${project.id}/keys`, { method: 'POST', body });
  await view.signIn(made.key);
  // The key that this browser was logged in with before has no use any more. It may be revoked already, or have ended.
  const before = remember.get('opened');
  remember.set('opened', `${project.id}/keys/${made.id}`);
  if (before) await ask(`/api/admin/projects/${before}`, { method: 'DELETE' }).catch(() => {});
  shown();
}

function newProject(view) {
  const name = h('input', { type: 'text', required: true, maxlength: 200 });
  const domain = h('input', { type: 'text', required: true, placeholder: 'example.com' });
  formDialog(t('a.new-project'), { action: t('create') },
    async () => {
      const made = await ask('/api/admin/projects', { method: 'POST', body: { name: name.value, domain: domain.value } });
      view.go({ extra: { project: made.id } });
    },
    field(t('name'), name),
    field(t('a.domain'), domain),
  );
}

function keys(view, project) {
  const root = `/api/admin/projects/${project.id}/keys`, place = h('div', { class: 'body' });
  const draw = () => load(place,
    async () => table(t('a.keys'),
      [
        { name: t('name'), cell: row => row.name },
        { name: t('a.key'), cell: row => h('code', null, row.key_prefix) },
        { name: t('a.scopes'), cell: row => row.scopes.join(', ') },
        { name: t('a.modules'), cell: row => row.allowed_modules?.join(', ') ?? t('a.all') },
        { name: t('a.expires'), cell: row => row.expires_at ? moment(row.expires_at) : t('a.never') },
        { name: t('a.used'), cell: row => row.last_used_at ? ago(row.last_used_at) : t('a.never') },
        {
          name: '',
          cell: row => removal(
            t('a.revoke?', { name: row.name }),
            async () => {
              await ask(`${root}/${row.id}`, { method: 'DELETE' });
              draw();
            },
            { text: t('a.revoke'), of: row.name },
          ),
        },
      ],
      (await ask(root)).data,
      { nothing: t('none') },
    ),
    { signal: view.signal },
  );
  draw();
  return card(t('a.keys'),
    {
      wide: true,
      explain: t('a.keys?'),
      actions: button(`+ ${t('a.new-key')}`, () => newKey(view, root, draw), { id: 'new-key' }),
    },
    place,
  );
}

function newKey(view, root, done) {
  const name = h('input', { type: 'text', required: true, maxlength: 200 });
  const expires = h('input', { type: 'date' });
  const server = h('input', { type: 'checkbox' });
  const scopes = ['ingest', 'query', 'admin'].map(scope => h('input', { type: 'checkbox', name: scope }));
  const allowed = view.session.modules.map(module => h('input', { type: 'checkbox', name: module.name }));
  const checks = inputs => h('div', { class: 'row' }, inputs.map(input => h('label', { class: 'check' }, input, input.name)));
  dialog(t('a.new-key'), () => {
    const content = h('div');
    return replace(content,
      form(null,
        async () => {
          if (!scopes.some(input => input.checked)) throw new Failure(400, t('a.no-scope'));
          const modules = allowed.filter(input => input.checked).map(input => input.name);
          const made = await ask(root, {
            method: 'POST',
            body: {
              name: name.value,
              scopes: scopes.filter(input => input.checked).map(input => input.name),
              server: server.checked,
              ...(expires.value && { expires_at: endOfDay(expires.value) }),
              ...(modules.length && { allowed_modules: modules }),
            },
          });
          replace(content,
            h('p', { role: 'status', 'data-once': true }, t('a.once')),
            copyable(made.key),
            made.scopes.includes('ingest') && [h('p', null, t('a.snippet')), copyable(snippet(made.key))],
          );
          done();
        },
        field(t('name'), name),
        h('fieldset', null, h('legend', null, t('a.scopes')), checks(scopes)),
        h('details', null, h('summary', null, `${t('a.modules')}: ${t('a.all')}`), checks(allowed)),
        field(t('a.expires'), expires, t('a.expires-hint')),
        h('label', { class: 'check' }, server, t('a.server')),
        submit(t('a.make-key')),
      ),
    );
  });
}

function modules(view, project) {
  const root = `/api/admin/projects/${project.id}/modules`;
  return later(t('a.modules'), { wide: true, explain: t('a.modules?'), signal: view.signal }, async () => {
    const change = async (input, call) => {
      input.disabled = true;
      await attempt(async () => {
        await call();
        toast(t('saved'));
        if (view.session.project?.id === project.id) await view.reload();
      });
      input.disabled = false;
    };
    return table(t('a.modules'),
      [
        { name: t('name'), cell: row => h('code', null, row.name) },
        { name: t('what'), cell: row => t(`module.${row.name}`) },
        {
          name: t('a.switch'),
          cell: row => h('input', {
            type: 'checkbox',
            id: `module-${row.name}`,
            'aria-label': `${row.name}: ${t('a.switch')}`,
            checked: row.enabled,
            disabled: row.name === 'core',
            onchange: event => change(event.target, () => ask(`${root}/${row.name}/${event.target.checked ? 'enable' : 'disable'}`, {
              method: 'POST',
            })),
          }),
        },
        {
          name: t('a.level'),
          cell: row => select(
            {
              'aria-label': `${row.name}: ${t('a.level')}`,
              onchange: event => change(event.target, () => ask(`${root}/${row.name}/access`, {
                method: 'PUT',
                body: { access: event.target.value },
              })),
            },
            ['read', 'write', 'all'].map(level => [level, t(`a.level.${level}`)]),
            row.access,
          ),
        },
      ],
      (await ask(root)).modules,
    );
  });
}

function privacy(view, project) {
  const path = `/api/admin/projects/${project.id}/privacy`;
  return later(t('a.privacy'), { signal: view.signal }, async () => {
    const rules = await ask(path), names = ['anonymize_ip', 'respect_dnt', 'bot_filtering', 'consent_required'];
    const switches = names.map(name => h('input', { type: 'checkbox', name, checked: rules[name] }));
    const modes = h('input', { type: 'text', value: rules.allowed_consent_modes.join(', ') });
    const agents = h('textarea', { rows: 3, value: rules.blocked_user_agents.join('\n') });
    const list = (text, mark) => text.split(mark).map(part => part.trim()).filter(Boolean);
    return form(null,
      async () => {
        await ask(path, {
          method: 'PUT',
          body: {
            ...Object.fromEntries(switches.map(input => [input.name, input.checked])),
            allowed_consent_modes: list(modes.value, ','),
            blocked_user_agents: list(agents.value, '\n'),
          },
        });
        toast(t('saved'));
      },
      switches.map(input => h('div', null, h('label', { class: 'check' }, input, t(`a.${input.name}`)))),
      field(t('a.modes'), modes, t('a.modes-hint')),
      field(t('a.agents'), agents, t('a.agents-hint')),
      submit(),
    );
  });
}

function visitor(project) {
  const id = h('input', { type: 'text', required: true, autocomplete: 'off', id: 'visitor-id' });
  const name = () => id.value.trim(), root = () => `/api/admin/projects/${project.id}/privacy/visitors/${encodeURIComponent(name())}`;
  const erase = button(t('a.erase'),
    async () => {
      if (!id.reportValidity() || !await confirmed(t('a.erase?', { id: name() }), t('a.erase'))) return;
      const before = new Set((await erasures(project)).map(entry => entry.id));
      await ask(root(), { method: 'DELETE' });
      // The audit log has the counts of what went.
      const mine = (await erasures(project)).find(entry => !before.has(entry.id));
      const isNothing = mine && Object.values(mine.metadata).every(count => Number(count) === 0);
      toast(t(isNothing ? 'a.nobody' : 'a.erased'));
    },
    { class: 'danger', id: 'erase' },
  );
  return card(t('a.visitor'), { explain: t('a.visitor?') },
    form({ id: 'visitor-form' },
      async () => {
        const kept = await ask(`${root()}/export`);
        if (!hasRows(kept)) return toast(t('a.nobody'));
        download(`visitor-${name()}.json`, JSON.stringify(kept, null, 2), 'application/json');
      },
      field(t('a.visitor-id'), id),
      h('div', { class: 'row end' }, erase, h('button', { type: 'submit' }, t('a.export'))),
    ),
  );
}

/** Whether an export has anything in one of its lists. */
const hasRows = kept => [kept, kept.identity, kept.telemetry].some(part => Object.values(part).some(list => Array.isArray(list) && list.length));

/** What the audit log's latest entries tell of visitors that were erased. */
async function erasures(project) {
  const { data } = await ask(`/api/admin/projects/${project.id}/audit-logs`, { parameters: { limit: 100 } });
  return data.filter(({ action }) => action === 'visitor.erase');
}

/** Names of a project's keys by their ids: those in use, and those whose making the audit log tells. */
async function keyNames(project, entries) {
  const names = new Map(), learn = list => {
    for (const { action, resource, metadata } of list) if (action === 'key.create') names.set(resource.replace(/^key /, ''), metadata.name);
  };
  for (const key of (await ask(`/api/admin/projects/${project.id}/keys`)).data) names.set(key.id, key.name);
  learn(entries);
  const isUnknown = text => text.startsWith('key ') && !names.has(text.slice(4));
  if (entries.some(({ actor, resource }) => isUnknown(actor) || isUnknown(resource))) {
    learn((await ask(`/api/admin/projects/${project.id}/audit-logs`, { parameters: { limit: 1000 } })).data);
  }
  return names;
}

function audit(view, project) {
  const entries = growing(
    async limit => (await ask(`/api/admin/projects/${project.id}/audit-logs`, { signal: view.signal, parameters: { limit } })).data,
    async rows => {
      const names = await keyNames(project, rows);
      const named = text => {
        const name = text.startsWith('key ') && names.get(text.slice(4));
        return name ? [text, h('div', { class: 'hint' }, name)] : text;
      };
      return table(t('a.audit'),
        [
          { name: t('time'), cell: row => moment(row.created_at) },
          { name: t('a.action'), cell: row => h('code', null, row.action) },
          { name: t('a.actor'), cell: row => named(row.actor) },
          { name: t('a.resource'), cell: row => named(row.resource) },
          { name: t('a.details'), cell: row => Object.keys(row.metadata).length ? h('code', null, JSON.stringify(row.metadata)) : '' },
        ],
        rows,
      );
    },
    { first: 10, signal: view.signal, nothing: t('none') },
  );
  return card(t('a.audit'), { wide: true }, entries);
}

function health(signal) {
  return later(t('a.health'), { explain: t('a.health?'), signal }, async () => {
    const response = await fetch('/readyz?full=true', { signal }), state = await response.json();
    const shown = part => h('span', { class: `badge ${part.ok ? 'good' : 'bad'}` },
      t(part.ok ? 'a.good' : 'a.bad'),
      part.error ? `: ${part.error}` : '',
    );
    const size = bytes => `${number(Math.round(bytes / 1048576 * 10) / 10)} MB`;
    return facts([
      [t('a.control'), shown(state.control)],
      [t('a.events'), shown(state.events)],
      [t('a.coordination'), shown(state.coordination)],
      [t('a.journal'), t('a.of', { used: size(state.journal.backlog_bytes), all: size(state.journal.capacity_bytes) })],
    ]);
  });
}
