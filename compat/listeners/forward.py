"""forward.py HOST:PORT TARGET:PORT [NAMESPACE]: carries TCP connections on, as what publishes the ports of containers does.

With a network namespace it listens here and connects from there: that is kubectl port-forward.
"""
import ctypes
import os
import socket
import sys
import threading

CLONE_NEWNET = 0x40000000


def carry(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, host, port):
    try:
        target = socket.create_connection((host, port), timeout=5)
        target.settimeout(None)
    except OSError:
        client.close()
        return
    threading.Thread(target=carry, args=(client, target), daemon=True).start()
    carry(target, client)


def address(text):
    host, port = text.rsplit(':', 1)
    return host.strip('[]'), int(port)


def main():
    listen, target = address(sys.argv[1]), address(sys.argv[2])
    family = socket.AF_INET6 if ':' in listen[0] else socket.AF_INET
    listener = socket.create_server(listen, family=family, backlog=64)
    if len(sys.argv) > 3:
        namespace = os.open('/run/netns/' + sys.argv[3], os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')
    print('listening', flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, *target), daemon=True).start()


main()
