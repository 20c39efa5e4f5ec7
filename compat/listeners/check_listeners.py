"""The classes of listener trouble, one test each: clients inside and outside of a container's network work, or the broker's log says
in one line what is wrong and what to set.  Run by run.sh, as the first process of its own namespaces."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

from networks import BROKER_A, BROKER_B, LAN_CLIENT, LAN_HOST, NEIGHBOUR_A, Networks

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, 'compat', 'listeners')
HOME = os.path.join(ROOT, 'build', 'compat', 'listeners')
ODRADEK = os.path.join(ROOT, 'build', 'release', 'odradek')
CLIENTS = {
    'kafka-python': [os.environ['KAFKA_PYTHON'], os.path.join(HERE, 'kafka_python_client.py')],
    'kafka-python 2.0.2': [os.environ['OLD_KAFKA_PYTHON'], os.path.join(HERE, 'kafka_python_client.py')],
    'librdkafka': [os.environ['LIBRDKAFKA'], os.path.join(HERE, 'librdkafka_client.py')],
    'java': os.environ['JAVA_CLIENT'].split(),
}
BOTH = ('kafka-python', 'librdkafka')
ALL = BOTH + ('java',)
START_SECONDS, CLIENT_SECONDS, LOG_SECONDS = 10, 30, 3
# What an image, and `odradek dev`, set.
RESCUE = ('odradek.advertised.rescue=true',)


class Failure(Exception):
    pass


class Broker:
    """Of one test, in the container or elsewhere; ended when the test is over."""

    def __init__(self, world, settings, where='broker', environment=(), awaited=True):
        self.world, self.log = world, os.path.join(HOME, '%s.broker.log' % world.name)
        command = [ODRADEK, 'serve', '--set', 'odradek.durability=memory', '--set', 'log.dirs=/odradek',
                   '--set', 'group.initial.rebalance.delay.ms=100']  # 0: compat/kafka-python/FINDINGS.md
        for setting in settings:
            command += ['--set', setting]
        self.process = world.networks.start(world.networks.inside(where, command, environment), self.log)
        if awaited:
            self.expect_log('Kafka Server started', START_SECONDS)

    def text(self):
        with open(self.log, errors='replace') as log:
            return log.read()

    def expect_log(self, pattern, seconds=LOG_SECONDS):
        """In one line."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text()):
            if time.monotonic() > deadline:
                raise Failure('the log has no line with: %s' % pattern)
            time.sleep(0.02)

    def expect_refusal(self, pattern):
        try:
            status = self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired as still_there:
            raise Failure('the broker started') from still_there
        if status == 0:
            raise Failure('the broker ended without an error')
        self.expect_log(pattern, 0)


