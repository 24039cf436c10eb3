// Administration, with the admin token: projects, keys, modules, privacy, visitors, audit, health.

import {
  h, replace, t, ask, number, moment, ago, card, load, later, growing, table, facts, form, formDialog, field, select, button, removal, submit,
  attempt, confirmed, toast, download, dialog, remember, endOfDay, Failure,
} from './kit.js';
import { copyable, snippet } from './start.js';

/** @param {View} view */
export async function show(view) {
  const { root, state, signal } = view;
  const projects = (await ask('/api/admin/projects', { signal })).data;
  const chosen = [state.extra.project, view.session.project?.id].map(id => projects.find(project => project.id === id)).find(Boolean) ?? projects[0];
  const actions = row => h('div', { class: 'row end' },
    row.id !== chosen.id && button(t('admin.choose'), () => view.go({ extra: { project: row.id } })),
    button(t('admin.open'), () => open(view, row), { title: t('admin.opened') }),
  );
  replace(root,
    h('div', { class: 'heading' }, h('h1', null, t('admin'))),
    card(t('admin.projects'),
      { actions: button(`+ ${t('admin.new-project')}`, () => newProject(view), { class: 'primary', id: 'new-project' }) },
      table(t('admin.projects'),
        [
          { name: t('name'), cell: row => [row.name, h('div', { class: 'hint' }, h('code', null, row.id))] },
          { name: t('admin.domain'), cell: row => row.domain },
          { name: t('admin.created'), cell: row => moment(row.created_at) },
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
    ...tasks(signal),
    health(signal),
  );
}

async function open(view, project) {
  const shown = () => view.go({ page: 'overview', filters: [], segment: '' });
  if (view.session.project?.id === project.id) return shown();
  const body = { name: 'Dashboard', scopes: ['query'], expires_at: new Date(Date.now() + 86400000).toISOString() };
  const made = await ask(`/api/admin/projects/${project.id}/keys`, { method: 'POST', body });
  await view.signIn(made.key);
  // Revokes the key of the previous log-in, which may already be revoked or expired.
  const before = remember.get('opened');
  remember.set('opened', `${project.id}/keys/${made.id}`);
  if (before) await ask(`/api/admin/projects/${before}`, { method: 'DELETE' }).catch(() => {});
  shown();
}

function newProject(view) {
  const name = h('input', { type: 'text', required: true, maxlength: 200 });
  const domain = h('input', { type: 'text', required: true, placeholder: 'example.com' });
  formDialog(t('admin.new-project'), { action: t('create') },
    async () => {
      const made = await ask('/api/admin/projects', { method: 'POST', body: { name: name.value, domain: domain.value } });
      view.go({ extra: { project: made.id } });
    },
    field(t('name'), name),
    field(t('admin.domain'), domain),
  );
}

function keys(view, project) {
  const root = `/api/admin/projects/${project.id}/keys`, place = h('div', { class: 'body' });
  const draw = () => load(place,
    async () => table(t('admin.keys'),
      [
        { name: t('name'), cell: row => row.name },
        { name: t('admin.key'), cell: row => h('code', null, row.key_prefix) },
        { name: t('admin.scopes'), cell: row => row.scopes.join(', ') },
        { name: t('admin.modules'), cell: row => row.allowed_modules?.join(', ') ?? t('admin.all') },
        { name: t('admin.expires'), cell: row => row.expires_at ? moment(row.expires_at) : t('admin.never') },
        { name: t('admin.used'), cell: row => row.last_used_at ? ago(row.last_used_at) : t('admin.never') },
        {
          name: '',
          cell: row => removal(
            t('admin.revoke?', { name: row.name }),
            async () => {
              await ask(`${root}/${row.id}`, { method: 'DELETE' });
              draw();
            },
            { text: t('admin.revoke'), of: row.name },
          ),
        },
      ],
      (await ask(root)).data,
      { nothing: t('none') },
    ),
    { signal: view.signal },
  );
  draw();
  return card(t('admin.keys'),
    {
      wide: true,
      explain: t('admin.keys?'),
      actions: button(`+ ${t('admin.new-key')}`, () => newKey(view, root, draw), { id: 'new-key' }),
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
  dialog(t('admin.new-key'), () => {
    const content = h('div');
    return replace(content,
      form(null,
        async () => {
          if (!scopes.some(input => input.checked)) throw new Failure(400, t('admin.no-scope'));
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
            h('p', { role: 'status', 'data-once': true }, t('admin.once')),
            copyable(made.key),
            made.scopes.includes('ingest') && [h('p', null, t('admin.snippet')), copyable(snippet(made.key, view.session))],
          );
          done();
        },
        field(t('name'), name),
        h('fieldset', null, h('legend', null, t('admin.scopes')), checks(scopes)),
        h('details', null,
          h('summary', null, `${t('admin.modules')}: ${t('admin.all')}`),
          h('p', { class: 'hint' }, t('admin.all?')),
          checks(allowed),
        ),
        field(t('admin.expires'), expires, t('admin.expires-hint')),
        h('label', { class: 'check' }, server, t('admin.server')),
        submit(t('admin.make-key')),
      ),
    );
  });
}

function modules(view, project) {
  const root = `/api/admin/projects/${project.id}/modules`;
  return later(t('admin.modules'), { wide: true, explain: t('admin.modules?'), signal: view.signal }, async () => {
    const change = async (input, call) => {
      input.disabled = true;
      await attempt(async () => {
        await call();
        toast(t('saved'));
        if (view.session.project?.id === project.id) await view.reload();
      });
      input.disabled = false;
    };
    return table(t('admin.modules'),
      [
        { name: t('name'), cell: row => h('code', null, row.name) },
        { name: t('description'), cell: row => t(`module.${row.name}`) },
        {
          name: t('admin.switch'),
          cell: row => h('input', {
            type: 'checkbox',
            id: `module-${row.name}`,
            'aria-label': `${row.name}: ${t('admin.switch')}`,
            checked: row.enabled,
            disabled: row.name === 'core',
            onchange: event => change(event.target, () => ask(`${root}/${row.name}/${event.target.checked ? 'enable' : 'disable'}`, {
              method: 'POST',
            })),
          }),
        },
        {
          name: t('admin.level'),
          cell: row => select(
            {
              'aria-label': `${row.name}: ${t('admin.level')}`,
              onchange: event => change(event.target, () => ask(`${root}/${row.name}/access`, {
                method: 'PUT',
                body: { access: event.target.value },
              })),
            },
            ['read', 'write', 'all'].map(level => [level, t(`admin.level.${level}`)]),
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
  return later(t('admin.privacy'), { signal: view.signal }, async () => {
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
      switches.map(input => h('div', null, h('label', { class: 'check' }, input, t(`admin.${input.name}`)))),
      field(t('admin.modes'), modes, t('admin.modes-hint')),
      field(t('admin.agents'), agents, t('admin.agents-hint')),
      submit(),
    );
  });
}

function visitor(project) {
  const id = h('input', { type: 'text', required: true, autocomplete: 'off', id: 'visitor-id' });
  const name = () => id.value.trim(), root = () => `/api/admin/projects/${project.id}/privacy/visitors/${encodeURIComponent(name())}`;
  const erase = button(t('admin.erase'),
    async () => {
      if (!id.reportValidity() || !await confirmed(t('admin.erase?', { id: name() }), t('admin.erase'))) return;
      const before = new Set((await erasures(project)).map(entry => entry.id));
      await ask(root(), { method: 'DELETE' });
      // The audit log has the number of erased rows.
      const mine = (await erasures(project)).find(entry => !before.has(entry.id));
      const isNothing = mine && Object.values(mine.metadata).every(count => Number(count) === 0);
      toast(t(isNothing ? 'admin.nobody' : 'admin.erased'));
    },
    { class: 'danger', id: 'erase' },
  );
  return card(t('admin.visitor'), { explain: t('admin.visitor?') },
    form({ id: 'visitor-form' },
      async () => {
        const kept = await ask(`${root()}/export`);
        if (!hasRows(kept)) return toast(t('admin.nobody'));
        download(`visitor-${name()}.json`, JSON.stringify(kept, null, 2), 'application/json');
      },
      field(t('admin.visitor-id'), id),
      h('div', { class: 'row end' }, erase, h('button', { type: 'submit' }, t('admin.export'))),
    ),
  );
}

/** Whether any list of an export has rows. */
const hasRows = kept => [kept, kept.identity, kept.telemetry].some(part => Object.values(part).some(list => Array.isArray(list) && list.length));

/** The audit log's latest entries about erased visitors. */
async function erasures(project) {
  const { data } = await ask(`/api/admin/projects/${project.id}/audit-logs`, { parameters: { limit: 100 } });
  return data.filter(({ action }) => action === 'visitor.erase');
}

/** Names of a project's keys by ID: current keys, and deleted ones whose creation is in the audit log. */
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
      return table(t('admin.audit'),
        [
          { name: t('time'), cell: row => moment(row.created_at) },
          { name: t('admin.action'), cell: row => h('code', null, row.action) },
          { name: t('admin.actor'), cell: row => named(row.actor) },
          { name: t('admin.resource'), cell: row => named(row.resource) },
          { name: t('admin.details'), cell: row => Object.keys(row.metadata).length ? h('code', null, JSON.stringify(row.metadata)) : '' },
        ],
        rows,
      );
    },
    { first: 10, signal: view.signal, nothing: t('none') },
  );
  return card(t('admin.audit'), { wide: true }, entries);
}

/** The kinds of tasks and the tasks. A change in one list shows in both. */
function tasks(signal) {
  const change = (path, text, subject) => button(text,
    async () => {
      await ask(path, { method: 'POST' });
      toast(t('saved'));
      kinds.rows.again();
      all.rows.again();
    },
    { 'aria-label': `${text}: ${subject}` },
  );
  const kinds = kindList(signal, change), all = taskList(signal, change);
  return [kinds.card, all.card];
}

/** What Pulse does by itself, and how to hold a kind of it back. */
function kindList(signal, change) {
  const root = '/api/admin/task-kinds';
  const act = (row, name, text) => change(`${root}/${encodeURIComponent(row.kind)}/${name}`, text, row.kind);
  const actions = row => h('div', { class: 'row end' },
    row.dead > 0 && act(row, 'retry', t('admin.kind.retry')),
    row.is_paused ? act(row, 'resume', t('admin.task.resume')) : act(row, 'pause', t('admin.task.pause')),
  );
  const rows = growing(
    async limit => (await ask(root, { signal })).data.slice(0, limit),
    found => table(t('admin.kinds'),
      [
        {
          name: t('admin.kind'),
          cell: row => [
            h('code', null, row.kind),
            row.is_paused && [' ', h('span', { class: 'badge' }, t('admin.task.paused'))],
            row.summary && h('div', { class: 'hint' }, row.summary),
          ],
        },
        { name: t('admin.kind.done'), cell: row => (row.last_done_at ? moment(row.last_done_at) : '') },
        { name: t('admin.kind.next'), cell: row => (row.next_at ? moment(row.next_at) : '') },
        { name: t('admin.task.waiting'), number: true, cell: row => number(row.waiting) },
        { name: t('admin.task.dead'), number: true, cell: row => number(row.dead) },
        { name: '', cell: actions },
      ],
      found,
    ),
    { first: 20, signal, nothing: t('none') },
  );
  return { rows, card: card(t('admin.kinds'), { wide: true, explain: t('admin.kinds?'), id: 'task-kinds' }, rows) };
}

function taskList(signal, change) {
  const root = '/api/admin/tasks';
  const state = select({ id: 'task-state', 'aria-label': t('admin.task.state'), onchange: () => rows.again() },
    [['', t('admin.task.any')], ...['waiting', 'running', 'paused', 'dead', 'done'].map(name => [name, t(`admin.task.${name}`)])],
  );
  const act = (row, name, text) => change(`${root}/${row.id}/${name}`, text, row.kind);
  const actions = row => h('div', { class: 'row end' },
    row.state === 'dead' && act(row, 'retry', t('admin.task.retry')),
    row.state === 'waiting' && [act(row, 'retry', t('admin.task.now')), act(row, 'pause', t('admin.task.pause'))],
    row.state === 'paused' && act(row, 'resume', t('admin.task.resume')),
  );
  const rows = growing(
    async limit => (await ask(root, { signal, parameters: { limit, ...(state.value && { state: state.value }) } })).data,
    (found) => table(t('admin.tasks'),
      [
        { name: t('admin.task'), cell: row => h('code', null, row.kind) },
        {
          name: t('admin.task.state'),
          cell: row => h('span', { class: `badge ${{ done: 'good', dead: 'bad' }[row.state] ?? ''}` }, t(`admin.task.${row.state}`)),
        },
        { name: t('admin.task.at'), cell: row => moment(row.run_at) },
        { name: t('admin.task.attempts'), number: true, cell: row => number(row.attempts) },
        { name: t('admin.task.error'), cell: row => row.last_error ?? '' },
        { name: '', cell: actions },
      ],
      found,
    ),
    { first: 10, signal, nothing: t('none') },
  );
  return { rows, card: card(t('admin.tasks'), { wide: true, explain: t('admin.tasks?'), actions: state, id: 'tasks' }, rows) };
}

function health(signal) {
  return later(t('admin.health'), { explain: t('admin.health?'), signal }, async () => {
    const response = await fetch('/readyz?full=true', { signal }), state = await response.json();
    const shown = part => h('span', { class: `badge ${part.ok ? 'good' : 'bad'}` },
      t(part.ok ? 'admin.good' : 'admin.bad'),
      part.error ? `: ${part.error}` : '',
    );
    const size = bytes => `${number(Math.round(bytes / 1048576 * 10) / 10)} MB`;
    return facts([
      [t('admin.control'), shown(state.control)],
      [t('admin.events'), shown(state.events)],
      [t('admin.coordination'), shown(state.coordination)],
      [t('admin.journal'), t('admin.of', { used: size(state.journal.backlog_bytes), all: size(state.journal.capacity_bytes) })],
    ]);
  });
}
