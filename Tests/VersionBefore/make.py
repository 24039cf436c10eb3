#!/usr/bin/env python3
"""Makes an archive of a data folder with the `pulse` program of a version, as README.md beside it describes:

    DUCKDB_LIBRARY=... config/setup/test-servers.sh Tests/VersionBefore/make.py .../pulse embedded.tar.gz
    DUCKDB_LIBRARY=... config/setup/test-servers.sh Tests/VersionBefore/make.py .../pulse server.tar.gz
"""
import json, os, shutil, signal, subprocess, sys, tempfile, time, urllib.error, urllib.request

program, archive = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
is_server = 'server' in os.path.basename(archive)
work = tempfile.mkdtemp(prefix='pulse-before-')
port = 20000 + os.getpid() % 10000
RANGE = 'start_at=2026-11-20&end_at=2026-11-30'
CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'
MAP = ('{"version":3,"file":"min.js","names":["bar","baz","n"],"sources":["one.js","two.js"],"sourceRoot":"/the/root",'
       '"mappings":"CAAC,IAAI,IAAM,SAAUA,GAClB,OAAOC,IAAID;CCDb,IAAI,IAAM,SAAUE,GAClB,OAAOA"}')
STACK = 'TypeError: x\n    at a (https://acme.com/assets/min.js:1:19)\n    at https://acme.com/assets/min.js:2:29'