class World:
    """What a test has: the networks, a broker, clients at several places at once."""

    def __init__(self, networks, name):
        self.networks, self.name, self.topics = networks, name, 0

    def broker(self, *settings, **options):
        return Broker(self, settings, **options)

    def publish(self, port, target, listen='0.0.0.0'):
        return self.networks.forward('%s:%d' % (listen, port), target)

    def client(self, where, bootstrap, client, seconds='5'):
        self.topics += 1
        command = CLIENTS[client] + [bootstrap, 'topic-%d' % self.topics, seconds]
        return subprocess.Popen(self.networks.inside(where, command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL, text=True)

    def outcomes(self, places, clients=BOTH):
        """places: (where, bootstrap).  All clients at all places, at once."""
        running = [(where, bootstrap, client, self.client(where, bootstrap, client)) for where, bootstrap in places for client in clients]
        found = []
        for where, bootstrap, client, process in running:
            try:
                output = process.communicate(timeout=CLIENT_SECONDS)[0].strip()
            except subprocess.TimeoutExpired:
                process.kill()
                output = 'hangs'
            found.append(('%s on %s to %s' % (client, where, bootstrap), output.splitlines()[-1] if output else 'nothing'))
        return found

    def expect_work(self, *places, clients=BOTH):
        for what, outcome in self.outcomes(places, clients):
            if outcome != 'ok':
                raise Failure('%s: %s' % (what, outcome))

    def expect_doctor(self, where, bootstrap, number):
        """`odradek doctor` there names this class first, or one of these; None: nothing is wrong."""
        done = subprocess.run(self.networks.inside(where, [ODRADEK, 'doctor', '-o', 'json', '-b', bootstrap]), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=CLIENT_SECONDS)
        found = json.loads(done.stdout)['problems']
        wanted = number if isinstance(number, tuple) else (number,)
        if (found[0]['class'] if found else None) not in wanted:
            raise Failure('the doctor on %s at %s does not say %s first: %s' % (where, bootstrap, number or 'nothing', done.stdout))

    def expect_failure(self, *places, clients=BOTH):
        for what, outcome in self.outcomes(places, clients):
            if outcome == 'ok':
                raise Failure('%s: works, which it was not to' % what)


def localhost_is_advertised(world):
    broker = world.broker('listeners=PLAINTEXT://0.0.0.0:9092', 'advertised.listeners=PLAINTEXT://localhost:9092', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('sibling', 'kafka:9092'), ('host', 'localhost:9092'), clients=ALL)
    world.expect_work(('cousin', 'kafka:9092'), ('broker', 'localhost:9092'), clients=('librdkafka',))
    broker.expect_log(r'client at 172.30.1.3 .*is told 172.30.1.2:9092 instead of localhost:9092.*advertise PLAINTEXT://172.30.1.2:9092')


def localhost_is_advertised_to_the_letter(world):
    broker = world.broker('listeners=PLAINTEXT://0.0.0.0:9092', 'advertised.listeners=PLAINTEXT://localhost:9092')
    world.expect_failure(('sibling', 'kafka:9092'), clients=('librdkafka',))
    broker.expect_log(r'client at 172.30.1.3 .*is told localhost:9092 by advertised.listeners: there it would meet itself; advertise')


def own_name_is_advertised(world):
    broker = world.broker('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://kafka:9092', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('host', 'localhost:9092'), ('sibling', 'kafka:9092'))
    broker.expect_log(r'client at 172.30.1.1 .*is told 127.0.0.1:9092 instead of kafka:9092')


def own_id_is_advertised(world):
    world.broker('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://f00dcafe:9092', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('host', '127.0.0.1:9092'), ('sibling', 'f00dcafe:9092'))


def nothing_is_advertised(world):
    world.broker('listeners=PLAINTEXT://0.0.0.0:9092')
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('host', 'localhost:9092'), ('sibling', 'kafka:9092'), ('cousin', 'kafka:9092'), ('broker', 'localhost:9092'))


def one_listener_for_two_worlds(world):
    # As documented, and each with the other's port.
    world.broker('listeners=PLAINTEXT://:29092,PLAINTEXT_HOST://:9092',
                 'advertised.listeners=PLAINTEXT://kafka:29092,PLAINTEXT_HOST://localhost:9092',
                 'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.publish(29092, BROKER_A + ':29092')
    world.expect_work(('sibling', 'kafka:29092'), ('host', 'localhost:9092'), ('sibling', 'kafka:9092'), ('host', 'localhost:29092'),
                      clients=('librdkafka',))


def published_under_another_number(world):
    world.broker('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://auto:29092')
    world.publish(29092, BROKER_A + ':9092')
    world.expect_work(('host', 'localhost:29092'), ('sibling', 'kafka:9092'), clients=ALL)


def published_under_another_number_untold(world):
    """The client learns of an address where nobody listens; only it can see that, but it is missed."""
    broker = world.broker('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://localhost:9092')
    world.publish(29092, BROKER_A + ':9092')
    asks = ['kcat', '-b', '127.0.0.1:29092', '-X', 'client.id=asks', '-L', '-t', 'asked']
    clients = [world.client('host', 'localhost:29092', client, '14') for client in ALL]
    subprocess.run(world.networks.inside('host', asks), stdout=subprocess.DEVNULL, check=True)
    for name in ('producer-1', 'rdkafka', 'kafka-python-producer-1'):
        broker.expect_log(r'the client "%s" .*at 172.30.1.1 came to 172.30.1.2:9092 .*was told localhost:9092.*'
                          r'set advertised.listeners=PLAINTEXT://auto:PORT' % name, 16)
    for client in clients:
        client.kill()
        client.wait()
    # Whoever only asks, and goes, is not missed.
    if re.search('the client "asks"', broker.text()):
        raise Failure('a client that only asked is in the log')


def bound_to_loopback(world):
    broker = world.broker('listeners=PLAINTEXT://localhost:9092', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('sibling', 'kafka:9092'), ('host', 'localhost:9092'), ('broker', 'localhost:9092'))
    broker.expect_log(r'listener PLAINTEXT is on localhost, where nobody outside this container reaches it.*set listeners=PLAINTEXT://:9092')
    world.networks.end(broker.process)
    broker = world.broker('listeners=PLAINTEXT://localhost:9092')
    broker.expect_log(r'listener PLAINTEXT is on localhost.*set listeners=PLAINTEXT://:9092, or odradek.advertised.rescue=true')


def inconsistent_names(world):
    refusals = {
        ('listeners=INSIDE://:9092',): 'No security protocol defined for listener INSIDE',
        ('listeners=PLAINTEXT://:9092', 'advertised.listeners=OUTSIDE://localhost:9092'): 'No security protocol defined for listener OUTSIDE',
        ('listeners=PLAINTEXT://:9092', 'advertised.listeners=SSL://localhost:9092'):
            'advertised.listeners listener names must be equal to or a subset of the ones defined in listeners|'
            'inter.broker.listener.name must be a listener name defined in advertised.listeners',
        ('listeners=PLAINTEXT://:9092', 'inter.broker.listener.name=SSL'):
            'inter.broker.listener.name must be a listener name defined in advertised.listeners',
        ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://0.0.0.0:9092'):
            'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0',
        ('listeners=PLAINTEXT://:9092,SSL://:9092',): 'Each listener must have a different port',
        ('listeners=PLAINTEXT://no.such.host:9092',): '"no.such.host" is not an address of this machine',
    }
    for settings, pattern in refusals.items():
        world.broker(*settings, awaited=False).expect_refusal(pattern)
    # What releases before 4 had, and a comma too many.
    world.broker('port=9092', 'advertised.host.name=kafka', 'advertised.port=9092', *RESCUE)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('host', 'localhost:9092'), ('sibling', 'kafka:9092'), clients=('librdkafka',))
    world.networks.end(world.networks.children[-2])
    world.networks.end(world.networks.children[-1])
    world.broker('listeners=PLAINTEXT://:9092,', 'advertised.listeners=PLAINTEXT://%s:9092,' % BROKER_A)


