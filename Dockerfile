# The daemon's image: what runs and nothing else. No sandbox, no pip, no compiler, no root, and no need to write
# anywhere but to /var/lib/crossposter. docs/installation.md says how to use it, compose.yaml how it is started.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements.lock requirements-build.lock ./
COPY scripts/find-python scripts/install-into ./scripts/
COPY config/demo.yaml ./config/
COPY crossposter ./crossposter
RUN scripts/install-into /opt/crossposter

FROM python:3.12-slim
LABEL org.opencontainers.image.title="crossposter" \
      org.opencontainers.image.description="Puts a city's news on its official X, Facebook and Instagram accounts: once, and right." \
      org.opencontainers.image.licenses="MIT"
# The base image has no compiled standard library, and on a read-only root it could not be written later.
RUN groupadd --gid 10001 crossposter \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/crossposter --no-create-home --no-log-init \
        --shell /usr/sbin/nologin crossposter \
    && install -d -m 0700 -o crossposter -g crossposter /var/lib/crossposter \
    && install -d /etc/crossposter \
    && python -m pip uninstall --quiet --yes --root-user-action ignore pip \
    && python -W ignore -m compileall -q -j 0 -x '/(test|idlelib|lib2to3)/' /usr/local/lib/python3.12
COPY --from=build /opt/crossposter /opt/crossposter
ENV PATH=/opt/crossposter/bin:$PATH \
    CROSSPOSTER_CONFIG=/etc/crossposter/crossposter.yaml \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/crossposter
VOLUME /var/lib/crossposter
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s --retries=3 CMD ["crossposter", "check", "--health"]
ENTRYPOINT ["crossposter"]
CMD ["run"]
