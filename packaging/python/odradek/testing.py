"""Brokers for tests: in memory, on a free port of loopback, ended with the test.

    with odradek.testing.Broker() as broker:
        KafkaProducer(bootstrap_servers=broker.bootstrap_servers)

With pytest the fixture `odradek_broker` is one for the session; its settings are what the fixture `odradek_settings` returns, which
a conftest.py may define anew.
"""
import atexit
import collections
import re
import subprocess
import threading

from odradek import PROGRAM

try:
    import pytest
except ImportError:
    pytest = None

START_SECONDS = 30
LISTENER = re.compile(r'Listener PLAINTEXT on (\S+:\d+)')


class BrokerError(Exception):
    """The broker did not start; the text is what it said."""


class Broker:
    """A broker of its own, from `start` to `stop`, or for the length of a `with`.

    settings: broker properties over those of `odradek dev`; topics: created at the start, as in 'tweets:3:1,counts:1:1:compact'.
    """

    def __init__(self, settings=None, topics=''):
        self.settings = dict(settings or {})
        if topics:
            self.settings['odradek.create.topics'] = topics
        self.bootstrap_servers = None
        self._process = None
        self._answered = threading.Event()  # it serves, or it has ended
        self._serves = False
        self._last_lines = collections.deque(maxlen=100)

    def start(self):
        # Loopback only, in a container too.
        command = [PROGRAM, 'dev', '--memory', '--port', '0', '--set', 'odradek.advertised.rescue=false']
        for name, value in self.settings.items():
            command += ['--set', '%s=%s' % (name, str(value).lower() if isinstance(value, bool) else value)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                         errors='replace')
        # Whoever ends without stop() leaves no broker behind.
        atexit.register(self.stop)
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        self._answered.wait(START_SECONDS)
        if not self._serves:
            self.stop()
            raise BrokerError('the broker did not start: ' + self.log())
        return self

    def stop(self):
        if self._process is None:
            return
        atexit.unregister(self.stop)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self):
        """The last lines that it wrote."""
        return ''.join(self._last_lines)

    def _read(self, stream):
        for line in stream:
            self._last_lines.append(line)
            listener = LISTENER.match(line)
            if listener:
                self.bootstrap_servers = listener.group(1)
            elif line.startswith('Kafka Server started'):
                self._serves = True
                self._answered.set()
        self._answered.set()
        stream.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


if pytest:

    @pytest.fixture(scope='session')
    def odradek_settings():
        """Broker properties for `odradek_broker`."""
        return {}

    @pytest.fixture(scope='session')
    def odradek_broker(odradek_settings):
        """A broker for the session."""
        with Broker(odradek_settings) as broker:
            yield broker