def topics_are_there_with_their_leader(world):
    """The clients make their topics by sending to them: what has no leader at first costs the oldest clients their first message."""
    world.broker('listeners=PLAINTEXT://:9092')
    world.expect_work(('sibling', 'kafka:9092'), clients=('kafka-python 2.0.2', 'librdkafka'))


def open_means_ready(world):
    """A port that can be connected to is served: the first request of the first connection is answered."""
    broker = world.broker('listeners=PLAINTEXT://:9092', where='host', awaited=False)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = socket.create_connection(('127.0.0.1', 9092), timeout=0.1)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
    with connection:
        opened = time.monotonic()
        connection.settimeout(LOG_SECONDS)
        # Metadata v0 of all topics, as the oldest clients begin.
        body = b'\x00\x03\x00\x00\x00\x00\x00\x07\x00\x01x\x00\x00\x00\x00'
        connection.sendall(len(body).to_bytes(4, 'big') + body)
        answer = connection.recv(4096)
        waited = time.monotonic() - opened
    brokers = int.from_bytes(answer[8:12], 'big')
    if brokers != 1:
        raise Failure('the first answer names %d brokers' % brokers)
    if waited > 0.2:
        raise Failure('the first answer came after %.0f ms' % (waited * 1000))
    broker.expect_log('Kafka Server started')
    world.expect_work(('host', '127.0.0.1:9092'), clients=('kafka-python 2.0.2',))


def both_families(world):
    world.broker('listeners=PLAINTEXT://0.0.0.0:9092')
    world.publish(9092, BROKER_A + ':9092', listen='127.0.0.1')  # IPv4 alone, and localhost is ::1 too
    world.expect_work(('sibling', 'kafka6:9092'), ('sibling', 'kafka:9092'), ('broker', '[::1]:9092'))
    world.expect_work(('host', 'localhost:9092'), clients=('java',))


def port_forward(world):
    """Into a pod's loopback, with the name of a StatefulSet advertised, and with none."""
    pod = dict(environment=('KUBERNETES_SERVICE_HOST=10.96.0.1',))
    for advertised in (('advertised.listeners=PLAINTEXT://kafka-0.kafka.default.svc.cluster.local:9092', *RESCUE), ()):
        broker = world.broker('listeners=PLAINTEXT://:9092', *advertised, **pod)
        forward = world.networks.forward('127.0.0.1:9092', '127.0.0.1:9092', ['broker'])
        world.expect_work(('host', '127.0.0.1:9092'))
        if not advertised:
            world.expect_work(('sibling', 'kafka:9092'), clients=('librdkafka',))
        world.networks.end(forward)
        world.networks.end(broker.process)