def start(folder, database):
    environment = dict(os.environ, PULSE_DATA=folder, PULSE_HOST='127.0.0.1', PULSE_PORT=str(port), PULSE_LIMIT_INGEST='0',
                       PULSE_LIMIT_QUERY='0')
    if is_server:
        environment['DATABASE_URL'] = address(database)
    process = subprocess.Popen([program, 'serve'], env=environment, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/healthz', timeout=1)
            return process
        except OSError:
            time.sleep(0.1)
    sys.exit('Pulse did not start.')


def address(database):
    return os.environ['PULSE_TEST_DATABASE_URL'].rsplit('/', 1)[0] + '/' + database


def send(method, path, body=None, key=None):
    headers = {'Content-Type': 'application/json', 'User-Agent': CHROME}
    if path.startswith('/api/admin'):
        headers['Authorization'] = 'Bearer ' + token
    elif key:
        headers['X-Pulse-Key'] = key
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(f'{method} {path}: {error.code} {error.read().decode()}')


def made(path, body, key=None):
    return json.loads(send('POST', path, body, key))


def event(kind, visitor, day, clock, **fields):
    return dict(type=kind, visitor_id=visitor, timestamp=f'2026-11-{day}T{clock}Z', event_id=f'{visitor}{day}{clock}{kind}', **fields)


def visit(visitor, day):
    """One session of a visitor with an event of each kind. README.md has what reports make of it."""
    return [
        event('pageview', visitor, day, '10:00:00', path='/', title='Home', referrer='https://www.google.com/', utm_source='news',
              utm_medium='email', utm_campaign='autumn', screen='1920x1080', language='de-DE', ip='203.0.113.7', user_agent=CHROME),
        event('identify', visitor, day, '10:00:30', payload={
            'user_id': 'user-' + visitor, 'account_id': 'acme', 'traits': {'plan': 'pro', 'email': visitor + '@example.com'}}),
        event('pageview', visitor, day, '10:01:00', path='/pricing', title='Prices — é'),
        event('search_query', visitor, day, '10:01:10', query='Blå skor', results_count=0),
        event('scroll_depth', visitor, day, '10:01:20', path='/pricing', max_depth=75),
        event('web_vital', visitor, day, '10:01:30', name='LCP', value=1200.25, path='/pricing'),
        event('outlink', visitor, day, '10:01:40', url='https://example.org/price.pdf'),
        event('event', visitor, day, '10:02:00', name='purchase', data={
            'order_id': 'o-' + visitor + day, 'plan': 'pro', 'items': [{'item_name': 'Tea', 'price': 6.25, 'quantity': 2}]},
              revenue_amount=12.5, revenue_currency='EUR'),
        event('js_error', visitor, day, '10:02:10', message='x is not a function', stack=STACK, release='1.0', path='/pricing'),
        event('log', visitor, day, '10:02:20', level='error', message='payment failed', body={'code': 7}),
    ]


def definitions(key):
    """Makes one definition of each kind, and returns the requests that ask about them."""
    def new(path, **body):
        return made('/api/v1/' + path, body, key)['id']
    goal = new('goals', name='Purchase', goal_type='event', config={'event_name': 'purchase', 'value': 2.5})
    funnel = new('funnels', name='Buying', steps=[{'type': 'pageview', 'value': '/'}, {'type': 'event', 'value': 'purchase'}])
    segment = new('segments', name='Pro', definition={
        'match': 'all', 'conditions': [{'source': 'profile', 'field': 'traits.plan', 'op': 'eq', 'value': 'pro'}]})
    everybody = new('segments', name='Everybody', definition={'match': 'all', 'conditions': []})
    metric = new('bi/metrics', key='views', name='Views', dataset='pageviews', expression='count()')
    board = new('dashboards', name='Board', widgets=[{'id': 'a', 'report_type': 'pages', 'x': 0, 'y': 0, 'w': 4, 'h': 3}])
    report = new('reports', name='Pages', report_type='pages', params={'limit': 5})
    policy = new('bi/row-policies', name='Not nobody', dataset='pageviews', field='path', operator='neq', values=['/secret'])
    query = new('bi/sql-queries', name='Views', sql_text='SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}')
    new('releases', version='1.0', deployed_at='2026-11-19T00:00:00Z')
    new('source-maps', release_version='1.0', minified_url='https://acme.com/assets/min.js', source_map_url='s3://maps/min.js.map',
        artifacts={'source_map': json.loads(MAP)})
    upload = new('bi/csv-uploads', name='Plans', columns=['plan', 'price'], rows=[{'plan': 'pro', 'price': 9}])
    spend = new('marketing/imports', provider='google_ads', name='November', rows=[
        {'date': '2026-11-20', 'dimensions': {'campaign': 'autumn'}, 'metrics': {'cost': 5, 'clicks': 3}}])
    new('identity/scim/users', user_name='ann@example.com', display_name='Ann')
    new('identity/merges', user_id='user-bob', into_user_id='user-ada')
    embed = made('/api/v1/bi/embeds', {'name': 'Pages', 'resource_type': 'report', 'resource_config': {'report_id': report}}, key)
    embed = embed.get('token') or embed['url'].rsplit('/', 1)[-1]
    # The list of everything that has no id in its path comes from the version's own description.
    document = json.loads(send('GET', '/openapi.json'))
    gets = {path: json.dumps(methods['get'].get('parameters')) for path, methods in document['paths'].items() if 'get' in methods}
    more = {
        '/api/v1/campaigns/timeseries': 'utm_source=news', '/api/v1/cohorts/compare': f'segment_ids={segment},{everybody}',
        '/api/v1/cohorts/drill': 'period=2026-11-16&offset=0', '/api/v1/insights/lifecycle/drill': 'group=new',
        '/api/v1/identity/graph': 'visitor_id=ada', '/api/v1/paths': 'path=/', '/api/v1/paths/drill': 'path=/&next=/pricing',
        '/api/v1/paths/between': 'start=/&end=/pricing', '/api/v1/paths/between/drill': 'start=/&end=/pricing',
        '/api/v1/paths/flow': 'path=/', '/api/v1/paths/flow/drill': 'path=/&name=/pricing', '/api/v1/retention/drill': 'cohort=2026-11-16',
        '/api/v1/segments/compare': f'segment_ids={segment},{everybody}', '/api/v1/webvitals/timeseries': 'metric=LCP',
        '/api/v1/errors/details': 'message=x%20is%20not%20a%20function',
    }
    skipped = ('/api/v1/stream', '/api/v1/realtime', '/api/v1/bi/query-runs', '/api/v1/explorer/runs', '/api/v1/ingest/ledger')
    paths = [path + '?' + '&'.join(filter(None, (RANGE if 'start_at' in gets[path] else '', more.get(path))))
             for path in sorted(gets) if path.startswith('/api/v1/') and '{' not in path and path not in skipped]
    paths += [f'/api/v1/goals/{goal}', f'/api/v1/goals/{goal}/stats?{RANGE}', f'/api/v1/goals/{goal}/drill?{RANGE}',
              f'/api/v1/goals/{goal}/breakdown?{RANGE}', f'/api/v1/funnels/{funnel}', f'/api/v1/funnels/{funnel}/analyze?{RANGE}',
              f'/api/v1/segments/{segment}', f'/api/v1/segments/{segment}/evaluate?{RANGE}', f'/api/v1/stats?{RANGE}&segment_id={segment}',
              f'/api/v1/bi/metrics/{metric}', f'/api/v1/dashboards/{board}', f'/api/v1/reports/{report}',
              f'/api/v1/bi/row-policies/{policy}', f'/api/v1/bi/sql-queries/{query}', f'/api/v1/bi/csv-uploads/{upload}/rows',
              f'/api/v1/marketing/imports/{spend}/rows', '/api/v1/identity/profiles/ada', '/api/v1/identity/accounts/acme',
              f'/api/v1/identity/accounts/acme/analytics?{RANGE}', f'/api/embed/{embed}?{RANGE}']
    return paths


def ask(project, path):
    return send('GET', path, key=None if path.startswith('/api/embed') else project['keys']['query'])


def main():
    global token
    folder, copy = work + '/pulse', work + '/copy'
    if is_server:
        for database in ('pulse_before', 'pulse_copy'):
            subprocess.run(['psql', '-q', '-d', address('postgres'), '-c', f'CREATE DATABASE {database}'], check=True)
    process = start(folder, 'pulse_before')
    token = open(folder + '/admin-token').read().strip()
    projects = []
    for name in ('One', 'Two'):
        project = made('/api/admin/projects', {'name': name, 'domain': name.lower() + '.example.com'})
        keys = {'ingest': (['ingest'], {}), 'query': (['query'], {}), 'admin': (['admin'], {}), 'server': (['ingest'], {'server': True}),
                'limited': (['query'], {'allowed_modules': ['core', 'utm']})}
        projects.append({'id': project['id'], 'name': name, 'keys': {
            key: made(f'/api/admin/projects/{project["id"]}/keys', dict(name=key, scopes=scopes, **more))['key']
            for key, (scopes, more) in keys.items()}})
    one, two = projects
    send('POST', f'/api/admin/projects/{two["id"]}/modules/revenue/disable')
    send('PUT', f'/api/admin/projects/{two["id"]}/modules/search/access', {'access': 'read'})
    one['paths'] = definitions(one['keys']['query'])
    two['paths'] = [path + '?' + RANGE for path in ('/api/v1/stats', '/api/v1/pages', '/api/v1/outlinks', '/api/v1/search')]

    # Stored: a report waits for them.
    send('POST', '/api/collect', visit('ada', '20') + visit('bob', '20'), one['keys']['server'])
    send('POST', '/api/collect', visit('eve', '20'), two['keys']['server'])
    for project in projects:
        ask(project, '/api/v1/stats?' + RANGE)
    # Only in the journal: the writer waits a tenth of a second for more before it stores a batch.
    time.sleep(0.5)
    begin = time.monotonic()
    for project in projects:
        body = visit('ada', '21') + visit('cy', '21') + visit('cy', '20')[:1] + [{'type': 'pageview', 'path': '/now'}]
        send('POST', '/api/collect', body, project['keys']['server'])
    process.send_signal(signal.SIGKILL)
    took = time.monotonic() - begin
    process.wait()
    if took > 0.08:
        sys.exit(f'The events may be stored already: acknowledging them took {took:.3f} s. Try again.')

    # What the same program answers after its next start.
    shutil.copytree(folder, copy)
    if is_server:
        dump = subprocess.run(['pg_dump', '--no-owner', '--no-privileges', '-d', address('pulse_before')], check=True,
                              capture_output=True, text=True).stdout
        # Settings that a PostgreSQL of another version may not know, and psql's own commands.
        dump = '\n'.join(line for line in dump.split('\n')
                         if not line.startswith(('SET ', '--', '\\restrict', '\\unrestrict', 'SELECT pg_catalog.set_config')))
        open(folder + '/dump.sql', 'w').write(dump)
        subprocess.run(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', address('pulse_copy'), '-f',
                        folder + '/dump.sql'], check=True)
    process = start(copy, 'pulse_copy')
    for project in projects:
        project['answers'] = {path: ask(project, path) for path in project.pop('paths')}
    process.terminate()
    process.wait()
    with open(folder + '/before.json', 'w') as file:
        json.dump({'admin_token': token, 'projects': projects}, file, indent=1, ensure_ascii=False)
    shutil.rmtree(folder + '/spill', ignore_errors=True)
    subprocess.run(['tar', '--sort=name', '--owner=0', '--group=0', '-C', folder, '-I', 'gzip -9n', '-cf', archive, '.'], check=True)
    print(f'{archive}: {os.path.getsize(archive)} bytes, {sum(len(p["answers"]) for p in projects)} answers, {took:.3f} s')


try:
    main()
finally:
    shutil.rmtree(work, ignore_errors=True)
