"""One of the two brokers, as the test sees it: connections, what it answered, and the names of what it chose itself."""
import socket
import struct
import time

import codec
import schema

ANSWER_SECONDS = 20
CLOSED = 'closed'
NO_ANSWER = 'no answer'
ALL_TOPICS = ('Metadata', 12, {'topics': None, 'allow_auto_topic_creation': False})


class Connection:
    def __init__(self, port):
        self.port, self.socket = port, None

    def send(self, frame):
        self.send_bytes(struct.pack('>i', len(frame)) + frame)

    def send_bytes(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(('127.0.0.1', self.port), ANSWER_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # told when the answer is awaited

    def receive(self):
        """An answer's bytes, or CLOSED, or NO_ANSWER; after these two the next request has a new connection."""
        try:
            size = struct.unpack('>i', self.exactly(4))[0]
            return self.exactly(size)
        except socket.timeout:
            self.close()
            return NO_ANSWER
        except (EOFError, OSError):
            self.close()
            return CLOSED

    def exactly(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


class Side:
    def __init__(self, broker):
        self.broker, self.name, self.port = broker, broker.name, broker.port
        self.main = Connection(self.port)
        self.asking = Connection(self.port)  # for the test's own questions
        self.cluster_id = None
        self.begin('')

    def begin(self, scope):
        """A new episode: nothing is known from before."""
        self.scope, self.answers, self.topic_ids, self.symbols = scope, {}, {}, {}
        self.id_names, self.has_spoilt_ids = {}, False
        self.main.close()

    def frame(self, step, value):
        frame = codec.request_frame(step.api, step.version, step.number, step.client_id, value)
        if step.damage:
            self.has_spoilt_ids |= step.api.name == 'Fetch'  # a session remembers them
            what, amount = step.damage
            if what == 'cut':
                frame = frame[:max(10, len(frame) - amount)]
            elif what == 'extend':
                frame += bytes(amount)
            elif what == 'patch':
                at, data = amount
                at = 10 + at % max(1, len(frame) - 10)
                frame = frame[:at] + data + frame[at + len(data):]
        return frame

    def read(self, step, data):
        if data in (CLOSED, NO_ANSWER):
            return data
        version = step.version
        if step.api.name == 'ApiVersions' and version > step.api.versions[1]:
            version = 0  # how a broker answers versions that it does not have
        try:
            correlation_id, value = codec.decode_answer(step.api, version, data)
        except (codec.Malformed, struct.error) as error:
            return 'unreadable: %s' % error
        if correlation_id != step.number:
            return 'answer to %d' % correlation_id
        return value

    def ask(self, name, version, value):
        """One of the test's own questions."""
        self.put(name, version, value)
        return self.told(name, version)

    def put(self, name, version, value):
        self.asking.send(codec.request_frame(schema.APIS[name], version, 7, 'oracle', value))

    def told(self, name, version):
        data = self.asking.receive()
        if data in (CLOSED, NO_ANSWER):
            raise ConnectionError('%s %s: %s v%d' % (self.name, data, name, version))
        return codec.decode_answer(schema.APIS[name], version, data)[1]

    def learn(self, step, value):
        """Keeps an answer and names what the broker has chosen in it."""
        self.answers[step.number] = value
        if not isinstance(value, dict):
            return
        api = step.api.name
        if api == 'InitProducerId' and value['producer_id'] >= 0:
            self.symbols.setdefault(('producer', value['producer_id']), 'producer of %d' % step.number)
        elif api == 'EndTxn' and value.get('producer_id', -1) >= 0:
            self.symbols.setdefault(('producer', value['producer_id']), 'producer of %d' % step.number)
        elif api == 'JoinGroup' and value['member_id']:
            self.symbols.setdefault(('member', value['member_id']), 'member of %d' % step.number)
        elif api == 'Fetch' and value.get('session_id', 0) > 0 and value['error_code'] == 0:
            self.symbols.setdefault(('session', value['session_id']), 'session of %d' % step.number)
        elif api == 'CreateTopics' and step.version >= 7:
            for topic in value['topics']:
                if topic['topic_id'] != '0' * 32:
                    self.learn_topic(topic['name'], topic['topic_id'])

    def learn_topic(self, name, topic_id):
        self.topic_ids[name] = topic_id
        if topic_id not in self.id_names:
            generation = sum(1 for known in self.id_names.values() if known[0] == name)
            self.id_names[topic_id] = (name, generation)

    def topics(self):
        return self.learn_topics(self.ask(*ALL_TOPICS))

    def learn_topics(self, answer):
        """name -> number of partitions, of every topic; learns the ids."""
        self.cluster_id = answer['cluster_id']
        found = {}
        for topic in answer['topics']:
            found[topic['name']] = len(topic['partitions'])
            self.learn_topic(topic['name'], topic['topic_id'])
        self.topic_ids = {name: topic_id for name, topic_id in self.topic_ids.items() if name in found}
        return found


def wait_until(condition, seconds=5.0):
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.003)
    return True
