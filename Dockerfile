# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/watcher
WORKDIR /src
# requirements-dask.lock has what a cluster needs as well: --build-arg LOCK=requirements-dask.lock
ARG LOCK=requirements.lock
# Where packages come from, when it is not where pip looks by itself.
ARG PIP_OPTIONS=
COPY requirements.lock requirements-dask.lock ./
RUN /opt/watcher/bin/pip install $PIP_OPTIONS --require-hashes -r "$LOCK"
COPY pyproject.toml README.md LICENSE ./
COPY watcher ./watcher
COPY config ./config
RUN /opt/watcher/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Watcher" org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/watcher/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    WATCHER_CONFIG=/config WATCHER_STATE=/state
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent watcher \
    && install -d -o 10001 -g 10001 /state
COPY --from=build /opt/watcher /opt/watcher
COPY config /config
USER 10001:10001
VOLUME ["/state"]
# Nothing but /state is written, so the rest may be read-only; worker processes want a small tmpfs on /tmp.
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m --retries=3 CMD ["watcher", "status"]
ENTRYPOINT ["watcher"]
CMD ["run"]