def machine_elsewhere(world):
    """The host that publishes the port is another one than the client's."""
    world.broker('listeners=PLAINTEXT://:9092', 'odradek.advertised.host=' + LAN_HOST)
    world.publish(9092, BROKER_A + ':9092')
    world.expect_work(('lan', LAN_HOST + ':9092'))
    world.expect_work(('host', LAN_HOST + ':9092'), ('sibling', 'kafka:9092'), clients=('librdkafka',))


def routed_from_elsewhere(world):
    """Published by address translation, which keeps the address of a client on another machine."""
    if shutil.which('nft') is None:
        raise Failure('nft is missing: ./dev setup compat')
    with open('/proc/sys/net/ipv4/ip_forward', 'w') as forwarding:
        forwarding.write('1')
    rule = 'ip daddr %s tcp dport 9092 dnat to %s:9092' % (LAN_HOST, BROKER_A)
    for command in ('add table ip published', 'add chain ip published in { type nat hook prerouting priority -100; }',
                    'add rule ip published in ' + rule):
        subprocess.run(['nft', command], check=True)
    broker = world.broker('listeners=PLAINTEXT://:9092')
    world.expect_failure(('lan', LAN_HOST + ':9092'), clients=('librdkafka',))
    broker.expect_log(r'client at %s came to 172.30.1.2:9092 .*set odradek.advertised.host' % LAN_CLIENT)
    world.networks.end(broker.process)
    world.broker('listeners=PLAINTEXT://:9092', 'odradek.advertised.host=' + LAN_HOST)
    world.expect_work(('lan', LAN_HOST + ':9092'), ('sibling', 'kafka:9092'), clients=('librdkafka',))
    subprocess.run(['nft', 'delete table ip published'], check=True)


def wrong_protocol(world):
    broker = world.broker('listeners=PLAINTEXT://:9092', where='host')
    untrusting = ssl.create_default_context()
    untrusting.check_hostname, untrusting.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(('127.0.0.1', 9092)) as connection:
        try:
            untrusting.wrap_socket(connection)
            raise Failure('a TLS handshake succeeded')
        except (ssl.SSLError, OSError):
            pass
    broker.expect_log(r'begins with a TLS handshake, and this listener is plaintext \(set security.protocol=PLAINTEXT')
    for question, beginning, body in ((b'GET /health HTTP/1.1\r\nHost: kafka\r\n\r\n', b'HTTP/1.1 400 ', b'Kafka'), (b'ruok', b'imok', b'')):
        with socket.create_connection(('127.0.0.1', 9092)) as connection:
            connection.settimeout(LOG_SECONDS)
            connection.sendall(question)
            answer = b''
            while data := connection.recv(4096):
                answer += data
        if not answer.startswith(beginning) or body not in answer:
            raise Failure('%r was answered with %r' % (question, answer))
    broker.expect_log(r'it speaks HTTP \("GET "\), and this listener speaks Kafka')
    world.expect_work(('host', '127.0.0.1:9092'), clients=('librdkafka',))


def address_of_another(world):
    """A broker sends clients to where one of another cluster answers: an old container, or a copied line of configuration.

    Two brokers of one cluster at one address are a unit test of the start-up table, until a cluster has several brokers.
    """
    world.broker('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://%s:9092' % NEIGHBOUR_A)
    other = world.broker('listeners=PLAINTEXT://:9092', where='neighbour')
    world.expect_doctor('sibling', 'kafka:9092', 12)
    world.expect_work(('sibling', NEIGHBOUR_A + ':9092'), clients=('librdkafka',))
    world.networks.end(other.process)
    world.expect_failure(('sibling', 'kafka:9092'), clients=BOTH)


