# syntax=docker/dockerfile:1
# The daemon's image: runtime packages only, from the hashed lock; no sandbox, no compiler, no root.
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/crossposter
COPY requirements.lock ./
RUN /opt/crossposter/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY crossposter ./crossposter
RUN /opt/crossposter/bin/pip install --no-cache-dir --no-deps . \
    && rm -r /opt/crossposter/lib/python3.12/site-packages/crossposter/sandbox

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/crossposter --create-home crossposter
COPY --from=build /opt/crossposter /opt/crossposter
USER crossposter
WORKDIR /var/lib/crossposter
ENV PATH=/opt/crossposter/bin:$PATH CROSSPOSTER_CONFIG=/etc/crossposter/crossposter.yaml
ENTRYPOINT ["crossposter"]
CMD ["run", "--once"]
