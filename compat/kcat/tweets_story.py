"""The tweets story's roles for kcat: a pipe in, a pipe out.

kcat has no admin role (the topic is made by asking for its metadata), acknowledges by its exit code, and commits its
position by itself, at the latest when it leaves its group.  -E: it outlives a broker that is away for a moment.
"""
import re
import signal
import subprocess
import threading
import time

import tweets


def create(bootstrap, topic, partitions):
    subprocess.run(['kcat', '-L', '-b', bootstrap, '-t', topic, '-X', 'allow.auto.create.topics=true'], check=True,
                   stdout=subprocess.DEVNULL, timeout=30)


def produce(bootstrap, topic, codec, numbered, acked):
    kcat = subprocess.Popen(
        ['kcat', '-P', '-b', bootstrap, '-t', topic, '-K', '\t', '-z', codec, '-vvv', '-E', '-X', 'acks=all',
         '-X', 'enable.idempotence=true', '-X', 'linger.ms=5', '-X', 'message.timeout.ms=90000',
         '-X', 'reconnect.backoff.max.ms=1000'],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    sent, delivered = [], [0]

    def watch():
        for line in kcat.stderr:
            if b'Message delivered' in line:  # which one it was is not told: progress only
                delivered[0] += 1
                acked.file.write('+\n')
                acked.file.flush()
            elif not line.startswith(b'%7'):
                print(line.decode(errors='replace'), flush=True)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for index, key, value in numbered:
        kcat.stdin.write(key + b'\t' + value + b'\n')
        kcat.stdin.flush()
        sent.append(index)
    kcat.stdin.close()
    code = kcat.wait()
    watcher.join()
    if code == 0 and delivered[0] == len(sent):
        for index in sent:
            acked.ok(index, -1, -1)


def consume(bootstrap, topic, group, record):
    kcat = subprocess.Popen(
        ['kcat', '-b', bootstrap, '-E', '-u', '-f', 'record\t%p\t%o\t%k\t%s\n', '-X', 'auto.offset.reset=earliest',
         '-X', 'session.timeout.ms=30000', '-X', 'heartbeat.interval.ms=500', '-X', 'reconnect.backoff.max.ms=1000',
         '-X', 'auto.commit.interval.ms=200', '-G', group, topic],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    # A kcat that gets its signal between taking a message and printing it drops that message, and commits it all the same: it is
    # ended in a quiet moment.
    last = [time.monotonic()]

    def stop():
        while not record.stopping() or time.monotonic() - last[0] < 0.5:
            if stopped.wait(0.1):
                return
        kcat.send_signal(signal.SIGTERM)

    stopped = threading.Event()
    stopper = threading.Thread(target=stop)
    stopper.start()
    for line in kcat.stdout:
        text = line.decode(errors='replace').rstrip('\n')
        if text.startswith('record\t'):
            record.line(text)
            last[0] = time.monotonic()
        elif 'assigned:' in text:
            record.assigned(int(p) for p in re.findall(r'\[(\d+)\]', text))
        else:
            record.note(text)
        record.flush()
    stopped.set()
    stopper.join()
    if kcat.wait() != 0:
        record.note('kcat ended with %d' % kcat.returncode)


tweets.main(create, produce, consume)
