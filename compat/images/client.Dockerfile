# What people run beside a broker: kafka-python and kcat.
FROM docker.io/library/debian:bookworm-slim
RUN apt-get update -q && apt-get install -q -y --no-install-recommends python3 kcat && rm -rf /var/lib/apt/lists/* /var/cache/apt
COPY . /client
ENV PYTHONPATH=/client