def doctors_verdicts(world):
    """Class by class, where rescue is off and nothing else helps."""
    cases = (
        (1, ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://localhost:9092'), None, 'sibling', 'kafka:9092'),
        (2, ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://kafka:9092'), 9092, 'host', 'localhost:9092'),
        (3, ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://kafka:29092'), None, 'sibling', 'kafka:9092'),
        (4, ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://localhost:9092'), 29092, 'host', 'localhost:29092'),
        (5, ('listeners=PLAINTEXT://127.0.0.1:9092',), 9092, 'host', '127.0.0.1:9092'),
        (7, ('listeners=PLAINTEXT://:9092', 'default.replication.factor=3'), None, 'sibling', 'kafka:9092'),
        (10, ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://kafka-0.kafka.default.svc.cluster.local:9092'), 9092, 'host',
         '127.0.0.1:9092'),
        # A machine that is a container itself, as this one may be, takes 11 for 1.
        ((11, 1), ('listeners=PLAINTEXT://:9092', 'advertised.listeners=PLAINTEXT://localhost:9092'), 9092, 'lan', LAN_HOST + ':9092'),
        # And what auto makes of all of them.
        (None, ('listeners=PLAINTEXT://:9092',), 9092, 'host', '127.0.0.1:9092'),
        (None, ('listeners=PLAINTEXT://:9092',), None, 'sibling', 'kafka:9092'),
    )
    for number, settings, published, where, bootstrap in cases:
        broker = world.broker(*settings)
        forward = world.publish(published, BROKER_A + ':9092') if published else None
        world.expect_doctor(where, bootstrap, number)
        for process in (broker.process, forward):
            if process:
                world.networks.end(process)
    world.expect_doctor('host', '127.0.0.1:9092', 8)
    broker = world.broker('listeners=PLAINTEXT://:9092', 'odradek.advertised.rescue=true')
    world.publish(9092, BROKER_A + ':9092', listen='127.0.0.1')
    world.expect_doctor('host', 'localhost:9092', 9)
    world.networks.start(world.networks.inside('host', [sys.executable, '-m', 'http.server', '8081', '--bind', '127.0.0.1']),
                         os.path.join(HOME, 'http.log'))
    wait_for_port(8081)
    world.expect_doctor('host', '127.0.0.1:8081', 13)


def wait_for_port(port):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def start_up_table(world):
    """What the start says of each listener, and of names that nobody knows."""
    broker = world.broker('listeners=PLAINTEXT://:9092,OUT://:9093,LOST://:9094', 'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,'
                          'OUT:PLAINTEXT,LOST:PLAINTEXT',
                          'advertised.listeners=PLAINTEXT://auto:29092,OUT://localhost:9093,LOST://no.such.name:9094')
    broker.expect_log(r'Listener PLAINTEXT on \[::\]:9092, advertised auto: beside this container 172.30.1.2:9092 or .*172.30.2.2:9092.*; '
                      r"through its host's port 127.0.0.1:29092")
    broker.expect_log(r'Listener OUT on \[::\]:9093, advertised localhost:9093: for this container, and for its host if it publishes the port')
    broker.expect_log(r'LOST://no.such.name does not resolve here .*advertise')


CLASSES = {
    '1': localhost_is_advertised,
    '1 without rescue': localhost_is_advertised_to_the_letter,
    '2': own_name_is_advertised,
    '2 by id': own_id_is_advertised,
    '3': one_listener_for_two_worlds,
    '3 auto': nothing_is_advertised,
    '4': published_under_another_number,
    '4 untold': published_under_another_number_untold,
    '5': bound_to_loopback,
    '6': inconsistent_names,
    '7': topics_are_there_with_their_leader,
    '8': open_means_ready,
    '9': both_families,
    '10': port_forward,
    '11': machine_elsewhere,
    '11 by address translation': routed_from_elsewhere,
    '12': address_of_another,
    '13': wrong_protocol,
    'doctor': doctors_verdicts,
    'all': start_up_table,
}


def end(number, _):
    sys.exit(128 + number)


def main():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    wanted = sys.argv[1:]
    shutil.rmtree(HOME + '/logs', ignore_errors=True)
    os.makedirs(HOME, exist_ok=True)
    networks = Networks(HOME)
    failed = 0
    for name, test in CLASSES.items():
        if wanted and name not in wanted and name.split()[0] not in wanted:
            continue
        began = time.monotonic()
        world = World(networks, re.sub(r'\W+', '-', name))
        try:
            test(world)
            outcome = 'holds'
        except Failure as failure:
            outcome = 'FAILED: %s (log in build/compat/listeners/%s.broker.log)' % (failure, world.name)
            failed += 1
        print('class %-27s %-42s %5.1f s  %s' % (name, test.__name__.replace('_', ' '), time.monotonic() - began, outcome), flush=True)
        for child in networks.children:
            networks.end(child)
        networks.children.clear()
    print('%d failed' % failed if failed else 'every class holds')
    return 1 if failed else 0


sys.exit(main())
